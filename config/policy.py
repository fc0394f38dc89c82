"""What a business may set about identity (`[policy]`). The rules themselves are no setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from config import values
from config.tables import Key, read_keys, refuse_unknown

DETAILS = ("name", "email", "phone")

KEYS: Mapping[str, Key] = {
    "own_numbers": Key(
        values.several(values.e164), 'an array of numbers with + and country code: ["+34910000001"]', ()
    ),
    "common_limit": Key(values.whole(1, 1000), "a whole number from 1 to 1000", 5),
    "phone_binding": Key(values.one_of("suggest", "attach"), "suggest, attach", "suggest"),
    "roles_extra": Key(
        values.several(values.local_part), 'an array of mailbox names without domain: ["reception"]', ()
    ),
    "audiences": Key(values.several(values.text), 'an array of texts: ["https://app.example.com"]', ()),
    "complete": Key(values.several(values.one_of(*DETAILS)), "an array of name, email, phone", DETAILS),
}


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """The business's choices, with the defaults that suit most."""

    own_numbers: tuple[str, ...] = ()
    """The company's own numbers: on a call they stand for the company, so they are nobody's line."""
    common_limit: int = 5
    """A value that the books hold under more different names or accounts than this joins nobody."""
    phone_binding: Literal["suggest", "attach"] = "suggest"
    """What a later call from a user's proven line is: a lead with a suggestion, or that user's."""
    roles_extra: tuple[str, ...] = ()
    """Mailboxes of functions, such as reception, in addition to the known ones (info, sales and others)."""
    audiences: tuple[str, ...] = ()
    """Whom signed tokens must be made for to prove anything; empty where whoever checked them looked."""
    complete: tuple[str, ...] = DETAILS
    """The details that make a row of the books complete, and so its person a user."""


def read_policy(table: Mapping[str, object], problems: list[str]) -> PolicySettings:
    """Return the policy of `[policy]`; what is wrong is added to `problems`."""
    refuse_unknown(table, KEYS, "policy", problems)
    settings = PolicySettings(**read_keys(table, KEYS, "policy", problems))
    if not settings.complete:
        # Without a single detail, every row of the books would make a user.
        problems.append("policy.complete: an empty array; allowed: at least one of name, email, phone")
    return settings

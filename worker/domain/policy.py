"""The policy: what a business may set about the rules. Part of what contacts are a function of."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from integrations.contract import Level

Detail = Literal["name", "email", "phone"]


class Policy(Struct, frozen=True, kw_only=True):
    """What `resolve` reads beside the evidence."""

    trust: dict[str, Level] = {}
    """The most each source's identifiers may count for. A source that is not named is capped by nothing."""
    common_limit: int = 5
    """A value held under more distinct full names, or accounts, than this joins no people."""
    complete: tuple[Detail, ...] = ("name", "email", "phone")
    """What a row of the books must hold to make a user by itself."""
    phone_binding: Literal["suggest", "attach"] = "suggest"
    """Whether calls from a user's line after the proof are a lead with a suggestion, or the user's."""
    own_numbers: frozenset[str] = frozenset()
    """The company's own numbers (E.164): a forwarded call shows them, and they are nobody's line."""
    extra_roles: frozenset[str] = frozenset()
    """Local parts that are role addresses here, beside the usual ones (info, sales, ...)."""

    audiences: frozenset[str] = frozenset()
    """Whom signed tokens must be made for to prove anything. Empty: whoever checked the signature looked."""

    suggest_above: float = 0.5
    """How probable a pair has to be to be listed. What rests on more than likeness is listed however probable."""
    dedupe_auto: float | None = None
    """From this probability on, pairs are decided to be one person by the policy; None: people decide alone."""

    def judges_as(self, other: "Policy") -> bool:
        """Say whether both make the same contacts of any evidence: what is suggested is no part of that."""
        return _judging(self) == _judging(other)

    def cap(self, source: str) -> Level:
        """Return the highest level that `source` may state."""
        return self.trust.get(source, Level.VERIFIED)


def _judging(policy: Policy) -> Policy:
    """Return the policy as `resolve` reads it."""
    return replace(policy, suggest_above=0.5, dedupe_auto=None)

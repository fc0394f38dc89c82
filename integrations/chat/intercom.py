"""Intercom: contacts with the team's notes, the conversations they had, and calls.

A contact of Intercom's is one record ("contact:65e3"). A conversation or a note is a further version of each of its
contacts' records that carries it and nothing else: no name, no profile, no identifier, so it changes nothing that
the contact's own version says. Its times are its own: the earliest `occurred_at` over a record's versions is the
record's, so a conversation that began later moves nothing.

A call with a number is a record of its own ("call:34"), with the number that carried it, and is about the contact
that Intercom found by that number: a claim, since anybody can have typed it there. As a version of the contact's
record the number would make every earlier caller from that line part of a user who has proved something else. The
call is the interaction, so the conversation that Intercom opens for it makes none: one conversation can have
several calls, and only a call tells its line. A call without a number was made in the Messenger or withheld it: it
is a version of its contact's record, as a conversation is.

What the vendor's lists do, and what is done about it:
- `updated_at >` is matched by calendar day in the workspace's time zone (the description), or by the second
  (measured by others). So a run asks from more than a day before and drops what is older than its window.
- A new contact may be searchable only minutes later: the window reaches back by a quarter of an hour.
- A contact that was merged or deleted is gone without a word. So the whole list is read once a day: the record of
  one who is not in it stays, marked as deleted, and joins nobody: Intercom merges by e-mail addresses and numbers
  that nobody has proved, and does not say into whom. Whether archived contacts are listed, the description leaves
  open: one that is not is taken for gone, and is there again once it is listed.
- Calls have no filter, 25 a page, and the description names no order. A run reads from the front back to the last
  run's; should they come in another order, those that it passed over come with the whole list, once a day.
- Notes cost a request for each changed contact that has some. One on a contact who does not change otherwise comes
  with the contact's next change.
- Of a signed identity only its outcome comes: neither the token's own id nor its expiry, nor whether an address
  was verified (`email_verified`). So no identifier here has a token, no address is ever more than stored, and
  replays are for Intercom's server to refuse.
- 429 comes with `X-RateLimit-Reset` and mostly without `Retry-After`: everybody holds back for longer than the ten
  seconds that a window has.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from msgspec import Raw, Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.changes import Newest, NewestFirst, Whole
from integrations.chat.intercom_entries import (
    CONTACT,
    LEVELS,
    PHONE_CALL,
    Call,
    Contact,
    ContactNote,
    Conversation,
    noted,
)
from integrations.contract import ContactRecord, Page
from integrations.credentials import bearer
from integrations.details import Details
from integrations.http import HttpApi, Request
from integrations.limits import Rate
from integrations.paging import At, Numbers, Token
from integrations.payloads import read_entries
from integrations.rest import Rest, Stream, Swept
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen
from integrations.verdicts import LATER, REFUSED, for_a_person

VERSION = "2.15"
HOSTS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
LARGEST_PAGE = 150
LARGEST_PAGE_OF_CALLS = 25
OVERLAP = Overlap(least=15 * 60, most=15 * 60)
OVERLAP_OF_CALLS = Overlap(least=15 * 60, most=24 * 60 * 60)
"""No call goes on for a day."""
RATES = (Rate(requests=1600, seconds=10),)
"""An app has 10,000 requests a minute, which are dealt out in windows of ten seconds."""
DAY = 26 * 60 * 60
"""Seconds to ask back by, so that the window begins after the next midnight: the longest day has 25 hours."""
MOST_IDS = 15
"""Ids in one search: a group of filters has at most 15, and an IN stands for such a group."""

MEANINGS = {
    # Both whatever their status: the limit passes, and a token that may not read this needs a person.
    "rate_limit_exceeded": LATER,
    "token_unauthorized": REFUSED,
    # No fault of the credentials: the plan or the workspace has no such list.
    "api_plan_restricted": for_a_person(
        "Set calls or notes to false in avouch.toml", because="The plan of the workspace does not have it."
    ),
    # 400: no entry is wrong, and reading from the start would not help.
    "intercom_version_invalid": for_a_person(
        "Update Avouch", because=f"Intercom does not speak version {VERSION} of its API any more."
    ),
}


class IntercomSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of an Intercom source."""

    data_region: Literal["us", "eu", "au"] = "us"
    base_url: str | None = None
    """In place of the region's address."""
    identity_verification: bool | Literal["hmac", "jwt"] = False
    """Whether the workspace enforces it for the Messenger, and how. Not enforced is as good as absent. "jwt" says
    that the e-mail address is in the token too, and that Intercom takes it from nowhere else."""
    calls: bool = True
    """Whether calls are read. Without them a conversation that was a call is the interaction."""
    notes: bool = True
    """Whether the team's notes are read."""
    reconcile_hours: Hours = 24
    """How often the whole lists are read: of contacts, to see which were deleted or merged away, and of calls."""
    account_namespace: str | None = None
    """Whose accounts `external_id` names. None: this source's own, equal to no other source's."""


class Intercom:
    """Reads contacts, conversations and calls; and now and then all contacts, to see which are gone."""

    def __init__(self, source: Source) -> None:
        options = source.options(IntercomSettings)
        self._levels = LEVELS[options.identity_verification]
        self._namespace = options.account_namespace or source.name
        self._api = HttpApi(
            source,
            options.base_url or HOSTS[options.data_region],
            auth=bearer(source.name, source.secret("access_token")),
            headers={"Intercom-Version": VERSION},
            rates=RATES,
            meanings=MEANINGS,
        )
        every = timedelta(hours=options.reconcile_hours)
        contacts = self._contacts(with_notes=options.notes)
        streams = [contacts, _conversations(contacts, without=PHONE_CALL if options.calls else "")]
        if options.calls:
            streams += _calls(source.name, every)
        # The list that is read whole comes last: the others have landed by then whom it could miss.
        streams.append(self._everybody(every))
        self._rest = Rest(source, self._api, streams)
        self.fetch = self._rest.fetch
        self.parts = self._rest.parts

    def refetch(self, ids: Sequence[str]) -> Page:
        """Return these contacts as they are now, on a page without a cursor.

        Those that were merged or deleted since are not among them, and nothing more is known of a call.
        """
        wanted = [key.removeprefix(CONTACT) for key in ids if key.startswith(CONTACT)]
        items: list[Raw] = []
        for start in range(0, len(wanted), MOST_IDS):
            among = {"field": "id", "operator": "IN", "value": wanted[start : start + MOST_IDS]}
            asked = {"query": among, "pagination": {"per_page": MOST_IDS}}
            found = Request(path="/contacts/search", method="POST", body=asked)
            items += self._api.read(found, lambda body: Answer(body, "data").entries)
        read = read_entries(items, Contact, where="contacts", records=self._contact)
        return Page(deliveries=read.deliveries, rejected=read.rejected, cursor="", more=False)

    def _contact(self, contact: Contact) -> Iterable[ContactRecord]:
        return (contact.record(self._levels, self._namespace),)

    def _contacts(self, *, with_notes: bool) -> Stream:
        notes = Details(
            name="notes",
            keys=lambda contact: contact.noted,
            path=lambda contact: f"/contacts/{quote(contact, safe='')}/notes",
            entries="data",
            into=ContactNote,
            records=noted,
            paging=Token("pages.next.starting_after", "starting_after"),
        )
        return Stream(
            name="contacts",
            path="/contacts/search",
            entries="data",
            into=Contact,
            # As a contact, a conversation says when it last changed.
            seen=lambda entry: Seen.when(entry.updated_at),
            records=self._contact,
            body=_changed_since,
            changes=Newest(overlap=OVERLAP),
            paging=Token(
                "pages.next.starting_after", "pagination.starting_after", size="pagination.per_page"
            ),
            largest=LARGEST_PAGE,
            details=notes if with_notes else None,
            permission="Read and list users and companies",
        )

    def _everybody(self, every: timedelta) -> Stream:
        return Stream(
            name="all-contacts",
            path="/contacts",
            entries="data",
            into=Contact,
            records=self._contact,
            changes=Whole(every=every, at_first=False),
            paging=Token("pages.next.starting_after", "starting_after", size="per_page"),
            largest=LARGEST_PAGE,
            sweeps=Swept(prefix=CONTACT),
            permission="Read and list users and companies",
        )


def _conversations(contacts: Stream, *, without: str) -> Stream:
    return replace(
        contacts,
        name="conversations",
        path="/conversations/search",
        entries="conversations",
        into=Conversation,
        records=partial(Conversation.records, without=without),
        details=None,
        permission="Read conversations",
    )


def _calls(source: str, every: timedelta) -> tuple[Stream, Stream]:
    """Return the list of calls from its front, and whole."""
    newest = Stream(
        name="calls",
        path="/calls",
        entries="data",
        into=Call,
        seen=lambda call: call.seen,
        records=partial(Call.records, source=source),
        changes=NewestFirst(overlap=OVERLAP_OF_CALLS),
        paging=Numbers("page", size="per_page"),
        largest=LARGEST_PAGE_OF_CALLS,
    )
    return newest, replace(newest, name="all-calls", seen=None, changes=Whole(every=every, at_first=False))


def _changed_since(at: At) -> dict[str, Any]:
    return {
        "query": {"field": "updated_at", "operator": ">", "value": max(at.since - DAY, 0)},
        # Oldest first: what changes while we read moves to the end and is read there.
        "sort": {"field": "updated_at", "order": "ascending"},
    }

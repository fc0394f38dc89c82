"""Chatwoot, in the cloud or self-hosted: contacts, the conversations they had, and the team's private notes.

A contact is one record ("contact:12"). A conversation is a further version of its sender's record, as the sender
stands beside it: visitors who gave no e-mail address, number or identifier are in no other list.

What the vendor's lists do, and what is done about it:
- Contacts come 15 a page and say nothing of when they were changed. So a run reads the newest ones, and those
  who were active last, back to the last run's; an edit without activity is found when the list is read whole.
- Conversations come by their last activity, newest first, and are read back to the last run's. One at the edge of
  a page is passed over if another is deleted at that moment; it comes with its next activity.
- A contact that was merged or deleted is gone without a word. So the whole list is read once a day, from its end:
  a record that is not in it is marked as deleted, and joins nobody (a visitor who gave nothing never is in it, and
  is not taken for gone). Chatwoot merges by addresses and numbers
  that nobody has proved: conversations move to the winner, and the loser's record keeps what it had.
- Private messages of the team are its notes. They cost a request for each conversation that changed.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from integrations.changes import NewestFirst, Whole
from integrations.chat.chatwoot_entries import PREFIX, SIGNED, Accounts, Contact, Conversation, Message, noted
from integrations.credentials import key
from integrations.details import Details
from integrations.http import HttpApi
from integrations.limits import Rate
from integrations.paging import Backwards, LastId, Numbers
from integrations.rest import Rest, Stream, Swept
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen

RATES = (Rate(requests=3000, seconds=60),)
"""What a Chatwoot server takes from one address, unless its owner has set otherwise."""
PERMISSION = "the access token of an administrator: an agent's shows the inboxes of that agent only"
OVERLAP = Overlap(least=15 * 60, most=15 * 60)
"""Entries appear at once; servers with several processes may differ in their clocks."""


class ChatwootSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Chatwoot source."""

    base_url: str
    account_id: Annotated[int, Meta(ge=1)]
    identity_verification: bool = False
    """Whether every inbox of the account refuses an identifier without its HMAC (`hmac_mandatory`)."""
    account_namespace: str | None = None
    """Whose accounts `identifier` names. None: this source's own, equal to no other source's."""
    notes: bool = True
    """Whether private messages are read."""
    reconcile_hours: Hours = 24
    """How often the whole list of contacts is read: for edits, and to see which were deleted or merged away."""


def chatwoot(source: Source) -> Rest:
    """Return what reads new and active contacts, then conversations; and now and then all contacts."""
    options = source.options(ChatwootSettings)
    auth = key(source.name, source.secret("access_token"), "api_access_token")
    api = HttpApi(source, options.base_url, auth=auth, rates=RATES)
    account = f"/api/v1/accounts/{options.account_id}"
    accounts = Accounts(options.account_namespace or source.name, SIGNED[options.identity_verification])
    contacts = _contacts(options, account, accounts)
    # The list that is read whole comes last: the others have landed by then whom it could miss.
    return Rest(source, api, (*contacts[:2], _conversations(options, account, accounts), *contacts[2:]))


def _contacts(options: ChatwootSettings, account: str, accounts: Accounts) -> Sequence[Stream]:
    """Return the list of contacts in three orders: newest first, last active first, and whole."""
    newest = Stream(
        name="contacts",
        path=f"{account}/contacts",
        entries="payload",
        into=Contact,
        seen=lambda contact: Seen.when(contact.created_at),
        records=lambda contact: (contact.record(accounts),),
        query=lambda _: {"sort": "-created_at"},
        changes=NewestFirst(overlap=OVERLAP),
        paging=Numbers("page"),
        stamped=timedelta(0),
        permission=PERMISSION,
    )
    active = replace(
        newest,
        name="active-contacts",
        seen=lambda contact: Seen.when(contact.last_activity_at),
        records=lambda contact: (contact.record(accounts),) if contact.last_activity_at else (),
        query=lambda _: {"sort": "-last_activity_at"},
        changes=NewestFirst(overlap=OVERLAP, at_first=False),
    )
    everybody = replace(
        newest,
        name="all-contacts",
        seen=None,
        query=lambda _: {"sort": "created_at"},
        changes=Whole(every=timedelta(hours=options.reconcile_hours), at_first=False),
        paging=Backwards("page", count="meta.count"),
        sweeps=Swept(prefix=PREFIX, identified=True),
    )
    return newest, active, everybody


def _conversations(options: ChatwootSettings, account: str, accounts: Accounts) -> Stream:
    messages = Details(
        name="messages",
        keys=lambda conversation: conversation.keys,
        path=lambda of: f"{account}/conversations/{of.partition(':')[0]}/messages",
        entries="payload",
        into=Message,
        records=noted,
        # From here on they come oldest first, a hundred at a time; without it, the last twenty.
        query={"after": 0},
        paging=LastId("after", size=""),
    )
    return Stream(
        name="conversations",
        path=f"{account}/conversations",
        entries="data.payload",
        into=Conversation,
        seen=lambda conversation: Seen.when(conversation.last_activity_at),
        records=partial(Conversation.records, accounts=accounts),
        # Without it only those that are open are listed.
        query=lambda _: {"status": "all"},
        changes=NewestFirst(overlap=OVERLAP),
        paging=Numbers("page"),
        details=messages if options.notes else None,
        permission=PERMISSION,
    )

"""Matrix, on a Synapse homeserver of one's own: its accounts, and messages in the rooms that our account is in.

An account is one record with its Matrix id. A message is a further version of its sender's record that carries the
interaction and nothing else; of a sender from another server it carries the id too, since it is all there is.

What the server's lists do, and what is done about it:
- The list of accounts says neither when one was changed nor what its addresses and logins are: those cost a request
  for each account. So a run reads new accounts whole, and those that have written since the last run; everybody
  else is read whole once a day. Leads are asked for again by themselves.
- `last_seen_ts` would tell who was active, but a server on PostgreSQL lists first who never was: no order to rely on.
- A closed account stays in the list and says so: a deleted version. Accounts are not merged, and never vanish.
- `creation_ts` is in milliseconds in the list and in seconds in the account itself.
- `/sync` says by a token which rooms have news since the last run. Our account has to be in a room, which is for the
  business to invite it into: it does not join by itself. For two minutes Synapse gives the very first answer again.
- The messages of those rooms are read from the same token on, also what was written before our account was there.
  Edits and what was taken back are left out; a message that is taken back later stays.
- The token belongs to this connector alone: another program that syncs with it would lose keys of encrypted rooms.
- Older servers say how long to wait in the answer only (`retry_after_ms`), newer ones in `Retry-After` too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from integrations.answer import Answer
from integrations.changes import Kept, NewestFirst, Whole
from integrations.chat.matrix_entries import KINDS, Event, House, Room, User
from integrations.contract import Page
from integrations.credentials import bearer
from integrations.details import GONE, Details
from integrations.errors import RefusedError
from integrations.http import HttpApi, Request, Values
from integrations.limits import Rate
from integrations.paging import At, Token
from integrations.payloads import read_entries
from integrations.rest import Rest, Stream
from integrations.source import Hours, Source
from integrations.streams import Overlap, Seen
from integrations.verdicts import LATER

RATES = (Rate(requests=50, seconds=1),)
"""Synapse sets no limit on what is read here. This one leaves room for the people who write."""
OVERLAP = Overlap(least=60, most=60)
"""An account is listed once it is made, by the server's one clock."""
ACCOUNTS = "/_synapse/admin/v2/users"
EVERYBODY: Values = {"order_by": "creation_ts", "deactivated": "true", "locked": "true"}
NOTHING: dict[str, list[str]] = {"types": []}
NEWS = {
    "presence": NOTHING,
    "account_data": NOTHING,
    "room": {
        "state": NOTHING,
        "ephemeral": NOTHING,
        "account_data": NOTHING,
        # One is enough to know that there are some.
        "timeline": {"limit": 1, "types": list(KINDS)},
    },
}
MEANINGS = {"M_LIMIT_EXCEEDED": LATER}
PERMISSION = "the access token of a server administrator"


class MatrixSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Matrix source."""

    base_url: str
    server_name: Annotated[str, Meta(pattern=r"^[^@:/\s]+(:\d+)?$")]
    """What stands after the colon in the ids of its users."""
    staff: tuple[str, ...]
    """Patterns of the ids that are the business's own people and programs: "@agent-*:example.com". No contacts."""
    addresses_proved: bool = False
    """Whether e-mail addresses and numbers get onto an account only by the user's opening a link or typing a code."""
    providers: dict[str, str] = {}
    """What other sources call the accounts of a login service, by the name that the server has for it."""
    guests: bool = True
    """Whether guests are listed. A server whose logins Matrix Authentication Service does refuses to list them."""
    rooms: bool = True
    """Whether messages are read."""
    reconcile_hours: Hours = 24
    """How often every account is read whole."""


class Matrix:
    """Reads new accounts, then messages with their senders' accounts; and now and then all accounts."""

    def __init__(self, source: Source) -> None:
        options = source.options(MatrixSettings)
        house = House(
            server_name=options.server_name,
            staff=options.staff,
            addresses_proved=options.addresses_proved,
            providers=options.providers,
        )
        self._house = house
        self._clock = source.clock
        self._api = HttpApi(
            source,
            options.base_url,
            auth=bearer(source.name, source.secret("access_token")),
            rates=RATES,
            meanings=MEANINGS,
        )
        newest, everybody = _accounts(house, options)
        rooms = (_rooms(house),) if options.rooms else ()
        self._rest = Rest(source, self._api, (newest, *rooms, everybody))
        self.fetch = self._rest.fetch
        self.parts = self._rest.parts

    def refetch(self, ids: Sequence[str]) -> Page:
        """Return these accounts as they are now, on a page without a cursor: those of this server."""
        items = list(self._items(key for key in ids if self._house.is_own(key)))
        read = read_entries(items, User, where="users", records=partial(User.records, house=self._house))
        return Page(
            deliveries=read.deliveries, rejected=read.rejected, cursor="", more=False, stamp=self._clock()
        )

    def _items(self, ids: Iterator[str]) -> Iterator[Raw]:
        for key in ids:
            try:
                found = self._api.read(Request(path=_account(key)), lambda body: Answer(b"[%b]" % body, ""))
            except RefusedError as error:
                if error.status != GONE:
                    raise
            else:
                yield from found.entries


def _accounts(house: House, options: MatrixSettings) -> tuple[Stream, Stream]:
    """Return the list of accounts from its newest, and whole."""
    guests = "true" if options.guests else "false"
    newest = Stream(
        name="users",
        path=ACCOUNTS,
        entries="users",
        into=User,
        seen=lambda user: Seen.when(user.created_at),
        records=partial(User.gone, house=house),
        query=lambda _: {**EVERYBODY, "dir": "b", "guests": guests},
        changes=NewestFirst(overlap=OVERLAP),
        paging=Token("next_token", "from", size="limit"),
        stamped=timedelta(0),
        details=_whole(house, lambda user: user.wanted(house)),
        permission=PERMISSION,
    )
    everybody = replace(
        newest,
        name="all-users",
        seen=None,
        query=lambda _: {**EVERYBODY, "dir": "f", "guests": guests},
        changes=Whole(every=timedelta(hours=options.reconcile_hours), at_first=False),
    )
    return newest, everybody


def _whole(house: House, wanted: Callable[[Any], Iterable[str]]) -> Details:
    """Return how accounts are read whole, below a list whose entries name them."""
    return Details(
        name="accounts",
        keys=wanted,
        path=_account,
        into=User,
        records=lambda _, user: user.records(house),
        one=True,
        at_once=25,
        stamped=timedelta(0),
    )


def _rooms(house: House) -> Stream:
    messages = Details(
        name="messages",
        keys=lambda room: room.wanted,
        # The administrator's way: a room that was deleted meanwhile is empty, and is no refusal.
        path=lambda room: f"/_synapse/admin/v1/rooms/{quote(room, safe='')}/messages",
        entries="chunk",
        into=Event,
        records=lambda _, event: event.records(house),
        query={"dir": "f", "filter": json.dumps({"types": list(KINDS)})},
        since="from",
        paging=Token("end", "from", size="limit"),
        at_once=10,
        then=_whole(house, lambda event: event.wanted(house)),
    )
    return Stream(
        name="rooms",
        path="/_matrix/client/v3/sync",
        entries="rooms.join",
        keyed="room_id",
        # An answer without news has no rooms at all.
        empty="next_batch",
        into=Room,
        records=lambda _: (),
        query=_news,
        # A token that the server cannot read, after a move or an upgrade, is no better told.
        changes=Kept(at="next_batch", expired=frozenset({"M_UNKNOWN"})),
        details=messages,
        permission="its account has to be invited into the rooms and to have joined them; or rooms = false",
    )


def _news(at: At) -> Values:
    since = {"since": at.token} if at.token else {}
    return {"timeout": 0, "set_presence": "offline", "filter": json.dumps(NEWS), **since}


def _account(user: str) -> str:
    return f"{ACCOUNTS}/{quote(user, safe='')}"

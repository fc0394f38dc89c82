"""Stripe: the customers of a shop, and what happened to them.

What the vendor's lists do, and what is done about it:
- Customers are listed newest first and cannot be asked for what changed. Events can: each has the customer as it
  was then, for 30 days. So the first run reads the customers whole, and every run the events since the last one,
  which is one request where nothing happened. The first run reads the events of 30 days: what changed while the
  customers were read is among them.
- The whole list is read again once a week, and so always after a pause in which events were lost. Whoever is not
  in it stays as a record marked as deleted.
- A customer of the list does not tell when it last changed, an event does: listed versions rank as of when the list
  was begun, less an hour, below the events of that hour, which hold the same or newer.
- A deletion is an event (`customer.deleted`). Events of the same second have no order; the next whole list does.
- An event is written in the API version that the account had then, whatever version we ask with. The fields that
  are read have been the same in all of them.
- Stripe merges no customers: one person who pays twice as a guest is two customers.
"""

from datetime import timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from integrations.changes import Newest, Whole
from integrations.contract import ContactRecord, Level, Moment
from integrations.credentials import bearer
from integrations.http import HttpApi, Values
from integrations.limits import Rate
from integrations.paging import At, LastId
from integrations.payloads import Key, Payload
from integrations.records import gone, identified
from integrations.rest import Rest, Stream, Swept
from integrations.source import Source
from integrations.streams import Overlap, Seen

VERSION = "2025-09-30.clover"
"""The first in which a customer's name says whether it is a person's or a business's."""
LARGEST_PAGE = 100
OVERLAP = Overlap(least=10 * 60, most=10 * 60)
"""Events are made after what they tell of, and may be listed some seconds later."""
CLOCKS = timedelta(hours=1)
"""How far our clock may be ahead of Stripe's without a listed version outranking a newer event."""
RATES = (Rate(requests=25, seconds=1),)
"""For each list of a live account, and for everything together in a sandbox."""
DELETED = "customer.deleted"
EVENTS = ("customer.created", "customer.updated", DELETED)

LEVELS = {
    "account": Level.STORED,
    # The business's own server wrote it into the metadata with a secret key: its books, and no session.
    "email": Level.STORED,
    # The books of who pays. Checkout takes any address that looks like one: paying proves the card, not the
    # mailbox.
    "phone": Level.STORED,
    # As the e-mail address: nobody was called.
}


class StripeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What avouch.toml may say of a Stripe source."""

    base_url: str = "https://api.stripe.com"
    account_key: str | None = None
    """The key of a customer's metadata that holds the account in the business's own app ("user_id")."""
    account_namespace: str | None = None
    """Whose accounts these are. None: this source's own, equal to no other source's."""
    people: bool = True
    """Whether `name` is a person's where Stripe does not say. False for a shop that sells to businesses."""
    reconcile_hours: Annotated[float, Meta(ge=1, le=29 * 24)] = 7 * 24
    """How often the whole list is read; at least before events are lost."""


class _Customer(Payload, kw_only=True):
    id: Key
    created: Moment
    name: str | None = None
    individual_name: str | None = None
    business_name: str | None = None
    email: str | None = None
    phone: str | None = None
    metadata: dict[str, Any] | None = None

    def record(self, options: StripeSettings, namespace: str) -> ContactRecord:
        account = (self.metadata or {}).get(options.account_key or "")
        person = self.name if options.people and not self.business_name else None
        return ContactRecord(
            id=self.id,
            occurred_at=self.created,
            name=self.individual_name or person or None,
            identifiers=(
                *identified("account", str(account or ""), level=LEVELS["account"], namespace=namespace),
                *identified("email", self.email, level=LEVELS["email"]),
                *identified("phone", self.phone, level=LEVELS["phone"]),
            ),
            profile={
                "company": self.business_name or (None if options.people else self.name),
                # As one field: a key that was taken out of it is gone with the next version.
                "metadata": self.metadata or None,
            },
        )


class _Data(Payload):
    customer: _Customer = field(name="object")


class _Event(Payload, kw_only=True):
    type: str
    created: Moment
    data: _Data

    def record(self, options: StripeSettings, namespace: str) -> ContactRecord:
        customer = self.data.customer
        if self.type != DELETED:
            return replace(customer.record(options, namespace), updated_at=self.created)
        return gone(customer.id, customer.created, self.created)


def stripe(source: Source) -> Rest:
    """Return what reads all customers at first and now and then, and events at every run."""
    options = source.options(StripeSettings)
    namespace = options.account_namespace or source.name
    api = HttpApi(
        source,
        options.base_url,
        auth=bearer(source.name, source.secret("api_key")),
        headers={"Stripe-Version": VERSION},
        rates=RATES,
    )
    customers = Stream(
        name="customers",
        path="/v1/customers",
        entries="data",
        into=_Customer,
        records=lambda entry: (entry.record(options, namespace),),
        changes=Whole(every=timedelta(hours=options.reconcile_hours)),
        paging=LastId("starting_after", size="limit", more="has_more"),
        largest=LARGEST_PAGE,
        stamped=CLOCKS,
        sweeps=Swept(),
        permission="Customers: read",
    )
    events = replace(
        customers,
        name="events",
        path="/v1/events",
        into=_Event,
        seen=lambda event: Seen.when(event.created),
        query=_since,
        changes=Newest(overlap=OVERLAP),
        stamped=None,
        sweeps=None,
        permission="Events: read",
    )
    return Rest(source, api, (customers, events))


def _since(at: At) -> Values:
    types = {f"types[{place}]": name for place, name in enumerate(EVENTS)}
    return {**types, "created[gte]": at.since} if at.since else dict(types)

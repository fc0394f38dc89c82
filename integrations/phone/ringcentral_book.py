"""The contacts of a RingCentral address book."""

from msgspec.structs import asdict

from integrations.contract import ContactRecord, Level
from integrations.payloads import Payload
from integrations.records import full_name, gone, identified
from integrations.rest import UNTOLD

STORED = Level.STORED
"""Numbers and addresses alike are what the team wrote down; nobody has proved them."""
GONE = frozenset({"Deleted", "Purged"})
PHONES = (
    "mobile_phone", "business_phone", "business_phone2", "home_phone", "home_phone2", "car_phone", "other_phone",
    "callback_phone",
)  # fmt: skip
EMAILS = ("email", "email2", "email3")
NAMES = ("first_name", "middle_name", "last_name")


class Contact(Payload, kw_only=True, rename="camel"):
    """One contact; one that was deleted has its id and `availability` only."""

    id: int
    availability: str = "Alive"
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    email2: str | None = None
    email3: str | None = None
    mobile_phone: str | None = None
    business_phone: str | None = None
    business_phone2: str | None = None
    home_phone: str | None = None
    home_phone2: str | None = None
    car_phone: str | None = None
    other_phone: str | None = None
    callback_phone: str | None = None
    # The rest is profile. Nobody is reached at the last four who is this contact.
    company: str | None = None
    job_title: str | None = None
    nick_name: str | None = None
    web_page: str | None = None
    notes: str | None = None
    company_phone: str | None = None
    assistant_phone: str | None = None
    business_fax: str | None = None
    other_fax: str | None = None

    def records(self) -> tuple[ContactRecord, ...]:
        """Return its record, as of when the list was begun: the vendor tells no times of contacts."""
        key = f"contact:{self.id}"
        if self.availability in GONE:
            return (gone(key, UNTOLD),)
        told = asdict(self)
        kept = {"id", "availability", *NAMES, *EMAILS, *PHONES}
        return (
            ContactRecord(
                id=key,
                occurred_at=UNTOLD,
                name=full_name(*map(told.get, NAMES)),
                identifiers=(
                    *identified("phone", *map(told.get, PHONES), level=STORED),
                    *identified("email", *map(told.get, EMAILS), level=STORED),
                ),
                profile={name: value or None for name, value in told.items() if name not in kept},
            ),
        )

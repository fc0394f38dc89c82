"""Labelled contacts that we make ourselves: any size, any seed, with the traps of the trade.

The same size and seed give the same rows; they come town by town, and `created_at` says when each arrived.
What the rates are is a matter of judgement, not of measurement: no business gave its data for it.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import NamedTuple, TypeVar

from benchmarks.dedupe import noise
from benchmarks.dedupe.countries import NICKNAMES, latin
from benchmarks.dedupe.town import DAYS, Builder, Company, Held, Person, Phone
from benchmarks.dedupe.truth import Labelled, Row

T = TypeVar("T")
_START = datetime(2021, 6, 1, tzinfo=UTC)
_MANY = 9
_COUNT_WEIGHTS = (50, 22, 11, 6, 4, 3, 2, 1, 1)
"""How many contacts a person has, from one on: most have one, a few keep calling."""

SOURCES = {
    "switch-us": ("phone", "US"), "switch-gb": ("phone", "GB"), "switch-eu": ("phone", "ES"),
    "widget": ("chat", ""), "messenger": ("chat", ""), "crm-us": ("import", "US"), "crm-de": ("import", "DE"),
    "fair-list": ("import", ""), "club-gb": ("import", "GB"), "counter": ("manual", "FR"),
    "helpdesk": ("manual", "US"),
}  # fmt: skip
_SOURCE_WEIGHTS = (15, 7, 9, 14, 9, 12, 7, 9, 5, 6, 7)

_WITHHELD = ("anonymous", "Private", "unknown", "+266696687", "Restricted", "Unavailable")
_PLACEHOLDERS = ("0000000000", "+1 555 555 5555", "1234567890", "n/a", "-")
_NO_MAIL = ("none@none.com", "noemail@noemail.com", "test@test.com", "n/a", "no@email.com")
_NOBODY = ("WIRELESS CALLER", "UNKNOWN NAME", "TOLL FREE CALL", "PRIVATE", "SPAM RISK")
_ROLES = ("info", "office", "sales", "accounts", "reception")
_MISSPELT_MAIL = {"gmail.com": "gmial.com", "outlook.com": "outlok.com", "yahoo.com": "yaho.com"}


class Made(NamedTuple):
    """A contact, whose it is, and what was done to it."""

    row: Row
    person: str
    kinds: tuple[str, ...]
    circles: tuple[str, ...]


def made(size: int, seed: int) -> Iterator[Made]:
    """Yield `size` contacts of about half as many people, one town after the other."""
    return islice(_all(seed), size)


def labelled(size: int, seed: int) -> Labelled:
    """Return the contacts with their labels, in order of arrival."""
    every = sorted(made(size, seed), key=lambda each: (each.row.created_at, each.row.id))
    people = {each.row.id: each.person for each in every}
    circles = {each.person: each.circles for each in every}
    return Labelled([each.row for each in every], people, people_if_verified=people, circles=circles)


def _all(seed: int) -> Iterator[Made]:
    ids = count(1)
    for number in count():
        rng = random.Random(f"{seed}:{number}:contacts")
        for person in Builder(seed, number).build().people:
            for _ in range(rng.choices(range(1, _MANY + 1), _COUNT_WEIGHTS)[0]):
                yield _Writer(rng, person, next(ids)).write()


class _Writer:
    """Writes one contact as a source would hold it."""

    def __init__(self, rng: random.Random, person: Person, number: int) -> None:
        self._rng = rng
        self._person = person
        self._number = number
        self._kinds: list[str] = []
        self._source = rng.choices(list(SOURCES), _SOURCE_WEIGHTS)[0]
        self._channel, self._region = SOURCES[self._source]
        self._day = rng.randrange(DAYS)
        self._company = _current(person.jobs, self._day)
        self._line: Phone | None = None

    def write(self) -> Made:
        shows_phone, shows_mail, shows_company = _SHOWN[self._source]
        phone = self._phone() if self._rng.random() < shows_phone else ""
        email = self._email() if self._rng.random() < shows_mail else ""
        company = self._company_name(self._company) if self._rng.random() < shows_company else ""
        name = _NAMED[self._channel](self)
        at = _START + timedelta(days=self._day, seconds=self._rng.randrange(86_400))
        row = Row(
            id=f"{self._source}:{self._number:07d}",
            source=self._source,
            channel=self._channel,
            region=self._region,
            name=name,
            phone=phone,
            email=email,
            company=company,
            created_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        person = self._person
        circles = tuple(dict.fromkeys((person.household.id, *(job.id for _, job in person.jobs if job))))
        if not self._tells(row):
            return Made(row, f"x{self._number}", ("nothing", *self._kinds), ())
        return Made(row, person.id, tuple(self._kinds), circles)

    def _tells(self, row: Row) -> bool:
        """Say whether anything on the row points to the person: no label can ask for what nothing shows."""
        empty = {"phone:withheld", "phone:placeholder"}, {"email:placeholder"}, {"name:nobody"}
        given = (row.phone, row.email, row.name)
        return any(value and not marks & set(self._kinds) for value, marks in zip(given, empty, strict=True))

    def _phone(self) -> str:
        rng, chance = self._rng, self._rng.random()
        if chance < 0.035 and self._channel != "chat":
            self._kinds.append("phone:withheld" if self._channel == "phone" else "phone:placeholder")
            return rng.choice(_WITHHELD if self._channel == "phone" else _PLACEHOLDERS)
        line = self._line = self._drawn_line()
        self._kinds.append(f"phone:{line.kind}")
        national = line.national
        if rng.random() < 0.012 and self._channel != "phone":
            self._kinds.append("phone:typo")
            national = noise.mistyped_number(rng, national)
        return self._written_number(line, national)

    def _written_number(self, line: Phone, national: str) -> str:
        rng = self._rng
        if self._source == "messenger":
            return f"{line.country.dialled}{national}"
        if self._channel == "phone":
            domestic = line.country.code == self._region and rng.random() < 0.3
            return f"{line.country.trunk}{national}" if domestic else f"+{line.country.dialled}{national}"
        if self._channel == "import" and rng.random() < 0.02:
            self._kinds.append("phone:spreadsheet")
            return noise.spreadsheet(rng, line.country, national)
        written = noise.written_number(rng, line.country, national, region=self._region)
        if line.kind == "switchboard" and rng.random() < 0.3:
            return f"{written} ext {self._person.extension}"
        return written

    def _drawn_line(self) -> Phone:
        rng, person = self._rng, self._person
        mobile = _current(person.mobiles, self._day)
        chance = rng.random()
        if self._source == "messenger" or chance < 0.62:
            return mobile
        if self._company and chance < 0.8:
            return self._company.switchboard
        if self._company and chance < 0.88:
            direct = f"{self._company.direct}{person.extension}"
            return Phone(person.country, direct, "direct")
        return person.household.landline or mobile

    def _email(self) -> str:
        rng, person = self._rng, self._person
        chance = rng.random()
        if chance < 0.02:
            self._kinds.append("email:placeholder")
            return rng.choice(_NO_MAIL)
        if self._company and chance < 0.05:
            self._kinds.append("email:role")
            return f"{rng.choice(_ROLES)}@{self._company.domain}"
        if self._company and chance < 0.25:
            self._kinds.append("email:work")
            return self._company.address_of(person, _held(person.families, self._day))
        if person.household.mailbox and chance < 0.45:
            self._kinds.append("email:household")
            return person.household.mailbox
        address = _held(person.mails, self._day)
        if not address:
            return ""
        self._kinds.append("email:personal")
        return self._written_address(address)

    def _written_address(self, address: str) -> str:
        rng, chance = self._rng, self._rng.random()
        local, _, domain = address.partition("@")
        if chance < 0.025:
            self._kinds.append("email:typo")
            return f"{noise.slip(rng, local)}@{_MISSPELT_MAIL.get(domain, domain)}"
        return address.upper() if chance < 0.06 else f" {address}" if chance < 0.09 else address

    def _company_name(self, company: Company | None) -> str:
        if company is None:
            return ""
        name = f"{company.name} {company.legal}" if self._rng.random() < 0.5 else company.name
        return self._rng.choice((name, name, name, name.upper(), name.lower()))

    def caller_name(self) -> str:
        """Return what the carrier shows: often nothing, often whoever pays for the line."""
        rng, chance = self._rng, self._rng.random()
        if self._line is None or chance < 0.6:
            return ""
        if chance < 0.66:
            self._kinds.append("name:nobody")
            return rng.choice(_NOBODY)
        if self._line.kind in {"switchboard", "direct"} and self._company:
            self._kinds.append("name:company")
            return self._company.name.upper()[:15]
        payer = self._person.household.members[0] if chance < 0.78 else self._person
        self._kinds.append("name:payer" if payer is not self._person else "name:caller")
        family = _held(payer.families, 0)
        return f"{latin(family)} {latin(payer.given)}".upper()[:15]

    def chat_name(self) -> str:
        """Return what somebody types who wants an answer, not an account."""
        chance = self._rng.random()
        if chance < 0.32:
            return ""
        if chance < 0.62:
            self._kinds.append("name:given")
            return self._altered(self._called()).lower() if chance < 0.42 else self._altered(self._called())
        if chance < 0.72:
            self._kinds.append("name:handle")
            return f"{latin(self._person.given).lower()}{self._rng.choice('_.x')}{self._rng.randrange(1000)}"
        return self._full()

    def book_name(self) -> str:
        """Return what a colleague entered, or a form asked for."""
        rng, chance = self._rng, self._rng.random()
        if chance < 0.06:
            return ""
        if chance < 0.14:
            self._kinds.append("name:given")
            return self._altered(self._called())
        if chance < 0.22:
            self._kinds.append("name:initial")
            return f"{self._person.given[0]}. {self._altered(_held(self._person.families, self._day))}"
        if chance < 0.25:
            self._kinds.append("name:family")
            return f"{rng.choice(('Mr', 'Ms', 'Dr'))} {_held(self._person.families, self._day)}"
        return self._full()

    def _full(self) -> str:
        rng, person = self._rng, self._person
        self._kinds.append("name:full")
        given, family = self._called(), _held(person.families, self._day)
        script = rng.random()
        if script < 0.5 and latin(family) != family:
            self._kinds.append("name:transliterated")
            given, family = (latin(each, homemade=script < 0.2) for each in (given, family))
        family = self._altered(family)
        suffix = f" {person.suffix}" if person.suffix and rng.random() < 0.65 else ""
        middle = f" {person.middle}." if person.middle and rng.random() < 0.3 else ""
        name = rng.choices(
            (f"{given}{middle} {family}{suffix}", f"{family}{suffix}, {given}", f"{family} {given}"),
            (86, 9, 5),
        )[0]
        return rng.choices((name, name.upper(), name.lower(), name.replace(" ", "  ")), (86, 6, 5, 3))[0]

    def _called(self) -> str:
        short = NICKNAMES.get(self._person.given)
        if short and self._rng.random() < 0.22:
            self._kinds.append("name:nickname")
            return short
        return self._person.given

    def _altered(self, name: str) -> str:
        if self._rng.random() < 0.045:
            self._kinds.append("name:typo")
            return noise.slip(self._rng, name)
        return name


_NAMED: dict[str, Callable[[_Writer], str]] = {
    "phone": _Writer.caller_name,
    "chat": _Writer.chat_name,
    "import": _Writer.book_name,
    "manual": _Writer.book_name,
}
_SHOWN = {
    "switch-us": (1.0, 0.0, 0.0), "switch-gb": (1.0, 0.0, 0.0), "switch-eu": (1.0, 0.0, 0.0),
    "widget": (0.14, 0.42, 0.0), "messenger": (1.0, 0.0, 0.0), "crm-us": (0.66, 0.62, 0.4),
    "crm-de": (0.7, 0.5, 0.5), "fair-list": (0.35, 0.7, 0.6), "club-gb": (0.6, 0.5, 0.05),
    "counter": (0.62, 0.25, 0.15), "helpdesk": (0.55, 0.5, 0.1),
}  # fmt: skip
"""How often each source holds a phone number, an address and a company."""


def _current(states: list[tuple[int, T]], day: int) -> T:
    return [state for since, state in states if since <= day][-1]


def _held(states: list[Held], day: int) -> str:
    fitting = [held.value for held in states if held.since <= day]
    return fitting[-1] if fitting else ""

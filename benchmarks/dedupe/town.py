"""Made-up towns: who lives and works with whom, and who had which number and address when.

A town is drawn from its own seed and forgotten when its contacts are written, so that a million rows cost no
more memory than a thousand. Namesakes come from one name frequency for all towns.
"""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.dedupe.countries import COUNTRIES, Country, digits, latin

DAYS = 1_600
"""How long the sources have been kept."""
_HOUSEHOLDS = (1, 2, 3, 4, 5, 6)
_HOUSEHOLD_WEIGHTS = (44, 27, 12, 10, 4, 3)
_COMPANY_SIZES = (3, 9, 30, 120, 500)
_COMPANY_WEIGHTS = (560, 270, 120, 45, 5)
_TRADES = ("Logistics", "Dental", "Roofing", "Media", "Systems", "Foods", "Law", "Print", "Travel", "Optik")
_PEOPLE = 240
"""So many people live in a town at least; a switchboard of 500 brings more."""


class Phone(NamedTuple):
    """A number without its country code."""

    country: Country
    national: str
    kind: str


@dataclass
class Company:
    """Who works there shares its switchboard and its role mailbox."""

    id: str
    name: str
    legal: str
    domain: str
    switchboard: Phone
    direct: str
    """The beginning of its direct numbers: a colleague's differs in the last digits only."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Address to the id of the person it was given to: no two have one."""

    def address_of(self, person: "Person", family: str) -> str:
        """Return the address of `person` here: the usual form, or one that nobody else has."""
        first, last = latin(person.given).lower(), latin(family).lower()
        for local in (f"{first[0]}.{last}", f"{first}.{last}", f"{first}.{last}{person.extension}"):
            address = f"{local}@{self.domain}"
            if self.addresses.setdefault(address, person.id) == person.id:
                break
        return address


@dataclass
class Held:
    """What a person has from a day on."""

    since: int
    value: str


@dataclass
class Person:
    """Somebody, with what changed in these years."""

    id: str
    country: Country
    given: str
    families: list[Held]
    suffix: str
    household: "Household"
    jobs: list[tuple[int, Company | None]]
    mobiles: list[tuple[int, Phone]]
    mails: list[Held]
    middle: str
    extension: int


@dataclass
class Household:
    """Who lives there may share a landline and a mailbox."""

    id: str
    country: Country
    landline: Phone | None
    mailbox: str
    members: list[Person] = field(default_factory=list)


@dataclass
class Town:
    """People who know each other."""

    people: list[Person]


class Builder:
    """Draws one town."""

    def __init__(self, seed: int, number: int) -> None:
        """Draw from `seed` and the town's number alone, so that any town can be made by itself."""
        self._rng = random.Random(f"{seed}:{number}")
        self._number = number
        self._people: list[Person] = []
        self._given_up: list[tuple[int, Phone]] = []
        self._addresses = 0

    def build(self) -> Town:
        """Return the town: its companies first, then households until everybody has a desk."""
        country = self._rng.choices(COUNTRIES, [each.share for each in COUNTRIES])[0]
        desks = self._desks(country)
        while desks or len(self._people) < _PEOPLE:
            self._household(country, desks)
        return Town(self._people)

    def _desks(self, country: Country) -> list[Company]:
        desks: list[Company] = []
        wanted = _PEOPLE // 2
        while len(desks) < wanted:
            size = self._rng.choices(_COMPANY_SIZES, _COMPANY_WEIGHTS)[0]
            company = self._company(country, len(desks))
            desks += [company] * self._rng.randint(max(2, size // 2), size)
        self._rng.shuffle(desks)
        return desks

    def _company(self, country: Country, place: int) -> Company:
        founder, trade = country.family.draw(self._rng), self._rng.choice(_TRADES)
        line = digits(self._rng, self._rng.choice(country.fixed))
        return Company(
            id=f"c{self._number}-{place}",
            name=f"{founder} {trade}",
            legal=self._rng.choice(country.legal),
            domain=f"{latin(founder).lower()}{trade.lower()}{self._number or ''}.{country.top}",
            switchboard=Phone(country, f"{line[:-3]}000", "switchboard"),
            direct=line[:-3],
        )

    def _household(self, country: Country, desks: list[Company]) -> None:
        rng = self._rng
        size = rng.choices(_HOUSEHOLDS, _HOUSEHOLD_WEIGHTS)[0]
        family = country.family.draw(rng)
        home = Household(
            id=f"h{self._number}-{len(self._people)}",
            country=country,
            landline=Phone(country, digits(rng, rng.choice(country.fixed)), "household")
            if rng.random() < 0.35
            else None,
            mailbox=f"{latin(family).lower()}.family{self._unique()}@{rng.choice(country.mail)}"
            if size > 1 and rng.random() < 0.2
            else "",
        )
        plan = digits(rng, rng.choice(country.mobile))
        father = country.given.draw(rng)
        named_after = size > 2 and rng.random() < 0.06
        for place in range(size):
            namesake = place == 0 or (place == 2 and named_after)
            given = father if namesake else self._other_name(country, home)
            suffix = ("Sr", "", "Jr")[place] if named_after and place in {0, 2} else ""
            own = family if place != 1 or rng.random() < 0.7 else country.family.draw(rng)
            mobile = self._mobile(country, plan, place)
            home.members.append(self._person(home, given, own, suffix, mobile, desks))
        self._people += home.members

    def _other_name(self, country: Country, home: Household) -> str:
        taken = {member.given for member in home.members}
        while (given := country.given.draw(self._rng)) in taken:
            pass
        return given

    def _person(
        self,
        home: Household,
        given: str,
        family: str,
        suffix: str,
        mobile: Phone,
        desks: list[Company],
    ) -> Person:
        rng = self._rng
        country = home.country
        place = len(self._people) + len(home.members)
        families = [Held(0, family)]
        if rng.random() < 0.05:
            families.append(Held(rng.randrange(DAYS), country.family.draw(rng)))
        jobs: list[tuple[int, Company | None]] = [(0, desks.pop() if desks and rng.random() < 0.7 else None)]
        if desks and rng.random() < 0.1:
            jobs.append((rng.randrange(DAYS), desks.pop()))
        return Person(
            id=f"p{self._number}-{place}",
            country=country,
            given=given,
            families=families,
            suffix=suffix,
            household=home,
            jobs=jobs,
            mobiles=self._mobiles(country, mobile),
            mails=self._mails(country, given, family),
            middle=rng.choice("ABCDEFGHJKLMPRSTW") if rng.random() < 0.3 else "",
            extension=100 + place % 900,
        )

    def _mobiles(self, country: Country, first: Phone) -> list[tuple[int, Phone]]:
        """Return the numbers of these years; what one gives up, another may be given two months later."""
        rng = self._rng
        if rng.random() < 0.14:
            changed = rng.randrange(DAYS)
            if rng.random() < 0.6:
                self._given_up.append((changed, first))
            return [(0, first), (changed, self._own(country))]
        if self._given_up and rng.random() < 0.08:
            since, number = self._given_up.pop()
            return [(0, first), (since + 60, number._replace(kind="recycled"))]
        return [(0, first)]

    def _mails(self, country: Country, given: str, family: str) -> list[Held]:
        rng = self._rng
        days = [0] if rng.random() < 0.85 else []
        if days and rng.random() < 0.13:
            days.append(rng.randrange(DAYS))
        return [Held(day, self._address(country, given, family)) for day in days]

    def _mobile(self, country: Country, plan: str, place: int) -> Phone:
        """Return a number of one's own, or the next one of the family's plan."""
        if self._rng.random() < 0.2:
            last = (int(plan[-1]) + place) % 10
            return Phone(country, f"{plan[:-1]}{last}", "mobile")
        return self._own(country)

    def _own(self, country: Country) -> Phone:
        return Phone(country, digits(self._rng, self._rng.choice(country.mobile)), "mobile")

    def _address(self, country: Country, given: str, family: str) -> str:
        """Return an address nobody else has: at large providers, the names alone were taken long ago."""
        rng = self._rng
        first, last = latin(given).lower(), latin(family).lower()
        number = self._unique()
        if rng.random() < 0.35:
            local = rng.choice((f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}_{last}"))
            return f"{local}@{country.code.lower()}{number}.{rng.choice(_OWN)}"
        local = rng.choice(
            (f"{first}.{last}{number}", f"{first}{number}", f"{first[0]}{last}{number}", f"{last}{first}{number}",
             f"{rng.choice(_HOBBIES)}{number}")
        )  # fmt: skip
        return f"{local}@{rng.choice(country.mail)}"

    def _unique(self) -> int:
        """Return a number that no other call of any town returns."""
        self._addresses += 1
        return self._number * _ADDRESSES + self._addresses


_ADDRESSES = 2_000
"""More than a town has."""
_OWN = ("net", "org", "info", "me")
_HOBBIES = ("surf", "cat.lover", "sunny", "bike", "goalkeeper", "moon", "chef", "gardener", "drummer", "fox")

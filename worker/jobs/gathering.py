"""Gathering: what ties contacts loosely to others, read for the suggestions about them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from integrations.contract import Level
from worker.domain import phones
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision, Ruling, ruling
from worker.domain.evidence import CLAIMED, STORED, Key
from worker.domain.policy import Policy
from worker.domain.reasons import (
    MOST_CONTACTS_A_VALUE,
    Between,
    Holding,
    Ties,
    Told,
    between,
    may_suggest,
    spelling,
)
from worker.domain.suggestions import Suggestion, undecided
from worker.storage.suggestions import SharedRow
from worker.storage.unit_of_work import Transaction

_COMPARED = frozenset({"phone", "email"})


class Gathered:
    """The loose ties of some contacts. Everything that one of them shares with anybody is here."""

    def __init__(self, tx: Transaction, policy: Policy) -> None:
        """Read in one transaction, under the policy in force."""
        self._tx = tx
        self._policy = policy
        self._undecided = tx.decisions.none()
        self._decisions: dict[str, Decision] = {}
        self._marks = Ruling() if self._undecided else ruling(tx.decisions.about_identifiers())
        self._has_cases = tx.cases.count() > 0
        self._untrusted = [name for name, level in policy.trust.items() if level is not Level.VERIFIED]
        self._any_told = tx.suggestions.any_told(self._untrusted)
        self._contacts: dict[str, Contact] = {}
        self._ranks: dict[str, dict[Key, int]] = {}
        self._held: dict[Key, list[Holding]] = {}
        self._told: dict[str, Told] = {}
        self._between: set[Between] = set()
        self.silent: dict[Key, list[SharedRow]] = {}
        """Who holds the values that are contested, and suggest nobody."""

    @property
    def ties(self) -> Ties:
        """What was read so far."""
        return Ties(self._held, self._told, self._between)

    def add(self, contacts: Iterable[Contact], touched: Iterable[Key] = ()) -> None:
        """Read what ties `contacts`, and who holds the values in `touched`."""
        added = list(contacts)
        self._contacts.update((each.id, each) for each in added)
        keys = {(each.type, each.namespace, each.value) for one in added for each in one.identifiers}
        record_ids = [each for one in added for each in one.record_ids]
        self._decide(record_ids)
        touched = {*touched, *(each.key for each in self._decisions.values() if each.key is not None)}
        self._share(
            {spelling(key) for key in {*keys, *touched} if may_suggest(key, self._policy, self._marks)}
        )
        if self._any_told:
            self._tell(record_ids)
        if self._has_cases:
            self._stand_between(record_ids)

    def decided(self) -> set[str]:
        """Return the contacts that decisions about the contacts here name: what holds of one may change others."""
        named = sorted({each for one in self._decisions.values() for each in one.record_ids})
        return set(self._tx.contacts.membership(named).values()) if named else set()

    def undecided(self, found: list[Suggestion]) -> list[Suggestion]:
        """Leave out the pairs that somebody decided to be two people."""
        in_force = ruling(self._decisions.values()).apart
        if not in_force:
            return found
        self._load({contact_id for each in found for contact_id in (each.one, each.other)})
        records = {each.id: each.record_ids for each in self._contacts.values()}
        return undecided(found, in_force, records)

    def silent_among(self, values: Iterable[str]) -> set[str]:
        """Return those of the phones and e-mail addresses that suggest nobody: contested, or marked by a person."""
        marked = self._marks.common | self._marks.own
        if not self._has_cases and not marked:
            return set()
        given = set(values)
        contested = self._tx.suggestions.contested(given) if self._has_cases else set()
        return {value for type_, _, value in {*marked, *contested} if type_ in _COMPARED and value in given}

    def _decide(self, record_ids: Sequence[str]) -> None:
        """Read the decisions about records, and those that could overrule them (as `closure` does)."""
        asked: set[str] = set()
        new = set() if self._undecided else set(record_ids)
        while new:
            asked |= new
            self._decisions.update((each.id, each) for each in self._tx.decisions.naming(sorted(new)))
            new = {each for one in self._decisions.values() for each in one.record_ids} - asked

    def _share(self, wanted: set[Key]) -> None:
        """Read who holds any spelling of the values."""
        wanted -= {spelling(key) for key in self._held}
        rows: dict[Key, list[SharedRow]] = defaultdict(list)
        for row in self._tx.suggestions.sharing(spellings_of(self._tx, wanted)):
            rows[row.type, row.namespace, row.value].append(row)
        contested = (
            self._tx.suggestions.contested({key[2] for key in rows}) & rows.keys()
            if self._has_cases
            else set()
        )
        self.silent.update((key, rows[key]) for key in contested if spelling(key) in wanted)
        shared: dict[Key, list[Key]] = defaultdict(list)
        for key in rows.keys() - contested:
            if may_suggest(key, self._policy, self._marks):
                shared[spelling(key)].append(key)
        several = {
            key: keys
            for key, keys in shared.items()
            if key in wanted and (len(keys) > 1 or len(rows[keys[0]]) > 1)
        }
        self._load({each for keys in several.values() for each in _worth_reading(rows, keys)})
        for keys in several.values():
            for key in keys:
                self._held[key] = [each for row in rows[key] if (each := self._holding(key, row)) is not None]

    def _load(self, contact_ids: set[str]) -> None:
        found = self._tx.contacts.get_all(sorted(contact_ids - self._contacts.keys()))
        self._contacts.update((each.id, each) for each in found)

    def _holding(self, key: Key, row: SharedRow) -> Holding | None:
        """Return a contact's hold as the rules see it: after trust, and without proofs that prove nothing."""
        contact = self._contacts.get(row.contact_id)
        if contact is None:  # One of a crowd, and no more than observed.
            return Holding(row.contact_id, CLAIMED, row.records)
        if row.contact_id not in self._ranks:
            self._ranks[row.contact_id] = {
                (each.type, each.namespace, each.value): each.level.rank for each in contact.identifiers
            }
        rank = self._ranks[row.contact_id].get(key)
        return None if rank is None else Holding(row.contact_id, rank, row.records)

    def _tell(self, record_ids: Sequence[str]) -> None:
        claims: dict[tuple[str, str], list[Holding]] = defaultdict(list)
        for about, of, contact_id, records in self._tx.suggestions.told(record_ids, self._untrusted):
            claims[about, of].append(Holding(contact_id, CLAIMED, records))
        for (about, of), holdings in claims.items():
            self._told[about] = Told(of, tuple(sorted(holdings)))

    def _stand_between(self, record_ids: Sequence[str]) -> None:
        torn = [case for case in self._tx.cases.of(record_ids) if case.kind == "torn"]
        whose = self._tx.contacts.membership([each for case in torn for each in case.records]) if torn else {}
        self._between.update(between(case, whose) for case in torn)


def spellings_of(tx: Transaction, wanted: Iterable[Key]) -> set[str]:
    """Return every value under which somebody may hold one of `wanted`."""
    values: set[str] = set()
    mailboxes = []
    for type_, _, value in wanted:
        values.add(value)
        if type_ == "phone" and value.startswith(phones.SPELT_TWO_WAYS):
            values.update(phones.variants(value))
        elif type_ == "email":
            mailboxes.append(value)
    if mailboxes:
        values.update(tx.suggestions.spellings(mailboxes))
    return values


def _worth_reading(rows: dict[Key, list[SharedRow]], keys: Sequence[Key]) -> Iterable[str]:
    """Return the holders whose level has to be known: of a crowd only who may hold more than a claim."""
    few = len({row.contact_id for key in keys for row in rows[key]}) <= MOST_CONTACTS_A_VALUE
    for key in keys:
        in_pairs = few or 1 < len(rows[key]) <= MOST_CONTACTS_A_VALUE
        for row in rows[key]:
            if in_pairs or row.level >= STORED:
                yield row.contact_id

"""The laws of identity (DESIGN 2.6), in memory, over random histories; and the rules a second time."""

from collections.abc import Iterable
from random import Random

import hypothesis.strategies as st
import msgspec
from hypothesis import given

from integrations.contract import Level
from tests.properties.oracle import Expected, Oracle
from tests.properties.strategies import Sent, folded, histories, policies, records, tried, weak_histories
from worker.domain.contacts import Contact, Kind, decode, encode
from worker.domain.policy import Policy
from worker.domain.reach import reaching
from worker.domain.records import Record
from worker.domain.resolve import Resolution, resolve


def export(resolution: Resolution) -> list[str]:
    """Return the contacts as they are written down."""
    return [encode(contact) for contact in resolution.contacts]


def strong_ids(history: Iterable[Record], policy: Policy) -> set[str]:
    """Return the records that hold anything stored or verified, after trust."""
    return {
        record.id
        for record in history
        if any(min(each.level, policy.cap(record.source)) >= Level.STORED for each in record.sightings)
    }


class TestOrder:
    """Law 1: the same records give the same contacts, to the byte, in whatever order they arrived."""

    @tried()
    @given(history=histories(), policy=policies(), order=st.randoms())
    def test_every_order_of_records_gives_the_same_contacts(
        self, history: list[Sent], policy: Policy, order: Random
    ) -> None:
        landed = records(history)
        shuffled = order.sample(landed, k=len(landed))

        assert export(resolve(shuffled, policy)) == export(resolve(landed, policy))
        assert resolve(shuffled, policy).conflicts == resolve(landed, policy).conflicts

    @tried()
    @given(history=histories(), order=st.randoms())
    def test_every_order_of_versions_gives_the_same_records(self, history: list[Sent], order: Random) -> None:
        shuffled = order.sample(history, k=len(history))

        assert sorted(folded(shuffled), key=lambda each: each.record.id) == sorted(
            folded(history), key=lambda each: each.record.id
        )

    @tried()
    @given(history=histories(), policy=policies(), order=st.randoms())
    def test_everything_delivered_again_changes_nothing(
        self, history: list[Sent], policy: Policy, order: Random
    ) -> None:
        again = history + order.sample(history, k=len(history))

        assert export(resolve(records(again), policy)) == export(resolve(records(history), policy))


class TestRules:
    """The rules of DESIGN section 2, read a second time in pairs and sentence by sentence, say the same."""

    @tried()
    @given(history=histories(), policy=policies())
    def test_the_contacts_are_those_of_the_rules_read_in_pairs(
        self, history: list[Sent], policy: Policy
    ) -> None:
        landed = records(history)

        contacts = {
            Expected(each.id, each.kind.value, frozenset(each.record_ids), each.converted_at)
            for each in resolve(landed, policy).contacts
        }

        assert contacts == Oracle(landed, policy).contacts()


class TestIncremental:
    """Law 2: resolving what a change can reach gives what resolving everything would."""

    @tried()
    @given(history=histories(14), policy=policies())
    def test_the_closure_of_a_record_gives_the_contact_that_everything_gives(
        self, history: list[Sent], policy: Policy
    ) -> None:
        landed = records(history)
        everything = {
            record_id: each for each in resolve(landed, policy).contacts for record_id in each.record_ids
        }

        for record in landed:
            reached = closure(record, landed, policy)

            by_itself = {
                record_id: each for each in resolve(reached, policy).contacts for record_id in each.record_ids
            }
            assert by_itself[record.id] == everything[record.id]


def closure(start: Record, landed: list[Record], policy: Policy) -> list[Record]:
    """Return what is reached from `start` over equal values, observed or better, and `about` both ways."""
    values = {record.id: set(reaching(record, policy)) for record in landed}
    reached = {start.id: start}
    frontier = [start]
    while frontier:
        record = frontier.pop()
        for other in landed:
            if other.id not in reached and (
                values[record.id] & values[other.id] or record.about == other.id or other.about == record.id
            ):
                reached[other.id] = other
                frontier.append(other)
    return list(reached.values())


class TestNonInterference:
    """Law 3: claimed and observed evidence never changes who a user is."""

    @tried()
    @given(history=histories(), weak=weak_histories(), policy=policies())
    def test_more_weak_records_change_no_user(
        self, history: list[Sent], weak: list[Sent], policy: Policy
    ) -> None:
        strong = strong_ids(records(history), policy)

        before = users(resolve(records(history), policy), strong)
        after = users(resolve(records(history + weak), policy), strong)

        assert before.keys() == after.keys()
        for members, user in before.items():
            assert_same_person(user, after[members], named=any_named(members, records(history)))

    @tried()
    @given(history=histories(), policy=policies())
    def test_without_its_weak_identifiers_the_evidence_makes_the_same_users(
        self, history: list[Sent], policy: Policy
    ) -> None:
        landed = records(history)
        strong = strong_ids(landed, policy)

        without = users(resolve([stripped(record, policy) for record in landed], policy), strong)

        assert users(resolve(landed, policy), strong).keys() == without.keys()


def users(resolution: Resolution, strong: set[str]) -> dict[frozenset[str], Contact]:
    """Return the users, each by its stored and verified records."""
    return {
        frozenset(strong.intersection(each.record_ids)): each
        for each in resolution.contacts
        if each.kind is Kind.USER
    }


def any_named(members: frozenset[str], landed: list[Record]) -> bool:
    return any(record.name for record in landed if record.id in members)


def assert_same_person(one: Contact, other: Contact, *, named: bool) -> None:
    """Compare the fields that stored and verified evidence gives."""
    assert (one.id, one.converted_at) == (other.id, other.converted_at)
    assert one.proofs[0] == other.proofs[0]
    assert [held for held in one.identifiers if held.level >= Level.STORED] == [
        held for held in other.identifiers if held.level >= Level.STORED
    ]
    if named:
        assert one.name == other.name


def stripped(record: Record, policy: Policy) -> Record:
    """Return the record without what is only claimed or observed on it."""
    cap = policy.cap(record.source)
    kept = tuple(each for each in record.sightings if min(each.level, cap) >= Level.STORED)
    return msgspec.structs.replace(record, sightings=kept)


class TestConservation:
    """Law 5: every record, with its interactions and notes, is on exactly one contact."""

    @tried()
    @given(history=histories(), policy=policies())
    def test_every_record_is_on_exactly_one_contact(self, history: list[Sent], policy: Policy) -> None:
        landed = records(history)

        contacts = resolve(landed, policy).contacts

        on_contacts = sorted(record_id for each in contacts for record_id in each.record_ids)
        assert on_contacts == sorted(record.id for record in landed)
        assert all(each.id in each.record_ids for each in contacts)


class TestExclusivity:
    """Law 6: no contact holds two accounts of one namespace."""

    @tried()
    @given(history=histories(), policy=policies())
    def test_no_contact_holds_two_accounts_of_one_namespace(
        self, history: list[Sent], policy: Policy
    ) -> None:
        for contact in resolve(records(history), policy).contacts:
            namespaces = [
                held.namespace
                for held in contact.identifiers
                if held.type == "account" and held.level >= Level.STORED
            ]

            assert len(namespaces) == len(set(namespaces))


class TestProofs:
    """Law 7: every user has a proof, and whatever is together is together for a reason."""

    @tried()
    @given(history=histories(), policy=policies())
    def test_every_user_has_a_proof_among_its_own_records(self, history: list[Sent], policy: Policy) -> None:
        landed = {record.id: record for record in records(history)}

        for contact in resolve(landed.values(), policy).contacts:
            proofs = [proof for proof in contact.proofs if proof.rule.endswith("-user")]
            assert len(proofs) == (contact.kind is Kind.USER)
            assert (contact.converted_at is not None) == (contact.kind is Kind.USER)
            for proof in proofs:
                assert contact.record_ids.__contains__(*proof.evidence)
                holds = {
                    (each.type, each.namespace, each.value) for each in landed[proof.evidence[0]].sightings
                }
                assert holds.issuperset(proof.keys)

    @tried()
    @given(history=histories(), policy=policies())
    def test_the_proofs_of_a_contact_connect_all_its_records(
        self, history: list[Sent], policy: Policy
    ) -> None:
        for contact in resolve(records(history), policy).contacts:
            parts = [{record_id} for record_id in contact.record_ids]
            for proof in contact.proofs:
                evidence = set(proof.evidence)
                assert evidence.issubset(contact.record_ids)
                touched = [part for part in parts if part & evidence]
                parts = [part for part in parts if not part & evidence] + [set().union(*touched)]

            assert len(parts) == 1


@tried()
@given(history=histories(), policy=policies())
def test_what_is_written_down_reads_back_the_same(history: list[Sent], policy: Policy) -> None:
    for contact in resolve(records(history), policy).contacts:
        assert decode(encode(contact)) == contact

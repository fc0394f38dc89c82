"""Law 3: claimed and observed evidence never changes who a user is. Decisions stay as they are."""

import dataclasses
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from integrations.contract import Level
from tests.properties.oracle_evidence import Read
from tests.properties.stories import Story
from tests.properties.strategies import Sent
from worker.domain.contacts import Contact, Kind
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import Resolution, resolve


def more_weak_records_change_no_user(
    story: Story, whole: Resolution, read: Read, weak: Sequence[Sent]
) -> None:
    """No decision names a record that is new, so whatever people decided holds as it did."""
    strong = strong_ids(read)
    before = users(whole, strong)

    after = users(dataclasses.replace(story, history=[*story.history, *weak]).resolved(), strong)

    assert before.keys() == after.keys()
    landed = story.records
    for members, user in before.items():
        assert_same_person(user, after[members], named=any_named(members, landed))


def without_weak_identifiers_the_users_are_the_same(story: Story, whole: Resolution, read: Read) -> None:
    """The records stay, since a decision may name them; what is only claimed or observed on them goes."""
    strong = strong_ids(read)
    landed = [stripped(record, story.policy) for record in story.records]

    without = users(resolve(landed, story.policy, story.decisions), strong)

    assert users(whole, strong).keys() == without.keys()


def strong_ids(read: Read) -> set[str]:
    """Return the records that hold anything stored or verified: after trust, decisions and tokens."""
    return {
        record.id
        for record, held in zip(read.records, read.holds, strict=True)
        if any(level >= Level.STORED for level in held.values())
    }


def users(resolution: Resolution, strong: set[str]) -> dict[frozenset[str], Contact]:
    """Return the users, each by its stored and verified records."""
    return {
        frozenset(strong.intersection(each.record_ids)): each
        for each in resolution.contacts
        if each.kind is Kind.USER
    }


def any_named(members: frozenset[str], landed: Iterable[Record]) -> bool:
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
    return replace(record, sightings=kept)

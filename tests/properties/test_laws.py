"""The laws of identity (DESIGN 2.6), in memory, over random stories of records and decisions; and the rules a second time."""

from random import Random

import hypothesis.strategies as st
from hypothesis import given

from integrations.contract import Level
from tests.builders import email, version
from tests.properties import laws, laws_weak
from tests.properties.oracle import Oracle
from tests.properties.stories import Story, stories
from tests.properties.strategies import (
    ADDRESSES,
    Sent,
    folded,
    histories,
    policies,
    records,
    tried,
    weak_histories,
)
from worker.domain.contacts import decode, encode
from worker.domain.policy import Policy
from worker.domain.resolve import resolve


def oracle_of(story: Story) -> Oracle:
    return Oracle(story.records, story.policy, story.decisions)


class TestOrder:
    """Law 1: the same evidence gives the same contacts, to the byte, in whatever order it arrived."""

    @tried()
    @given(story=stories(), order=st.randoms())
    def test_every_order_of_records_and_decisions_gives_the_same_contacts_and_cases(
        self, story: Story, order: Random
    ) -> None:
        laws.order_does_not_matter(story, story.resolved(), order)

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

        assert laws.everything(resolve(records(again), policy)) == laws.everything(
            resolve(records(history), policy)
        )


class TestRules:
    """The rules of DESIGN section 2, read a second time in pairs and sentence by sentence, say the same."""

    @tried()
    @given(story=stories())
    def test_the_contacts_are_those_of_the_rules_read_in_pairs(self, story: Story) -> None:
        laws.the_rules_read_in_pairs_say_the_same(story.resolved(), oracle_of(story))

    def test_rows_whose_names_could_be_one_persons_agree_in_no_name(self) -> None:
        mail = email(ADDRESSES[0], Level.STORED)
        rows = [Sent("crm", version(name, mail, name=name)) for name in ("Ana Ruiz", "Ana Maria Ruiz")]
        story = Story(rows, Policy(), [])

        resolution = story.resolved()

        assert len(resolution.contacts) == 2
        laws.the_rules_read_in_pairs_say_the_same(resolution, oracle_of(story))


class TestIncremental:
    """Law 2: resolving what a change can reach gives what resolving everything would."""

    @tried()
    @given(story=stories(max_size=14))
    def test_the_closure_of_a_record_gives_the_contacts_that_everything_gives(self, story: Story) -> None:
        laws.the_closure_gives_what_everything_gives(story, story.resolved())


class TestNonInterference:
    """Law 3: claimed and observed evidence never changes who a user is."""

    @tried()
    @given(story=stories(), weak=weak_histories())
    def test_more_weak_records_change_no_user(self, story: Story, weak: list[Sent]) -> None:
        laws_weak.more_weak_records_change_no_user(story, story.resolved(), oracle_of(story), weak)

    @tried()
    @given(story=stories())
    def test_without_its_weak_identifiers_the_evidence_makes_the_same_users(self, story: Story) -> None:
        laws_weak.without_weak_identifiers_the_users_are_the_same(story, story.resolved(), oracle_of(story))


class TestConservation:
    """Law 5: every record, with its interactions and notes, is on exactly one contact."""

    @tried()
    @given(story=stories())
    def test_every_record_is_on_exactly_one_contact(self, story: Story) -> None:
        laws.every_record_is_on_one_contact(story, story.resolved())


class TestExclusivity:
    """Law 6: what is certainly two is never one contact, unless somebody decided so."""

    @tried()
    @given(story=stories())
    def test_no_contact_holds_two_accounts_of_one_namespace(self, story: Story) -> None:
        laws.no_contact_holds_two_accounts(story.resolved(), oracle_of(story))

    @tried()
    @given(story=stories())
    def test_no_contact_crosses_a_decision_that_people_are_different(self, story: Story) -> None:
        laws.no_contact_crosses_a_decision(story, story.resolved())


class TestProofs:
    """Law 7: every user has a proof, and whatever is together is together for a reason."""

    @tried()
    @given(story=stories())
    def test_every_user_has_a_proof_among_its_own_records(self, story: Story) -> None:
        laws.every_user_has_a_proof(story, story.resolved())

    @tried()
    @given(story=stories())
    def test_the_proofs_of_a_contact_connect_all_its_records(self, story: Story) -> None:
        laws.proofs_connect_all_records(story.resolved())


class TestDecisions:
    """What people say is evidence: said twice it is said once, and taken back it was never said."""

    @tried()
    @given(story=stories())
    def test_a_decision_said_twice_is_said_once(self, story: Story) -> None:
        laws.said_twice_is_said_once(story, story.resolved())

    @tried()
    @given(story=stories())
    def test_a_withdrawn_decision_was_never_made(self, story: Story) -> None:
        laws.a_withdrawn_decision_was_never_made(story, story.resolved())


@tried()
@given(story=stories())
def test_what_is_written_down_reads_back_the_same(story: Story) -> None:
    for contact in story.resolved().contacts:
        assert decode(encode(contact)) == contact

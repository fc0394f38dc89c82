"""DESIGN 2.2 and 5.1, "About": a record that our own platform says is about the same person as another."""

import pytest

from integrations.contract import Level
from tests.builders import P, Q, a_call, a_record, at, email, id_of, suggested, told, version
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve

CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED
E = "ana@x.es"


class TestAbout:
    """`about` joins its two records when its source is trusted verified; one without its target waits."""

    CARD = a_record("helpdesk", version("card", email(E, STORED), about=("pbx", "call")))

    def test_a_record_joins_what_it_is_about(self) -> None:
        assert told(resolve([self.CARD, a_call(P, key="call")])) == {"lead: call, card"}

    def test_it_waits_for_a_target_that_is_not_there_yet(self) -> None:
        assert told(resolve([self.CARD])) == {"lead: card"}
        assert self.CARD.about == id_of("pbx", "call")

    @pytest.mark.parametrize("trust", [CLAIMED, OBSERVED, STORED], ids=lambda each: each.value)
    def test_it_does_not_join_when_its_source_is_not_trusted_verified(self, trust: Level) -> None:
        policy = Policy(trust={"helpdesk": trust, "pbx": VERIFIED})

        assert told(resolve([self.CARD, a_call(P, key="call")], policy)) == {"lead: call", "lead: card"}

    def test_the_trust_of_the_target_does_not_matter(self) -> None:
        policy = Policy(trust={"helpdesk": VERIFIED, "pbx": OBSERVED})

        assert told(resolve([self.CARD, a_call(P, key="call")], policy)) == {"lead: call, card"}

    def test_a_record_about_itself_says_nothing(self) -> None:
        itself = a_record("helpdesk", version("card", about=("helpdesk", "card")))

        assert told(resolve([itself])) == {"lead: card"}

    def test_a_newer_version_may_be_about_another_record(self) -> None:
        card = a_record(
            "helpdesk",
            version("card", about=("pbx", "one"), updated_at=at(1)),
            version("card", about=("pbx", "other"), updated_at=at(2)),
        )

        assert told(resolve([card, a_call(P, key="one"), a_call(Q, key="other")])) == {
            "lead: card, other",
            "lead: one",
        }


class TestAboutThatIsNotCertain:
    """A source may say how sure it is. Below verified, `about` joins nobody and is a suggestion."""

    KEPT = a_record("helpdesk", version("kept", email(E, STORED)))

    @staticmethod
    def merged(level: Level) -> Record:
        """Return what is left of a contact that its vendor merged into another one."""
        return a_record(
            "helpdesk",
            version("merged", email("ana.ruiz@x.es", STORED)),
            version("merged", updated_at=at(2), deleted=True, about=("helpdesk", "kept", level)),
        )

    def test_a_vendors_merge_joins_nobody_and_is_suggested(self) -> None:
        records = [self.KEPT, self.merged(CLAIMED)]

        resolution = resolve(records)

        assert told(resolution) == {"lead: kept", "lead: merged"}
        assert suggested(resolution, records) == {"kept ~ merged"}

    @pytest.mark.parametrize("level", [OBSERVED, STORED], ids=lambda each: each.value)
    def test_nor_does_what_is_surer_and_not_proved(self, level: Level) -> None:
        records = [self.KEPT, self.merged(level)]

        resolution = resolve(records)

        assert told(resolution) == {"lead: kept", "lead: merged"}
        assert suggested(resolution, records) == {"kept ~ merged"}

    def test_what_is_verified_joins_and_suggests_nothing(self) -> None:
        records = [self.KEPT, self.merged(VERIFIED)]

        resolution = resolve(records)

        assert told(resolution) == {"lead: kept, merged"}
        assert suggested(resolution, records) == set()

    def test_a_newer_word_may_be_surer(self) -> None:
        card = a_record(
            "helpdesk",
            version("card", about=("pbx", "call", CLAIMED), updated_at=at(1)),
            version("card", about=("pbx", "call"), updated_at=at(2)),
        )

        assert told(resolve([card, a_call(P, key="call")])) == {"lead: call, card"}

    def test_a_newer_word_may_be_less_sure(self) -> None:
        card = a_record(
            "helpdesk",
            version("card", about=("pbx", "call"), updated_at=at(1)),
            version("card", about=("pbx", "call", CLAIMED), updated_at=at(2)),
        )

        assert told(resolve([card, a_call(P, key="call")])) == {"lead: call", "lead: card"}

    def test_of_two_records_about_each_other_the_surer_word_counts(self) -> None:
        one = a_record("helpdesk", version("one", about=("helpdesk", "other", CLAIMED)))
        other = a_record("helpdesk", version("other", about=("helpdesk", "one")))

        assert told(resolve([one, other])) == {"lead: one, other"}

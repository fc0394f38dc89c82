"""Tombstones: which records are of somebody who was erased, and what says so."""

import re

import pytest

from integrations.contract import Identifier, Level
from tests.builders import (
    ID_KEY,
    P,
    a_call,
    a_chat,
    a_complete_row,
    a_login,
    a_row,
    cookie,
    email,
    phone,
    version,
)
from worker.domain.decisions import Decision, ruling
from worker.domain.erasing import without
from worker.domain.evidence import Evidence
from worker.domain.mentions import patterns
from worker.domain.policy import Policy
from worker.domain.records import Key, Record, is_id, record_id
from worker.domain.tombstones import Marks, digest, marks, own_keys

E = "ana@x.es"
POLICY = Policy(trust={"shop": Level.CLAIMED}, own_numbers=frozenset({"+34900000000"}))
CLAIMED, OBSERVED, STORED, VERIFIED = Level.CLAIMED, Level.OBSERVED, Level.STORED, Level.VERIFIED


def marked(*identifiers: Identifier, source: str = "crm") -> set[str]:
    found = marks(ID_KEY, source, version("7", *identifiers).record, None, POLICY)
    return set(found.identifiers)


def digests(*keys: Key) -> set[str]:
    return {digest(ID_KEY, key) for key in keys}


class TestMarks:
    """A record is known by its id, and by what it holds stored or verified."""

    def test_its_id_is_its_tombstone(self) -> None:
        assert marks(ID_KEY, "crm", version("7").record, None, POLICY).record == record_id(ID_KEY, "crm", "7")

    def test_a_value_is_known_in_canonical_form(self) -> None:
        assert marked(email("Ana@X.es", STORED), phone("+34 612 34 56 78", VERIFIED)) == digests(
            ("email", "", E), ("phone", "", P)
        )

    def test_a_missing_level_is_stored(self) -> None:
        assert marked(Identifier(type="email", value=E)) == digests(("email", "", E))

    def test_what_a_channel_carried_or_somebody_claimed_says_nothing(self) -> None:
        assert marked(phone(P, OBSERVED), email(E, CLAIMED)) == set()

    def test_trust_caps_it(self) -> None:
        assert marked(email(E, VERIFIED), source="shop") == set()

    @pytest.mark.parametrize(
        "nothing", [email("no address", STORED), phone("+34900000000", STORED), email("info@x.es", STORED)]
    )
    def test_what_is_no_key_or_on_the_block_list_says_nothing(self, nothing: Identifier) -> None:
        assert marked(nothing, email(E, STORED)) == digests(("email", "", E))

    def test_the_digest_of_an_identifier_is_no_id(self) -> None:
        assert not is_id(digest(ID_KEY, ("email", "", E)))

    def test_another_key_gives_other_digests(self) -> None:
        assert digest(b"one", ("email", "", E)) != digest(b"other", ("email", "", E))


@pytest.mark.parametrize(
    ("identifiers", "erased", "suppressed"),
    [
        (set(), {"id"}, True),
        ({"a"}, {"id"}, True),
        ({"a", "b"}, {"a", "b"}, True),
        ({"a", "b"}, {"a"}, False),
        ({"a"}, {"b"}, False),
        (set(), {"b"}, False),
    ],
)
def test_a_record_is_suppressed_by_its_id_or_by_all_of_its_identifiers(
    identifiers: set[str], erased: set[str], *, suppressed: bool
) -> None:
    assert Marks("id", frozenset(identifiers)).suppress(erased) is suppressed


class TestOwnKeys:
    """Tombstones are set for what was nobody else's."""

    def own(self, gone: list[Record], stay: list[Record], decisions: tuple[Decision, ...] = ()) -> set[Key]:
        evidence = Evidence([*gone, *stay], Policy(), ruling(decisions))
        return own_keys(evidence, {record.id for record in gone})

    def test_what_was_stored_and_verified(self) -> None:
        gone = [a_complete_row(mail=E), a_login("ana", cookie("ck"))]

        assert self.own(gone, []) == {
            ("email", "", E),
            ("phone", "", P),
            ("account", "app", "ana"),
            ("device", "site", "ck"),
        }

    def test_no_line_and_no_claim(self) -> None:
        assert self.own([a_call(P), a_chat(email(E, CLAIMED))], []) == set()

    def test_nothing_that_others_hold_stored(self) -> None:
        gone = [a_row(name="Ana Ruiz", mail=E, number=P)]

        assert self.own(gone, [a_row(name="Leo Ruiz", number=P)]) == {("email", "", E)}

    def test_what_others_were_called_from_or_claimed(self) -> None:
        gone = [a_row(name="Ana Ruiz", mail=E, number=P)]

        assert len(self.own(gone, [a_call(P), a_chat(email(E, CLAIMED))])) == 2

    def test_nothing_that_is_common(self) -> None:
        assert self.own([a_row(mail="info@x.es"), a_row(mail=E)], []) == {("email", "", E)}

    def test_nothing_that_is_contested(self) -> None:
        gone = [a_login("ana", cookie("kiosk")), a_login("leo", cookie("kiosk"))]

        assert self.own(gone, []) == {("account", "app", "ana"), ("account", "app", "leo")}

    def test_nothing_of_a_conversion_that_was_withdrawn(self) -> None:
        call, proof = a_call(), a_chat(email(E, VERIFIED))
        withdrawn = Decision(
            id="d",
            kind="convert",
            at=call.occurred_at,
            author="",
            sides=((call.id,), (proof.id,)),
            withdrawn_at=call.occurred_at,
        )

        assert self.own([call, proof], [], (withdrawn,)) == set()


@pytest.mark.parametrize("kind", ["convert", "void"])
def test_a_decision_about_a_proof_goes_with_it(kind: str) -> None:
    at = a_call().occurred_at
    said = Decision(id="d", kind=kind, at=at, author="eva", sides=(("a",), ("b",)))  # type: ignore[arg-type]  # the two kinds

    assert without(said, {"a"}) is None


class TestMentions:
    """Where a text names somebody, whatever its form."""

    def named(self, text: str, *words: str, numbers: tuple[str, ...] = ()) -> bool:
        return any(re.search(each, text, re.IGNORECASE) for each in patterns(words, numbers))

    @pytest.mark.parametrize("text", ["a,ana@x.es,b", '"ANA@X.ES"', "mail=ana@x.es;", "Ana@x.es"])
    def test_an_address_in_any_case(self, text: str) -> None:
        assert self.named(text, E)

    @pytest.mark.parametrize("text", ["joana@x.es", "ana@x.est", "ana@xxes"])
    def test_no_part_of_another_one(self, text: str) -> None:
        assert not self.named(text, E)

    @pytest.mark.parametrize("text", ["612345678", "(+34) 612 34 56 78", "0034-612-345-678", "34612345678"])
    def test_a_number_in_any_groups(self, text: str) -> None:
        assert self.named(text, numbers=(P,))

    @pytest.mark.parametrize("text", ["6123456789", "1612345678", "612 34 56 79"])
    def test_no_other_number(self, text: str) -> None:
        assert not self.named(text, numbers=(P,))

    def test_a_short_key_only_in_quotes(self) -> None:
        assert self.named('{"id": "7"}', "7")
        assert not self.named('{"id": "17", "visits": 7}', "7")

    def test_a_text_as_json_writes_it(self) -> None:
        assert self.named('{"handle": "@jos\\u00e9.ruiz"}', "@josé.ruiz")

    def test_a_number_with_an_extension_only_as_it_is(self) -> None:
        assert patterns([], ["+34612345678;ext=12"]) == []

    def test_what_is_no_number_for_itself(self) -> None:
        assert self.named("call 12345", numbers=("12345",))

    def test_blanks_name_nobody(self) -> None:
        assert patterns([" ", ""]) == []

    def test_many_words_make_several_patterns(self) -> None:
        assert len(patterns([f"word-{each}" for each in range(250)])) == 3

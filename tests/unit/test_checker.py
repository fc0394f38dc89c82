"""The checker objects to what does not hold of a contact, by rule and place; and accepts what does."""

import ast
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import worker.checker
from integrations.contract import Level
from tests.builders import (
    P,
    Q,
    a_call,
    a_code,
    a_complete_row,
    a_login,
    a_row,
    at,
    email,
    phone,
)
from worker.checker import BROKEN, Fault, check
from worker.domain.contacts import Contact, Kind, RecordKey
from worker.domain.decisions import Decision, DecisionKind
from worker.domain.proofs import RULES, Reason
from worker.domain.records import Record
from worker.domain.resolve import resolve

ANA = email("ana@x.es", Level.VERIFIED)


def said(kind: DecisionKind, *sides: Sequence[Record], on: float = 9, **fields: Any) -> Decision:
    ids = tuple(tuple(record.id for record in side) for side in sides)
    return Decision(id=f"{kind}-{on}", kind=kind, at=at(on), author="eva", sides=ids, **fields)


def contacts_of(records: Iterable[Record], decisions: Iterable[Decision] = ()) -> list[Contact]:
    return list(resolve(records, None, decisions).contacts)


def with_record(contact: Contact, record: Record) -> Contact:
    """Put a record on a contact, with nothing to show for it."""
    return changed(
        contact,
        record_ids=(*contact.record_ids, record.id),
        records=(*contact.records, RecordKey(record.source, record.key)),
    )


def changed(contact: Contact, **fields: Any) -> Contact:
    return msgspec.structs.replace(contact, **fields)


def places(faults: Iterable[Fault]) -> set[tuple[str, str]]:
    """Say at which contacts which rules do not hold."""
    return {(fault.contact, fault.rule) for fault in faults}


def joined(rule: str) -> tuple[list[Record], list[Decision]]:
    """Return two records that one rule joins."""
    call, other = a_call(on=0), a_call(Q, on=1)
    pairs: dict[str, tuple[list[Record], list[Decision]]] = {
        "verified-stored": ([a_login("u-1", ANA), a_row(mail="ana@x.es", on=1)], []),
        "verified": ([a_login("u-1"), a_login("u-1", on=1)], []),
        "account": ([a_row(customer="c-1"), a_row(customer="c-1", on=1)], []),
        "about": ([call, a_code(ANA, about=call, line=None)], []),
        "decided": ([call, other], [said("same", [call], [other])]),
        "corroborated": (
            [a_row(name="Ana Ruiz", mail="ana@x.es"), a_row(name="Ana Ruiz", mail="ana@x.es", on=1)],
            [],
        ),
        "history": ([call, a_login("u-1", phone(P, Level.VERIFIED), on=1)], []),
        "line": ([call, a_call(on=1)], []),
    }
    return pairs[rule]


class TestEveryRule:
    """Each rule that joins is accepted where it holds, and objected to where its evidence is gone."""

    @pytest.mark.parametrize("rule", RULES)
    def test_a_proof_that_holds_is_accepted(self, rule: str) -> None:
        records, decisions = joined(rule)

        (contact,) = contacts_of(records, decisions)

        assert rule in {proof.rule for proof in contact.proofs}
        assert check([contact], records, decisions) == []

    @pytest.mark.parametrize("rule", RULES)
    def test_a_proof_whose_evidence_is_gone_is_not(self, rule: str) -> None:
        records, decisions = joined(rule)
        (contact,) = contacts_of(records, decisions)
        emptied = [msgspec.structs.replace(each, sightings=(), about="") for each in records]

        faults = check([contact], emptied, ())

        assert (contact.id, rule) in places(faults)

    @pytest.mark.parametrize("rule", RULES)
    def test_a_contact_without_the_proof_is_not(self, rule: str) -> None:
        records, decisions = joined(rule)
        (contact,) = contacts_of(records, decisions)
        bare = changed(contact, proofs=tuple(proof for proof in contact.proofs if proof.rule != rule))

        faults = check([bare], records, decisions)

        assert [(each.contact, each.rule, each.records) for each in faults] == [
            (contact.id, "connected", (contact.record_ids[1],))
        ]

    @pytest.mark.parametrize("rule", RULES)
    def test_a_proof_given_twice_is_not(self, rule: str) -> None:
        records, decisions = joined(rule)
        (contact,) = contacts_of(records, decisions)
        (proof,) = (each for each in contact.proofs if each.rule == rule)

        faults = check([changed(contact, proofs=(*contact.proofs, proof))], records, decisions)

        assert places(faults) == {(contact.id, "smallest")}

    @pytest.mark.parametrize("name", [*RULES, "most-recent-wins"])
    @pytest.mark.parametrize("rule", RULES)
    def test_a_proof_under_the_name_of_another_rule_is_not(self, rule: str, name: str) -> None:
        records, decisions = joined(rule)
        (contact,) = contacts_of(records, decisions)
        renamed = tuple(
            msgspec.structs.replace(each, rule=name) if each.rule == rule else each for each in contact.proofs
        )

        faults = check([changed(contact, proofs=renamed)], records, decisions)

        assert places(faults) == (set() if name == rule else {(contact.id, name)})

    @pytest.mark.parametrize("rule", RULES)
    def test_a_proof_of_one_record_or_of_a_strangers_joins_nothing(self, rule: str) -> None:
        records, decisions = joined(rule)
        stranger = a_call(None, on=5)
        *others, contact = sorted(
            contacts_of([*records, stranger], decisions), key=lambda each: len(each.record_ids)
        )
        for evidence in ((records[0].id,), (records[0].id, stranger.id)):
            spoiled = tuple(
                msgspec.structs.replace(each, evidence=evidence) if each.rule == rule else each
                for each in contact.proofs
            )

            faults = check([*others, changed(contact, proofs=spoiled)], [*records, stranger], decisions)

            assert (contact.id, rule) in places(faults)


class TestUsers:
    """A user has one proof, the earliest, on one record that bears it; a lead has none."""

    def user(self) -> tuple[Contact, list[Record]]:
        records = [a_login("u-1", on=1), a_login("u-1", on=2)]
        (contact,) = contacts_of(records)
        return contact, records

    def test_a_lead_that_is_called_a_user_is_objected_to(self) -> None:
        call = a_call()
        (lead,) = contacts_of([call])
        proof = Reason("verified-user", (call.id,), (("phone", "", P),))

        faults = check([changed(lead, kind=Kind.USER, converted_at=at(0), proofs=(proof,))], [call])

        assert places(faults) == {(lead.id, "kind"), (lead.id, "converted_at"), (lead.id, "verified-user")}

    def test_a_user_that_is_called_a_lead_is_objected_to(self) -> None:
        contact, records = self.user()

        faults = check([changed(contact, kind=Kind.LEAD, converted_at=None)], records)

        assert places(faults) == {(contact.id, "kind"), (contact.id, "converted_at")}

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"converted_at": at(2)}, "converted_at"),
            ({"converted_at": None}, "converted_at"),
            ({"id": "0" * 24}, "founding record"),
        ],
    )
    def test_a_user_is_known_by_the_first_proof_and_dated_by_it(
        self, fields: dict[str, Any], rule: str
    ) -> None:
        contact, records = self.user()

        faults = check([changed(contact, **fields)], records)

        assert places(faults) == {(fields.get("id", contact.id), rule)}

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda contact, proof: msgspec.structs.replace(proof, evidence=(contact.record_ids[1],)),
            lambda contact, proof: msgspec.structs.replace(proof, evidence=contact.record_ids),
            lambda _contact, proof: msgspec.structs.replace(proof, evidence=("0" * 24,)),
            lambda _contact, proof: msgspec.structs.replace(proof, keys=(("account", "app", "u-2"),)),
            lambda _contact, proof: msgspec.structs.replace(proof, keys=()),
        ],
        ids=["a later record", "more than one record", "a stranger's record", "another identifier", "none"],
    )
    def test_the_proof_of_a_user_is_the_smallest_and_the_earliest(
        self, spoil: Callable[[Contact, Reason], Reason]
    ) -> None:
        contact, records = self.user()
        of_user, *rest = contact.proofs

        faults = check([changed(contact, proofs=(spoil(contact, of_user), *rest))], records)

        assert places(faults) == {(contact.id, "verified-user")}

    def test_two_proofs_of_a_user_are_one_too_many(self) -> None:
        contact, records = self.user()

        faults = check([changed(contact, proofs=(contact.proofs[0], *contact.proofs))], records)

        assert places(faults) == {(contact.id, "kind")}

    @pytest.mark.parametrize(
        "part",
        [
            a_row(name="Ana Ruiz", mail="ana@x.es", key="row"),
            a_row(name="Ana Ruiz", number=P, key="row"),
            a_row(mail="ana@x.es", number=P, key="row"),
        ],
        ids=["no phone", "no e-mail", "no name"],
    )
    def test_details_that_are_not_complete_prove_nobody(self, part: Record) -> None:
        (contact,) = contacts_of([a_complete_row(key="row")])

        faults = check([contact], [part])

        assert places(faults) == {
            (contact.id, "kind"),
            (contact.id, "converted_at"),
            (contact.id, "complete-user"),
        }


class TestContacts:
    """Whatever its proofs say, a contact is whole, and nobody's but its own."""

    def test_a_record_that_was_moved_is_missed_and_is_out_of_place(self) -> None:
        records = [a_call(on=0, key="a"), a_call(on=1, key="b"), a_call(Q, on=2, key="c")]
        line, other = contacts_of(records)
        if len(line.record_ids) == 1:
            line, other = other, line
        left = changed(line, record_ids=line.record_ids[:1], records=line.records[:1])

        faults = check([left, with_record(other, records[1])], records)

        assert places(faults) >= {(line.id, "line"), (other.id, "connected")}

    def test_a_record_in_no_contact_is_missed(self) -> None:
        call = a_call()

        assert check([], [call]) == [Fault("", "one contact", "is in no contact", (call.id,))]

    def test_a_record_in_two_contacts_is_one_too_many(self) -> None:
        records = [a_call(P, on=0), a_call(Q, on=1)]
        one, other = contacts_of(records)

        faults = check([one, with_record(other, next(r for r in records if r.id == one.id))], records)

        assert (other.id, "one contact") in places(faults)

    def test_a_record_that_nobody_delivered_is_objected_to(self) -> None:
        call, gone = a_call(), a_call()
        (contact,) = contacts_of([call, gone])

        assert (contact.id, "one contact") in places(check([contact], [call]))

    def test_a_contact_that_is_there_twice_is_objected_to(self) -> None:
        call = a_call()
        (contact,) = contacts_of([call])

        assert (contact.id, "one contact") in places(check([contact, contact], [call]))

    def test_a_contact_that_names_other_records_than_it_holds_is_objected_to(self) -> None:
        call = a_call()
        (contact,) = contacts_of([call])

        faults = check([changed(contact, records=(RecordKey("pbx", "other"),))], [call])

        assert places(faults) == {(contact.id, "one contact")}

    def test_two_accounts_of_one_namespace_on_a_contact_are_objected_to(self) -> None:
        call = a_call(Q)
        one, other = a_login("u-1"), a_login("u-2", on=1)
        decisions = [said("same", [one], [call], on=8), said("same", [call], [other])]
        (contact,) = contacts_of([call, one, other], decisions)
        of_one = [decision for decision in decisions if decision.id == "same-8"]

        faults = check([contact], [call, one, other], of_one)

        assert check([contact], [call, one, other], decisions) == []
        assert places(faults) == {(contact.id, "decided"), (contact.id, "one account")}

    def test_a_decision_that_they_are_different_is_not_crossed(self) -> None:
        records = [a_call(on=0), a_call(on=1)]
        (contact,) = contacts_of(records)
        decision = said("different", records[:1], records[1:])

        faults = check([contact], records, [decision])

        assert [(each.contact, each.rule, each.what) for each in faults] == [
            (contact.id, "different", "crosses the decision different-9")
        ]

    def test_the_later_sessions_of_an_account_are_on_its_side_of_a_decision(self) -> None:
        first, later, call = a_login("u-1"), a_login("u-1", phone(P, Level.VERIFIED), on=2), a_call(on=1)
        (contact,) = contacts_of([first, later, call])

        faults = check([contact], [first, later, call], [said("different", [first], [call])])

        assert places(faults) == {(contact.id, "different")}

    def test_evidence_of_a_conversion_that_was_withdrawn_is_on_no_contact(self) -> None:
        call = a_call()
        code = a_code(ANA, about=call)
        (contact,) = contacts_of([call, code])

        faults = check([contact], [call, code], [said("convert", [call], [code], withdrawn_at=at(10))])

        assert places(faults) == {(contact.id, "one contact")}


def test_every_name_of_what_is_broken_is_explained() -> None:
    assert {
        "one contact",
        "founding record",
        "kind",
        "converted_at",
        "connected",
        "smallest",
    } <= BROKEN.keys()


def test_the_checker_takes_data_and_forms_of_values_from_the_domain_and_no_rule() -> None:
    taken = {
        f"{node.module}.{name.name}"
        for path in Path(worker.checker.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("worker.domain")
        for name in node.names
    }

    assert taken == {
        "worker.domain.blocklist",
        "worker.domain.names",
        "worker.domain.contacts.Contact",
        "worker.domain.contacts.Kind",
        "worker.domain.decisions.Decision",
        "worker.domain.policy.Policy",
        "worker.domain.proofs.Reason",
        "worker.domain.records.Key",
        "worker.domain.records.Record",
        "worker.domain.records.Sighting",
    }

"""`check`: what is stored, held against the rules by somebody who did not make it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from worker.checker.cases import Case, faults_of
from worker.checker.facts import Facts
from worker.checker.faults import Fault
from worker.checker.in_force import in_force
from worker.checker.joins import CHECKS
from worker.checker.sets import Sets
from worker.checker.users import USER_RULES, faults_of_kind
from worker.checker.whole import Scene, Whole
from worker.domain.contacts import Contact
from worker.domain.decisions import Decision
from worker.domain.policy import Policy
from worker.domain.proofs import Reason
from worker.domain.records import Record

Progress = Callable[[int], None]
"""Takes how many contacts are checked."""


def check(
    contacts: Iterable[Contact],
    records: Iterable[Record],
    decisions: Iterable[Decision] = (),
    policy: Policy | None = None,
    cases: Iterable[Case] = (),
    progress: Progress = lambda _done: None,
) -> list[Fault]:
    """Return what of `contacts`, their proofs and `cases` does not follow from the evidence.

    It takes each proof as a claim and looks whether the evidence bears it out. It does not ask whether more could
    have been joined: a rebuild compares that. The time grows linearly with the evidence; about two seconds for 20,000
    records, all of which it holds in memory.
    """
    contacts = list(contacts)
    facts = Facts(records, policy or Policy(), in_force(decisions))
    found = _of_membership(contacts, facts.records)
    sound = [each for each in contacts if each.record_ids and facts.records.keys() >= set(each.record_ids)]
    scene = Scene(facts, sound)
    for done, whole in enumerate(scene.wholes.values(), start=1):
        found.extend(_of_contact(scene, whole))
        progress(done)
    for case in cases:
        found.extend(faults_of(case, facts, scene.aside))
    return found


def _of_membership(contacts: Iterable[Contact], records: Mapping[str, Record]) -> list[Fault]:
    """Check that every record is in exactly one contact, and every contact of records that are there."""
    found = []
    seen: set[str] = set()
    ids: set[str] = set()
    rule = "one contact"
    for contact in contacts:
        if contact.id in ids:
            found.append(Fault(contact.id, rule, "has the id of another contact"))
        ids.add(contact.id)
        for each in contact.record_ids:
            if each not in records:
                what = "holds a record that is not there, or counts for nothing"
                found.append(Fault(contact.id, rule, what, (each,)))
            elif each in seen:
                found.append(Fault(contact.id, rule, "holds a record for a second time", (each,)))
            seen.add(each)
        held = [records[each] for each in contact.record_ids if each in records]
        if not held or sorted((each.source, each.key) for each in held) != sorted(contact.records):
            found.append(Fault(contact.id, rule, "lists other records than it holds"))
    missing = sorted(records.keys() - seen)
    return [*found, *(Fault("", rule, "is in no contact", (each,)) for each in missing)]


def _of_contact(scene: Scene, whole: Whole) -> Iterator[Fault]:
    yield from faults_of_kind(scene, whole)
    joining = [each for each in whole.contact.proofs if each.rule not in USER_RULES]
    for proof in joining:
        wrong = _of_join(scene, whole, proof)
        if wrong is not None:
            yield Fault(whole.contact.id, proof.rule, wrong, proof.evidence)
    yield from _of_connection(whole, joining)
    yield from _of_exclusion(scene, whole)


def _of_join(scene: Scene, whole: Whole, proof: Reason) -> str | None:
    """Return what is wrong with a proof that joins records, if anything."""
    if not whole.members.issuperset(proof.evidence):
        return "names a record that is not on the contact"
    if len(set(proof.evidence)) < 2:  # noqa: PLR2004 - two records at least
        return "joins no two records"
    check_of_rule = CHECKS.get(proof.rule)
    return "is by no known rule" if check_of_rule is None else check_of_rule(scene, whole, proof)


def _of_connection(whole: Whole, joining: Iterable[Reason]) -> Iterator[Fault]:
    """Check that the proofs connect all records, and that none of it is superfluous.

    Where each record of each proof connects something that nothing else does, leaving out any proof, or any
    record of one, disconnects the contact.
    """
    together: Sets[str] = Sets()
    for proof in joining:
        if not together.unite(proof.evidence):
            what = "joins records that the other proofs join already"
            yield Fault(whole.contact.id, "smallest", what, proof.evidence)
    founding = together.of(whole.contact.record_ids[0])
    loose = tuple(each for each in whole.contact.record_ids if together.of(each) != founding)
    if loose:
        yield Fault(whole.contact.id, "connected", "holds records that its proofs do not join", loose)


def _of_exclusion(scene: Scene, whole: Whole) -> Iterator[Fault]:
    """Check that no two accounts of a namespace meet, and nobody who was told apart."""
    held: dict[str, set[str]] = {}
    for each in whole.members:
        for namespace, value in scene.facts.accounts(each):
            held.setdefault(namespace, set()).add(value)
    for _ in (values for values in held.values() if len(values) > 1):
        yield Fault(whole.contact.id, "one account", "holds two accounts of one namespace")
    for decision in whole.crossed:
        yield Fault(whole.contact.id, "different", f"crosses the decision {decision}")

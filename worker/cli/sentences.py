"""Why a contact is what it is, in sentences that a support agent understands: a table from rule to words."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations.contract import Level
from worker.cli.lookup.remarks import Remarks, kept_apart_json
from worker.cli.show import count, day, who
from worker.cli.words import NOUNS, because, begun, happened, named, record_name, written
from worker.domain.contacts import Kind
from worker.domain.decisions import Decision
from worker.domain.evidence import Key
from worker.domain.export import moment
from worker.domain.proofs import Reason
from worker.domain.records import Record, Sighting
from worker.jobs import convert
from worker.jobs.people import Explained


class Teller:
    """Tells about one contact."""

    def __init__(self, explained: Explained) -> None:
        """Know the contact and its records."""
        self.contact = explained.profile.contact
        self.conflicts = explained.profile.conflicts
        self.changes = explained.changes
        self.around = explained.around
        self.by_id = explained.around.by_id
        self.decisions = explained.around.decisions

    def sentences(self) -> list[str]:
        """Return why the contact is a user or a lead, why its records are together, and what joins nobody."""
        proofs = list(self.contact.proofs)
        if self.contact.kind is Kind.USER:
            told = [self._because(proofs)]
        else:
            known = self.contact.name or f"Whoever uses {who(self.contact)}"
            told = [f"{known} is a lead: nothing proves who this is."]
        told += (SENTENCES[reason.rule](self, reason) for reason in proofs)
        if len(self.contact.records) == 1:
            told.append(f"One record is all there is: {self.named([self.contact.record_ids[0]])}.")
        return told + Remarks(self.contact, self.conflicts, self.around).sentences()

    def _because(self, proofs: list[Reason]) -> str:
        """Say why the contact is a user; what is said with it is taken out of `proofs`.

        Where the books hold just what was proved, one sentence says both.
        """
        user = proofs.pop(0)
        said = SENTENCES[user.rule](self, user)
        for place, reason in enumerate(proofs):
            if reason.rule == "verified-stored" and reason.keys == user.keys:
                rows = [each for each in reason.evidence if each not in user.evidence]
                if rows and set(self.holders(reason, Level.VERIFIED)) == set(user.evidence):
                    del proofs[place]
                    return f"{said[:-1]}; {_hold(self, rows, user.keys[0])}."
        return said

    def history(self) -> list[str]:
        """Return what happened to the contact, oldest first."""
        return [f"{day(row.at)}, change {row.number}: {happened(row)}." for row in self.changes]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for JSON, with the proofs that the sentences are made of."""
        proofs = [
            {
                "rule": each.rule,
                "evidence": each.evidence,
                "keys": each.keys,
                **({"decision": each.decision} if each.decision else {}),
            }
            for each in self.contact.proofs
        ]
        return {
            "id": self.contact.id,
            "kind": self.contact.kind.value,
            "name": self.contact.name,
            "sentences": self.sentences(),
            "proofs": proofs,
            "kept_apart": [kept_apart_json(each) for each in self.around.apart],
            "unproved": [each._asdict() for each in self.around.unproved],
            "conflicts": [case.case for case in self.conflicts],
            "policy": self.around.policy.version if self.around.policy else None,
            "history": [
                {"at": moment(row.at), "change": row.number, "what": happened(row)} for row in self.changes
            ],
        }

    def named(self, record_ids: Iterable[str]) -> str:
        """Name records by source and key: "chat v1 and crm 12"."""
        return named(record_ids, self.by_id)

    def sighting(self, record_id: str, key: Key, level: Level) -> Sighting | None:
        """Return how an identifier stands on a record at one level."""
        record = self.by_id.get(record_id)
        return next((each for each in record.sightings if _is(each, key, level)), None) if record else None

    def holders(self, reason: Reason, level: Level) -> list[str]:
        """Return the records of a proof that hold its identifier at `level`."""
        return [each for each in reason.evidence if self.sighting(each, reason.keys[0], level)]

    def taken_by(self, record_id: str) -> Decision | None:
        """Return the decision by which a proof that was given here was taken."""
        return next(
            (
                each
                for each in self.decisions.values()
                if each.kind == "convert" and each.withdrawn_at is None and record_id in each.sides[1]
            ),
            None,
        )


def _is(sighting: Sighting, key: Key, level: Level) -> bool:
    return (sighting.type, sighting.namespace, sighting.value) == key and sighting.level is level


_PROVED: Mapping[str, Mapping[str, str]] = {
    "account": {
        "session": "they signed in with {value}",
        "jwt": "they came with a signed identity (JWT) of {value}",
        "hmac": "they came with a signed identity (HMAC) of {value}",
        "": "they proved that {value} is theirs",
    },
    "device": {"": "{value} was recognised by its cookie"},
    "": {
        "otp": "they confirmed {value} by a one-time code",
        "link": "they confirmed {value} by a link that was sent there",
        "agent": "an agent confirmed {value}, and answers for it",
        "": "they confirmed {value}",
    },
}
"""How somebody proved an identifier, by type and method."""


def _verified_user(teller: Teller, reason: Reason) -> str:
    return f"{who(teller.contact)} is a user because {_how(teller, reason.evidence[0], reason.keys[0])}."


def _how(teller: Teller, record_id: str, key: Key) -> str:
    """Say when, how and where an identifier was proved."""
    seen = teller.sighting(record_id, key, Level.VERIFIED)
    when = f"on {day(seen.first_at)} " if seen else ""
    ways = _PROVED.get(key[0], _PROVED[""])
    method = seen.method if seen else ""
    how = (ways.get(method) or _PROVED[""].get(method) or ways[""]).format(value=written(key))
    return f"{when}{how} ({_source(teller, record_id)})"


def _complete_user(teller: Teller, reason: Reason) -> str:
    where = _source(teller, reason.evidence[0])
    return f"{who(teller.contact)} is a user because the books hold complete details ({where})."


def _source(teller: Teller, record_id: str) -> str:
    """Name the record of a proof; of one that was given here, who took it."""
    record = teller.by_id.get(record_id)
    if record is None:
        return "a record of another contact by now"
    if record.source != convert.SOURCE:
        return record_name(record)
    taken = teller.taken_by(record_id)
    return _taken(taken) if taken and taken.author else "the proof was given here"


def _taken(decision: Decision) -> str:
    reason = f": \u201c{decision.reason}\u201d" if decision.reason else ""
    return f"{decision.author} took the proof{reason}"


def _verified_stored(teller: Teller, reason: Reason) -> str:
    key = reason.keys[0]
    proved = teller.holders(reason, Level.VERIFIED)
    rows = [each for each in reason.evidence if each not in proved]
    if not proved or not rows:
        return f"{_same(teller, reason)}: {written(key)} was proved, and the books hold it."
    several = f"{written(key)} was proved on {teller.named(proved)}"
    how = several if len(proved) > 1 else _how(teller, proved[0], key)
    return f"{_same(teller, reason)}: {how}; {_hold(teller, rows, key)}."


def _hold(teller: Teller, rows: list[str], key: Key) -> str:
    hold = "holds" if len(rows) == 1 else "hold"
    return f"in the books, {teller.named(rows)} {hold} the same {NOUNS[key[0]]}"


def _verified(teller: Teller, reason: Reason) -> str:
    return f"{_same(teller, reason)}: {written(reason.keys[0])} was proved on each of them."


def _account(teller: Teller, reason: Reason) -> str:
    return f"{_same(teller, reason)}: the books hold {written(reason.keys[0])} on each of them."


def _about(teller: Teller, reason: Reason) -> str:
    about = {
        each: record.about
        for each in reason.evidence
        if (record := teller.by_id.get(each)) and record.about_level is Level.VERIFIED
    }
    told = [each for each in reason.evidence if about.get(each) in reason.evidence]
    of = [each for each in reason.evidence if each not in told]
    if not told or not of:
        return f"{_same(teller, reason)}: our own platform states it."
    if all(teller.by_id[each].source == convert.SOURCE for each in told):
        return f"{begun(teller.named(told))} was given for {teller.named(of)}."
    return f"{_same(teller, reason)}: {teller.named(told)} was recorded about {teller.named(of)}."


def _decided(teller: Teller, reason: Reason) -> str:
    decision = teller.decisions.get(reason.decision)
    if decision is None:
        return f"{_same(teller, reason)}: a person decided so (decision {reason.decision})."
    said = f"{decision.author or 'somebody'} decided so on {day(decision.at)}{because(decision.reason)}"
    return f"{_same(teller, reason)}: {said}."


def _corroborated(teller: Teller, reason: Reason) -> str:
    agreeing = [_DETAILS[key[0]] for key in reason.keys]
    if len(agreeing) == 1:
        agreeing.append("full name")
    return f"{_same(teller, reason)}: in the books, {' and '.join(agreeing)} agree and nothing contradicts."


_DETAILS = {"email": "e-mail", "phone": "phone"}


def _history(teller: Teller, reason: Reason) -> str:
    earlier = [each for each in reason.evidence if not _proves(teller.by_id.get(each))]
    bound = [each for each in reason.evidence if each not in earlier]
    line = written(reason.keys[0])
    proof = f", the line on which {teller.named(bound)} stands" if bound and earlier else ""
    they = "it" if len(earlier or reason.evidence) == 1 else "they"
    return (
        f"{begun(teller.named(earlier or reason.evidence))} came along: {they} came over {line}{proof}, "
        "no later than the proof; no other user has that line."
    )


def _proves(record: Record | None) -> bool:
    return record is not None and any(each.level >= Level.STORED for each in record.sightings)


def _line(teller: Teller, reason: Reason) -> str:
    return (
        f"{count(len(reason.evidence), 'record')} came over one line, {written(reason.keys[0])}:"
        f" {teller.named(reason.evidence)}. They are shown as whoever uses it."
    )


def _same(teller: Teller, reason: Reason) -> str:
    return f"{begun(teller.named(reason.evidence))} are one person"


SENTENCES: Mapping[str, Callable[[Teller, Reason], str]] = {
    "verified-user": _verified_user,
    "complete-user": _complete_user,
    "verified-stored": _verified_stored,
    "verified": _verified,
    "account": _account,
    "about": _about,
    "decided": _decided,
    "corroborated": _corroborated,
    "history": _history,
    "line": _line,
}
"""The sentence of every rule there is."""

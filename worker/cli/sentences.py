"""Why a contact is what it is, in sentences that a support agent understands: a table from rule to words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from integrations.contract import Level
from worker.cli.show import count, day, value, who
from worker.domain.changes import Change
from worker.domain.conflicts import Conflict
from worker.domain.contacts import Held, Kind
from worker.domain.evidence import Key
from worker.domain.export import moment
from worker.domain.proofs import Reason
from worker.domain.records import Record, Sighting
from worker.jobs import convert
from worker.jobs.people import Explained

_NAMED = 3
"""Records that a sentence names; further ones are counted."""


class Teller:
    """Tells about one contact."""

    def __init__(self, explained: Explained) -> None:
        """Know the contact and its records."""
        self.contact = explained.profile.contact
        self.conflicts = explained.profile.conflicts
        self.changes = explained.changes
        self.by_id = explained.by_id

    def sentences(self) -> list[str]:
        """Return why the contact is a user or a lead, why its records are together, and what joins nobody."""
        told = [SENTENCES[reason.rule](self, reason) for reason in self.contact.proofs]
        if self.contact.kind is Kind.LEAD:
            known = self.contact.name or f"Whoever uses {who(self.contact)}"
            told.insert(0, f"{known} is a lead: nothing proves who this is.")
        if len(self.contact.records) == 1:
            told.append(f"One record is all there is: {self.named([self.contact.record_ids[0]])}.")
        return told + [conflict(case) for case in self.conflicts]

    def history(self) -> list[tuple[datetime, str]]:
        """Return what happened to the contact, oldest first."""
        return [(row.at, happened(row.change)) for row in self.changes]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for JSON, with the proofs that the sentences are made of."""
        proofs = [
            {"rule": each.rule, "evidence": each.evidence, "keys": each.keys} for each in self.contact.proofs
        ]
        return {
            "id": self.contact.id,
            "kind": self.contact.kind.value,
            "name": self.contact.name,
            "sentences": self.sentences(),
            "proofs": proofs,
            "history": [{"at": moment(at), "what": what} for at, what in self.history()],
        }

    def named(self, record_ids: Iterable[str]) -> str:
        """Name records by source and key: "chat v1 and crm 12"."""
        names = [_named(self.by_id.get(record_id)) or record_id for record_id in record_ids]
        more = len(names) - _NAMED
        if more > 1:
            names = [*names[:_NAMED], f"{more:,} more"]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

    def sighting(self, record_id: str, key: Key, level: Level) -> Sighting | None:
        """Return how an identifier stands on a record at one level."""
        record = self.by_id.get(record_id)
        return next((each for each in record.sightings if _is(each, key, level)), None) if record else None

    def holders(self, reason: Reason, level: Level) -> list[str]:
        """Return the records of a proof that hold its identifier at `level`."""
        return [each for each in reason.evidence if self.sighting(each, reason.keys[0], level)]


def _named(record: Record | None) -> str:
    if record is None:
        return ""
    given_here = record.source == convert.SOURCE
    return f"the proof of {day(record.occurred_at)}" if given_here else f"{record.source} {record.key}"


def _is(sighting: Sighting, key: Key, level: Level) -> bool:
    return (sighting.type, sighting.namespace, sighting.value) == key and sighting.level is level


def written(key: Key) -> str:
    """Write an identifier with its type where that does not show."""
    type_, namespace, text = key
    shown = value(Held(type_, text, Level.CLAIMED, namespace))
    return f"{_TYPES[type_]} {shown}" if type_ in _TYPES else shown


_TYPES = {"account": "the account", "device": "the browser", "handle": "the handle"}

_PROVED = {"device": "was recognised", "account": "was proved"}
"""How a verified identifier of a type is said; the others were confirmed."""

_METHODS = {
    "otp": " by a one-time code",
    "link": " by a link that was sent there",
    "session": " by signing in",
    "jwt": " by a signed identity (JWT)",
    "hmac": " by a signed identity (HMAC)",
    "cookie": " by its cookie",
    "agent": " by an agent, who answers for it",
}


def _verified_user(teller: Teller, reason: Reason) -> str:
    (record_id, *_), (key, *_) = reason.evidence, reason.keys
    seen = teller.sighting(record_id, key, Level.VERIFIED)
    when = f"on {day(seen.first_at)} " if seen else ""
    how = _METHODS.get(seen.method, "") if seen else ""
    what = f"{written(key)} {_PROVED.get(key[0], 'was confirmed')}{how}"
    where = _source(teller.by_id.get(record_id))
    return f"{who(teller.contact)} is a user because {when}{what} ({where})."


def _complete_user(teller: Teller, reason: Reason) -> str:
    record = teller.by_id.get(reason.evidence[0])
    return f"{who(teller.contact)} is a user because the books hold complete details ({_source(record)})."


def _source(record: Record | None) -> str:
    return f"{record.source}, record {record.key}" if record else "a record of another contact by now"


def _verified_stored(teller: Teller, reason: Reason) -> str:
    proved = teller.holders(reason, Level.VERIFIED)
    rows = [each for each in reason.evidence if each not in proved]
    if not proved or not rows:
        return f"{_same(teller, reason)}: {written(reason.keys[0])} was proved, and the books hold it."
    return (
        f"{_same(teller, reason)}: {written(reason.keys[0])} was proved on {teller.named(proved)},"
        f" and the books hold it on {teller.named(rows)}."
    )


def _verified(teller: Teller, reason: Reason) -> str:
    return f"{_same(teller, reason)}: {written(reason.keys[0])} was proved on each of them."


def _account(teller: Teller, reason: Reason) -> str:
    return f"{_same(teller, reason)}: the books hold {written(reason.keys[0])} on each of them."


def _about(teller: Teller, reason: Reason) -> str:
    told = [each for each in reason.evidence if (record := teller.by_id.get(each)) and record.about]
    of = [each for each in reason.evidence if each not in told]
    if not told or not of:
        return f"{_same(teller, reason)}: our own platform states it."
    return f"{_same(teller, reason)}: {teller.named(told)} was recorded about {teller.named(of)}."


def _decided(teller: Teller, reason: Reason) -> str:
    return f"{_same(teller, reason)}: somebody decided so (decision {reason.decision})."


def _corroborated(teller: Teller, reason: Reason) -> str:
    agreeing = [_NOUNS[key[0]] for key in reason.keys]
    if len(agreeing) == 1:
        agreeing.append("full name")
    return f"{_same(teller, reason)}: in the books, {' and '.join(agreeing)} agree and nothing contradicts."


_NOUNS = {"email": "e-mail", "phone": "phone"}


def _history(teller: Teller, reason: Reason) -> str:
    earlier = [each for each in reason.evidence if not _proves(teller.by_id.get(each))]
    bound = [each for each in reason.evidence if each not in earlier]
    proof = teller.named(bound) if bound and earlier else "the proof"
    return (
        f"{teller.named(earlier or reason.evidence)} came along: the line was {written(reason.keys[0])},"
        f" which {proof} carries beside the proof, not earlier; no other user is bound to it."
    )


def _proves(record: Record | None) -> bool:
    return record is not None and any(each.level >= Level.STORED for each in record.sightings)


def _line(teller: Teller, reason: Reason) -> str:
    return (
        f"{count(len(reason.evidence), 'record')} came over one line, {written(reason.keys[0])}:"
        f" {teller.named(reason.evidence)}. They are shown as whoever uses it."
    )


def _same(teller: Teller, reason: Reason) -> str:
    return f"{teller.named(reason.evidence)} are one person"


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


def conflict(case: Conflict) -> str:
    """Say what contradicts itself; nothing was guessed."""
    if case.key is None:
        return f"{count(len(case.records), 'record')} are kept apart: {case.reason}."
    return f"Contested: {written(case.key)} joins nobody, for it leads to {case.reason}."


def happened(change: Change) -> str:
    """Say what a logged change was."""
    return _HAPPENED[change.kind].format(others=len(change.others))


_HAPPENED = {
    "joined": "{others} contacts became one",
    "split": "some of the records left",
    "converted": "a lead became a user",
    "reverted": "a user became a lead again: the proof no longer holds",
}

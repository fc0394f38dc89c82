"""What `avouch why-not` says: what two contacts share, why that joins nobody, and what would."""

from collections.abc import Iterable
from typing import Any

from integrations.contract import Level
from worker.cli.show import who
from worker.cli.words import by_whom, key_json, named, short, written
from worker.domain.advice import Missing
from worker.domain.contacts import Contact
from worker.domain.export import moment
from worker.domain.why_not import Point
from worker.jobs.why_not import Compared

_FROM = {"proof by both": ", from both of them", "proof by either": ", from either of them"}
"""Who has to prove something."""


_HOLDS = {
    Level.VERIFIED: "has proved it",
    Level.STORED: "has it in the books",
    Level.OBSERVED: "was seen with it",
    Level.CLAIMED: "only claims it",
}
"""How surely one of them holds a value."""


class Comparing:
    """Tells about two contacts."""

    def __init__(self, compared: Compared) -> None:
        """Know both, and the answer."""
        self._it = compared
        self.answer = compared.answer
        labels = [f"{who(each)} ({each.kind.value})" for each in (compared.one, compared.other)]
        if labels[0] == labels[1]:
            labels = [f"{who(each)} ({each.id[:8]})" for each in (compared.one, compared.other)]
        self._label = dict(zip((compared.one.id, compared.other.id), labels, strict=False))

    def lines(self) -> list[str]:
        """Return the whole answer."""
        one, other = self._it.one, self._it.other
        if self.answer.verdict == "one contact":
            return [f"They are one contact already: {self._named(one)}. See: avouch why {one.id}"]
        return [
            f"{self._named(one)} and {self._named(other)} are two contacts.",
            *self._stronger(),
            *(line for point in self.answer.points for line in self._point(point)),
            "",
            *self._missing(),
            "",
            *self._decide(),
        ]

    def _named(self, contact: Contact) -> str:
        return self._label[contact.id]

    def _stronger(self) -> Iterable[str]:
        """Say what keeps them apart whatever they share."""
        decision = self.answer.decision
        if decision is not None:
            yield f"They were told from each other {by_whom(decision)}."
        for namespace, mine, theirs in self.answer.accounts:
            of = f" of {namespace}" if namespace else ""
            yield f"They have two different accounts{of}, {mine} and {theirs}: that is two people."

    def _point(self, point: Point) -> Iterable[str]:
        one, other = self._it.one, self._it.other
        shared = written(point.key)
        if point.key != point.other_key:
            shared += f" and {written(point.other_key)}"
        sides = (
            f"{self._named(contact)} {_HOLDS[level]} ({named(records, self._it.by_id)})"
            for contact, level, records in zip((one, other), point.levels, point.records, strict=True)
        )
        yield f"They share {shared}: {', '.join(sides)}."
        yield f"It does not join them: {point.because}."
        for fault in point.faults:
            yield f"A proof of it counts as claimed: {fault}."
        for case in self._it.cases:
            if point.situation == "contested" and case.key in {point.key, point.other_key}:
                yield f"See: avouch conflicts show {short(case)}"

    def _missing(self) -> Iterable[str]:
        if self.answer.verdict == "nothing shared":
            yield "What is missing: nothing points to one person, for they share no identifier."
        elif self.answer.verdict != "not enough":
            yield "What is missing: no proof would join them; only a person can decide it."
        elif not self.answer.missing:
            yield "What is missing: another identifier that they share, and a proof of it."
        elif len(self.answer.missing) == 1:
            yield f"What is missing: {self._says(self.answer.missing[0])}."
        else:
            yield "What is missing, one of:"
            yield from (f"    - {self._says(each)}" for each in self.answer.missing)

    def _says(self, missing: Missing) -> str:
        by = f", from {self._label[missing.by]}" if missing.by else _FROM.get(missing.need, "")
        return f"{missing.says}{by}"

    def _decide(self) -> Iterable[str]:
        yield "Or a person decides:"
        for does, command in self._commands():
            yield f"    {does:<28}{command}"

    def _commands(self) -> Iterable[tuple[str, str]]:
        one, other = self._it.one.id, self._it.other.id
        yield "they are one person:", f"avouch merge {one} {other}"
        if self.answer.decision is not None:
            yield "to take back what was said:", f"avouch decisions withdraw {self.answer.decision.id}"
        elif self._it.suggestion is not None:
            yield "they are different people:", f"avouch suggestions reject {self._it.suggestion.name}"

    def as_json(self) -> dict[str, Any]:
        """Return the whole answer for JSON; values are not masked in it."""
        decision = self.answer.decision
        return {
            "one": {"id": self._it.one.id, "kind": self._it.one.kind.value, "name": self._it.one.name},
            "other": {
                "id": self._it.other.id,
                "kind": self._it.other.kind.value,
                "name": self._it.other.name,
            },
            "verdict": self.answer.verdict,
            "decision": decision
            and {
                "id": decision.id,
                "by": decision.author,
                "at": moment(decision.at),
                "reason": decision.reason,
            },
            "accounts": [
                {"namespace": namespace, "one": mine, "other": theirs}
                for namespace, mine, theirs in self.answer.accounts
            ],
            "shared": [_point_json(each) for each in self.answer.points],
            "missing": [
                {
                    "need": each.need,
                    "identifier": key_json(each.key),
                    "by": each.by or None,
                    "says": each.says,
                }
                for each in self.answer.missing
            ],
            "decide": [command for _, command in self._commands()]
            if self.answer.verdict != "one contact"
            else [],
        }


def _point_json(point: Point) -> dict[str, Any]:
    sides = [
        {"identifier": key_json(key), "level": level.value, "records": records}
        for key, level, records in zip((point.key, point.other_key), point.levels, point.records, strict=True)
    ]
    return {
        "situation": point.situation,
        "because": point.because,
        "one": sides[0],
        "other": sides[1],
        "faults": point.faults,
    }

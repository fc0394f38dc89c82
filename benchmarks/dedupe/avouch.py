"""Avouch on the same rows: calls of one line are one lead, all else stands alone, and the model scores the rest.

No other rule of identity takes part: what they join is certain, and this measures what is only probable.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from msgspec.structs import replace

from benchmarks.dedupe.canonical import value
from benchmarks.dedupe.truth import Row
from worker.domain import names
from worker.domain.matching import pairs as matching
from worker.domain.matching.comparisons import Known
from worker.domain.matching.evaluation import Scored
from worker.domain.matching.model import Model, census, default
from worker.domain.matching.portraits import Portrait, company_name
from worker.domain.matching.scoring import score


def scored(rows: Sequence[Row], model: Model | None = None) -> list[Scored]:
    """Return the pairs of rows that the model compares, with their match weights in bits."""
    leads = as_contacts(rows)
    portraits = {contact: portrait for contact, (portrait, _) in leads.items()}
    # As `dedupe.all` does: how common names are is counted where they are compared.
    model = replace(model or default(), census=census(each.names for each in portraits.values()))
    known = matching.known(portraits.values())
    found = []
    for one, other in matching.pairs(portraits):
        weight = score(portraits[one], portraits[other], known, model).weight
        found += [(a, b, weight) for a in leads[one][1] for b in leads[other][1]]
    found += _of_one_line(leads.values(), known, model)
    return found


def _of_one_line(leads: Iterable[tuple[Portrait, list[str]]], known: Known, model: Model) -> Iterator[Scored]:
    for portrait, ids in leads:
        if len(ids) > 1:
            weight = score(portrait, portrait, known, model).weight
            yield from ((one, other, weight) for one, other in combinations(ids, 2))


def as_contacts(rows: Iterable[Row]) -> dict[str, tuple[Portrait, list[str]]]:
    """Return contacts with their rows: a caller's name is no name, and the calls of one line are one lead."""
    leads: dict[str, tuple[Portrait, list[str]]] = {}
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        portrait = _portrait(row)
        if row.channel == "phone" and portrait.phones:
            lines[portrait.phones[0]].append(row)
        else:
            leads[row.id] = portrait, [row.id]
    for number, calls in lines.items():
        companies = tuple(sorted({company_name(row.company) for row in calls} - {""}))
        leads[calls[0].id] = Portrait(phones=(number,), companies=companies), [row.id for row in calls]
    return leads


def _portrait(row: Row) -> Portrait:
    def some(*values: str) -> tuple[str, ...]:
        return tuple(filter(None, values))

    return Portrait(
        names=some("" if row.channel == "phone" else names.canonical(row.name)),
        phones=some(value("phone", row.phone, row.region)),
        emails=some(value("email", row.email, row.region)),
        companies=some(company_name(row.company)),
    )

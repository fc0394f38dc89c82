"""Change the policy: say what would change on today's evidence, or put it in force and say what did."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from integrations.contract import Level
from worker.domain import export
from worker.domain.comparison import Cases, Comparison, compare
from worker.domain.contacts import encode
from worker.domain.decisions import Decision
from worker.domain.matching.automatic import AUTHOR
from worker.domain.policy import Policy
from worker.domain.records import Record
from worker.domain.resolve import resolve
from worker.jobs import clock, collector, dedupe_auto, settle, take_back
from worker.jobs.clock import Clock
from worker.jobs.dedupe_auto import Forecast
from worker.jobs.policy import as_it_was, effective, in_force, of_body, put, with_settings, written
from worker.jobs.rebuild import BusyError
from worker.storage.unit_of_work import Transaction, UnitOfWork

TRIES = 50
"""How often to look for a moment at which nothing waits, settling in between; about ten seconds."""
_TOLD = 20_000
"""Records between two words on how far it is."""

Asked = Callable[[Transaction], Policy]
"""Makes the policy that somebody wants out of what is in force."""
Tell = Callable[[str], object]
"""Takes a few words on what is being done."""


class Watch(NamedTuple):
    """Whom to tell how far it is, and how to wait for others."""

    tell: Tell = lambda _: None
    progress: settle.Progress | None = None
    pause: Callable[[float], object] = time.sleep


NOBODY = Watch()
_Found = TypeVar("_Found")


class UnknownVersionError(Exception):
    """Raised when no version of the policy has this number; the message says where to look."""


class Said(NamedTuple):
    """Who wants a policy, where it comes from, and why."""

    author: str
    origin: str
    reason: str = ""


class Report(NamedTuple):
    """What another policy changes, or changed."""

    was: int
    """The version that was in force before."""
    version: int
    """The version that is in force now."""
    same: bool
    """Whether what was in force says the same already. Then there is nothing to compare."""
    contacts: int = 0
    """How many contacts there are, or would be."""
    effects: Comparison = Comparison()
    digest: str = ""
    """SHA-256 of the export that it gives: what `avouch export | sha256sum` prints."""
    waiting: int = 0
    """Records that landed meanwhile or could not be judged: they are in none of these numbers."""
    forecast: Forecast | None = None
    """What the policy decides by itself, as contacts were before, where it is to do so from another line on."""
    stay: int = 0
    """Decisions that it made and that stay in force, where it is to make no more."""


class _Evidence(NamedTuple):
    """All of it, as it was at one moment at which nothing waited."""

    was: int
    present: Policy
    wanted: Policy
    forecast: Forecast | None
    stay: int
    records: list[Record]
    decisions: list[Decision]
    carried: dict[str, tuple[int, int]]
    contacts: dict[str, str]
    cases: Cases


class _Put(NamedTuple):
    """What was there when a version was put in force."""

    was: int
    version: int
    forecast: Forecast | None
    stay: int
    contacts: dict[str, str]
    cases: Cases


def of_file(settings: Mapping[str, Any], trust: Mapping[str, Level]) -> Asked:
    """Ask for keys of `[policy]` and the trust of sources; what they do not say stays as it is in force."""

    def asked(tx: Transaction) -> Policy:
        newest = tx.policies.newest()
        before = Policy() if newest is None else of_body(newest.body)
        return with_settings(replace(before, trust={**before.trust, **trust}), settings)

    return asked


def of_version(number: int) -> Asked:
    """Ask for an earlier version, with the trust that every source had then.

    Raises, when it is asked:
        UnknownVersionError: there is no such version.
    """

    def asked(tx: Transaction) -> Policy:
        row = tx.policies.get(number)
        if row is None:
            raise UnknownVersionError(f"There is no version {number}. See: avouch policy history")
        return as_it_was(row)

    return asked


def rehearse(uow: UnitOfWork, asked: Asked, watch: Watch = NOBODY) -> Report:
    """Judge today's evidence by another policy, in memory, and say what would change. Writes nothing.

    What waits is resolved first, by the policy in force. Then it reads one moment and takes no lock, so
    workers go on meanwhile. Holds all records in memory: about 3 kB each.

    Raises:
        BusyError: there is always something that waits to be resolved.
    """
    with collector.paused():
        seen = _when_settled(uow, lambda tx: _read(tx, asked, watch.tell), watch)
        if _same(seen.present, seen.wanted):
            return Report(seen.was, seen.was, same=True)
        watch.tell(f"judging {len(seen.records):,} records")
        made = resolve(seen.records, seen.wanted, seen.decisions)
        watch.tell("comparing")
        after = {each.id: encode(each) for each in made.contacts}
        effects = compare(seen.contacts, after, seen.cases, {case.case: case for case in made.conflicts})
        lines = (
            export.line(each, *_sums(seen.carried, each.record_ids))
            for each in sorted(made.contacts, key=lambda each: each.id)
        )
        return Report(
            seen.was,
            seen.was,
            False,
            len(after),
            effects,
            digest(lines),
            forecast=seen.forecast,
            stay=seen.stay,
        )


def apply(
    uow: UnitOfWork, asked: Asked, said: Said, watch: Watch = NOBODY, *, now: Clock = clock.now
) -> Report:
    """Put another policy in force, judge all evidence by it, and say what changed.

    The version is in force from the moment that it is written: what lands meanwhile is judged by it, and
    shows in the report too. Cut off, it is finished by the workers or by the next command that settles.
    Where the policy in force says the same already, nothing is written. Holds all contacts in memory, as
    they were and as they are.

    Raises:
        BusyError: there is always something that waits to be resolved, or somebody who resolves.
    """
    before = _when_settled(uow, lambda tx: _put(tx, asked, said, now()), watch)
    if before.version == before.was:
        return Report(before.was, before.was, same=True)
    settle.run(uow, now=now, progress=watch.progress, decides=False)
    watch.tell("comparing")
    with uow.begin() as tx:
        tx.snapshot()
        after, cases, waiting = tx.contacts.all_bodies(), _cases(tx), tx.to_resolve.waiting()
        made = digest(export.line(*counted) for counted in tx.contacts.counted())
    effects = compare(before.contacts, after, before.cases, cases)
    return Report(
        before.was,
        before.version,
        False,
        len(after),
        effects,
        made,
        waiting,
        before.forecast,
        before.stay,
    )


def digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 of an export, given its lines."""
    taken = hashlib.sha256()
    for line in lines:
        taken.update(line.encode() + b"\n")
    return taken.hexdigest()


def _when_settled(uow: UnitOfWork, look: Callable[[Transaction], _Found | None], watch: Watch) -> _Found:
    """Return what `look` finds in a transaction of its own at a moment at which nothing waits."""
    for _ in range(TRIES):
        settle.run(uow, progress=watch.progress, decides=False)
        with uow.begin() as tx:
            found = look(tx)
        if found is not None:
            return found
        watch.pause(settle.PAUSE_SECONDS)
    raise BusyError("records keep landing, or a worker is resolving. Try again in a moment")


def _read(tx: Transaction, asked: Asked, tell: Tell) -> _Evidence | None:
    """Read everything that contacts are a function of; None while something waits."""
    tx.snapshot()
    if tx.to_resolve.any():
        return None
    _check_judged(tx)
    was, present = in_force(tx)
    wanted = effective(tx, asked(tx))
    if _same(present, wanted):
        return _Evidence(was, present, wanted, None, 0, [], [], {}, {}, {})
    records = []
    for record in tx.evidence.load_all():
        records.append(record)
        if len(records) % _TOLD == 0:
            tell(f"{len(records):,} records read")
    contacts, carried = tx.contacts.all_bodies(), tx.contacts.carried()
    ahead = _ahead(tx, present, wanted)
    return _Evidence(was, present, wanted, *ahead, records, tx.decisions.all(), carried, contacts, _cases(tx))


def _put(tx: Transaction, asked: Asked, said: Said, now: datetime) -> _Put | None:
    """Put the version in force and return what was before; None while something waits or is resolved."""
    if not tx.only_resolver() or tx.to_resolve.any():
        return None
    _check_judged(tx)
    was, present = in_force(tx)
    wanted = asked(tx)
    if _same(present, effective(tx, wanted)):
        return _Put(was, was, None, 0, {}, {})
    contacts, cases = tx.contacts.all_bodies(), _cases(tx)
    ahead = _ahead(tx, present, wanted)
    version = put(tx, written(wanted), origin=said.origin, author=said.author, reason=said.reason, now=now)
    return _Put(was, version, *ahead, contacts, cases)


def _ahead(tx: Transaction, present: Policy, wanted: Policy) -> tuple[Forecast | None, int]:
    """Say what the policy will decide by itself from another line on; or what stays of it, where it no longer does."""
    if wanted.dedupe_auto is None:
        stays = present.dedupe_auto is not None
        return None, len(take_back.standing(tx, AUTHOR)) if stays else 0
    if wanted.dedupe_auto == present.dedupe_auto:
        return None, 0
    return dedupe_auto.forecast(tx, wanted.dedupe_auto, tx.now()), 0


def _check_judged(tx: Transaction) -> None:
    """Refuse where records were set aside: what is stored is not what the evidence makes."""
    waiting = tx.to_resolve.waiting()
    if tx.to_resolve.aside() and waiting:
        raise BusyError(f"{waiting:,} records could not be resolved and are set aside. See: avouch status")


def _same(one: Policy, other: Policy) -> bool:
    return written(one) == written(other)


def _cases(tx: Transaction) -> Cases:
    return {case.case: case for case in tx.cases.all(tx.cases.count())}


def _sums(carried: Mapping[str, tuple[int, int]], record_ids: Iterable[str]) -> tuple[int, int]:
    """Return how many interactions and notes a contact's records carry."""
    found = [carried[each] for each in record_ids if each in carried]
    return sum(interactions for interactions, _ in found), sum(notes for _, notes in found)

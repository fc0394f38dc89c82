"""The two rules that gather records by a line, checked; read a second time from DESIGN 2.2 and 2.3."""

from datetime import datetime

from worker.checker.facts import STORED
from worker.checker.proving import LINE_TYPES
from worker.checker.whole import Scene, Whole
from worker.domain.contacts import Kind
from worker.domain.proofs import Reason
from worker.domain.records import Key

NO_LINE = "does not rest on exactly one line"
OF_A_LEAD = "joins by history what is no user"
OF_A_USER = "joins by a line what is no lead"
BLOCKED = "rests on what can be nobody's line"
NOBODY_BOUND = "names no one record that carries both its line and a proof"
OTHERS_BOUND = "rests on a line that other users are bound to"
NOT_OBSERVED = "names a record that was not observed on its line"
TOO_STRONG = "takes along a record that holds something stored or verified, or is of the user anyway"
TOO_LATE = "takes along a record that started after the proof"
ANOTHER_FITS = "takes along what fits another user as well"
NEITHER = "names a record that was not observed on its line, and does not hold it in the books"
NOT_ALL_ROWS = "names a row of the books that is not all that the books hold on its line"
TWO_OF_THE_BOOKS = "brings two people of the books into one lead"


def history(scene: Scene, whole: Whole, proof: Reason) -> str | None:
    """Check that the calls of a line belong to the only user who is bound to it, and came before the proof."""
    if len(proof.keys) != 1 or proof.keys[0][0] not in LINE_TYPES:
        return NO_LINE
    if whole.contact.kind is not Kind.USER:
        return OF_A_LEAD
    (key,) = proof.keys
    bound = scene.provers.bound.get(key, {})
    binders = [each for each in proof.evidence if each in bound]
    if len(binders) != 1:
        return scene.aside.why(key) or NOBODY_BOUND
    if _user_bound(scene, key) is not whole:
        return OTHERS_BOUND
    along = (each for each in proof.evidence if each not in binders)
    wrong = (_along(scene, whole, each, key, binders[0]) for each in along)
    return next((each for each in wrong if each is not None), None)


def _along(scene: Scene, whole: Whole, record_id: str, key: Key, binder: str) -> str | None:
    """Check one record of those that come along."""
    facts, part = scene.facts, whole.part(record_id)
    if key not in scene.provers.lines(record_id):
        return NOT_OBSERVED
    if binder in part or any(level >= STORED for each in part for level in facts.level[each].values()):
        return TOO_STRONG
    if not _is_in_time(scene, record_id, scene.provers.bound[key][binder]):
        return TOO_LATE
    for each in part:
        for line_of_it in scene.provers.lines(each):
            user = _user_bound(scene, line_of_it)
            if user is None or user is whole or user.is_told_from(part):
                continue
            if _is_in_time(scene, each, max(scene.provers.bound[line_of_it].values())):
                return ANOTHER_FITS
    return None


def _user_bound(scene: Scene, key: Key) -> Whole | None:
    """Return the only contact that is bound to a line, if there is exactly one."""
    if key not in scene.only_bound:
        homes = {
            scene.home[each].contact.id for each in scene.provers.bound.get(key, ()) if each in scene.home
        }
        scene.only_bound[key] = scene.wholes[min(homes)] if len(homes) == 1 else None
    return scene.only_bound[key]


def _is_in_time(scene: Scene, record_id: str, proved_at: datetime) -> bool:
    return (
        scene.facts.policy.phone_binding == "attach"
        or scene.facts.records[record_id].occurred_at <= proved_at
    )


def line(scene: Scene, whole: Whole, proof: Reason) -> str | None:
    """Check that records were observed on one line, or are all that the books hold on it."""
    if len(proof.keys) != 1 or proof.keys[0][0] not in LINE_TYPES:
        return NO_LINE
    if whole.contact.kind is not Kind.LEAD:
        return OF_A_USER
    (key,) = proof.keys
    if scene.aside.is_blocked(key):
        return BLOCKED
    rows = [each for each in proof.evidence if key not in scene.provers.lines(each)]
    return _rows(scene, whole, key, rows) if rows else None


def _rows(scene: Scene, whole: Whole, key: Key, rows: list[str]) -> str | None:
    """Check those that no channel carried: rows of the books, and all that these hold on the line."""
    facts = scene.facts
    if any(facts.holds(each, key) < STORED for each in rows):
        return NEITHER
    if (why := scene.aside.why(key)) is not None:
        return why
    part = frozenset(whole.part(rows[0]))
    if not part.issuperset(facts.holders[key]):
        return NOT_ALL_ROWS
    return TWO_OF_THE_BOOKS if whole.parts_of_the_books > 1 else None

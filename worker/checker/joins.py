"""Each rule that joins records, checked by itself; read a second time from DESIGN 2.2.

A check takes one proof of a contact and returns what is wrong with it, or None.
"""

from collections.abc import Callable

from integrations.contract import Level
from worker.checker.facts import STORED, VERIFIED
from worker.checker.gathering import history, line
from worker.checker.whole import Scene, Whole
from worker.domain.proofs import Reason

Check = Callable[[Scene, Whole, Reason], str | None]

ONE_IDENTIFIER = "does not rest on exactly one identifier"
NO_IDENTIFIER = "rests on an identifier, and its rule knows of none"
WEAKER = "names a record that does not hold its identifier stored or verified"
NOT_VERIFIED = "names a record on which its identifier is not verified"
NOBODY_PROVED = "names no record on which its identifier is verified"
NOBODY_STORED = "says that the books hold its identifier, and no record of them does"
NOT_STORED = "names a record that holds its identifier otherwise than stored"
NO_ACCOUNT = "rests on an identifier that is no account"
NOT_STATED = "names two records of which neither says that it is about the other"
NOT_TRUSTED = "rests on the word of a source that is not trusted so far"
NOT_SURE = "rests on a word that is not given for certain"
NO_DECISION = "names no decision in force that makes its records one person"
NO_ROW = "names a record that is no row of the books, or does not hold what it agrees in"
ONE_AGREEMENT = "does not rest on two agreements of e-mail, phone and full name"
OTHER_NAMES = "says that full names agree, and they do not"
CONTRADICTED = "holds together records of incompatible full names"
SHARED = "rests on an identifier that the books hold under incompatible names"


def verified(scene: Scene, _whole: Whole, proof: Reason) -> str | None:
    """Check that every record proves the one identifier."""
    if len(proof.keys) != 1:
        return ONE_IDENTIFIER
    (key,) = proof.keys
    if any(scene.facts.holds(each, key) != VERIFIED for each in proof.evidence):
        return NOT_VERIFIED
    return scene.aside.why(key)


def verified_stored(scene: Scene, _whole: Whole, proof: Reason) -> str | None:
    """Check that a record proves the one identifier that all others prove or the books hold."""
    if len(proof.keys) != 1:
        return ONE_IDENTIFIER
    (key,) = proof.keys
    levels = [scene.facts.holds(each, key) for each in proof.evidence]
    if min(levels) < STORED:
        return WEAKER
    if max(levels) < VERIFIED:
        return NOBODY_PROVED
    if all(scene.facts.holds(each, key) == VERIFIED for each in scene.facts.holders[key]):
        return NOBODY_STORED
    return scene.aside.why(key)


def account(scene: Scene, _whole: Whole, proof: Reason) -> str | None:
    """Check that the books hold the one account on every record."""
    if len(proof.keys) != 1:
        return ONE_IDENTIFIER
    (key,) = proof.keys
    if key[0] != "account":
        return NO_ACCOUNT
    if any(scene.facts.holds(each, key) != STORED for each in proof.evidence):
        return NOT_STORED
    return scene.aside.why(key)


def about(scene: Scene, _whole: Whole, proof: Reason) -> str | None:
    """Check that one of two records says for certain that it is about the other, and its source is trusted."""
    if proof.keys:
        return NO_IDENTIFIER
    stating = [
        scene.facts.records[each]
        for each in proof.evidence
        if scene.facts.records[each].about in proof.evidence and scene.facts.records[each].about != each
    ]
    if len(proof.evidence) != 2 or not stating:  # noqa: PLR2004 - a record and what it is about
        return NOT_STATED
    if all(scene.facts.policy.cap(each.source) is not Level.VERIFIED for each in stating):
        return NOT_TRUSTED
    return None if any(map(scene.facts.is_sure, stating)) else NOT_SURE


def decided(scene: Scene, _whole: Whole, proof: Reason) -> str | None:
    """Check that the decision is in force and still makes these records one person."""
    if proof.keys:
        return NO_IDENTIFIER
    groups = scene.facts.said.same.get(proof.decision, ())
    return None if any(group.issuperset(proof.evidence) for group in groups) else NO_DECISION


def corroborated(scene: Scene, whole: Whole, proof: Reason) -> str | None:
    """Check that rows of the books agree in two of e-mail, phone and full name, and nothing contradicts."""
    facts = scene.facts
    if not proof.keys or len({key[0] for key in proof.keys} & {"email", "phone"}) != len(proof.keys):
        return ONE_AGREEMENT
    for each in proof.evidence:
        if not facts.is_row(each) or any(facts.holds(each, key) < STORED for key in proof.keys):
            return NO_ROW
    full_names = {facts.name(each) for each in proof.evidence}
    if len(proof.keys) == 1 and (len(full_names) > 1 or "" in full_names):
        return OTHER_NAMES
    for key in proof.keys:
        if (why := scene.aside.why(key) or (SHARED if scene.aside.is_shared(key) else None)) is not None:
            return why
    together = whole.part(proof.evidence[0])
    return CONTRADICTED if facts.contradict((facts.name(each), each) for each in together) else None


CHECKS: dict[str, Check] = {
    "verified-stored": verified_stored,
    "verified": verified,
    "account": account,
    "about": about,
    "decided": decided,
    "corroborated": corroborated,
    "history": history,
    "line": line,
}
"""The check of every rule there is."""

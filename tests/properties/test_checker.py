"""Law 7: every user has a proof, and a second, independent checker accepts it. So it does with every join."""

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given
from hypothesis.strategies import DataObject, DrawFn, SearchStrategy

from integrations.contract import Identifier, Level, Token
from tests.builders import P, Q, account, at, cookie, email, phone, version
from tests.properties.strategies import Sent, histories, policies, records, tried
from worker.checker import Case, Fault, check
from worker.domain.decisions import Decision, DecisionKind, decision_id
from worker.domain.policy import Policy
from worker.domain.records import Key, Record
from worker.domain.resolve import resolve

_DAYS = st.sampled_from([at(day) for day in (-1, 0.5, 1.5, 10)])
_TAKEN_BACK = st.sampled_from((None, None, None, at(20)))
_MARKS: Sequence[DecisionKind] = ("common", "own")
_PROVED = (account("u-1"), email("ana@x.es", Level.VERIFIED), phone(P, Level.VERIFIED), cookie("ck-1"))
_TOKENS = ("t-1", "t-2")


@st.composite
def a_decision(draw: DrawFn, landed: Sequence[Record]) -> Decision:
    """Draw what somebody said about a history, sensible or not, and perhaps took back."""
    kind: DecisionKind = draw(
        st.sampled_from(("same", "same", "different", "different", "convert", "void", "mark"))
    )
    ids = [each.id for each in landed]
    held = [(each.type, each.namespace, each.value) for record in landed for each in record.sightings]
    sides: Sequence[Sequence[str]] = ()
    key: Key | None = None
    if kind in {"same", "different"}:
        side_of = draw(st.lists(st.integers(0, 4), min_size=len(ids), max_size=len(ids)))
        drawn = [
            [each for each, side in zip(ids, side_of, strict=True) if side == number] for number in (0, 1, 2)
        ]
        sides = [side for side in drawn if side]
    elif kind == "convert":
        sides = [[draw(st.sampled_from(ids))], [draw(st.sampled_from(ids))]]
    elif kind == "void":
        sides = [[draw(st.sampled_from(ids))]]
        key = draw(st.sampled_from([None, *held]))
    else:
        kind = draw(st.sampled_from(_MARKS))
        key = draw(st.sampled_from(held or [("phone", "", P)]))
    return Decision(
        id=decision_id(kind, sides, key),
        kind=kind,
        at=draw(_DAYS),
        author="eva",
        sides=tuple(tuple(side) for side in sides),
        key=key,
        withdrawn_at=draw(_TAKEN_BACK),
    )


def decisions(landed: Sequence[Record]) -> SearchStrategy[list[Decision]]:
    """Draw what people said; two who say the same make one decision."""
    return st.lists(a_decision(landed), max_size=4, unique_by=lambda each: each.id)


@st.composite
def signed(draw: DrawFn) -> Sent:
    """Draw a session that a token stated: good, expired, for somebody else, or used before."""
    token = Token(
        id=draw(st.sampled_from(_TOKENS)),
        expires_at=draw(st.sampled_from((None, at(0.5), at(9)))),
        audience=draw(st.sampled_from(("", "shop", "other"))),
    )
    proved = draw(st.sampled_from(_PROVED))
    by_token = Identifier(
        type=proved.type, value=proved.value, namespace=proved.namespace, level=proved.level, token=token
    )
    others = draw(st.sampled_from(((), (phone(Q, Level.OBSERVED),), (email("ana@x.es", Level.STORED),))))
    made = version(
        draw(st.sampled_from(("s-1", "s-2", "s-3"))),
        by_token,
        *others,
        occurred_at=draw(_DAYS),
        updated_at=draw(st.none() | _DAYS),
    )
    return Sent("chat", made)


def objections(landed: list[Record], policy: Policy, said: Sequence[Decision] = ()) -> list[Fault]:
    """Return what the checker has against the contacts and cases that the rules make."""
    made = resolve(landed, policy, said)
    cases = [
        Case(each.case, each.kind, each.key, each.records, each.sides, each.decision)
        for each in made.conflicts
    ]
    return check(made.contacts, landed, said, policy, cases)


class TestEveryProofHolds:
    """The checker accepts every contact, every proof and every case that the rules make."""

    @tried()
    @given(history=histories(), policy=policies())
    def test_over_any_history(self, history: list[Sent], policy: Policy) -> None:
        assert objections(records(history), policy) == []

    @tried()
    @given(history=histories(), policy=policies(), data=st.data())
    def test_over_any_history_that_people_decided_about(
        self, history: list[Sent], policy: Policy, data: DataObject
    ) -> None:
        landed = records(history)

        said = data.draw(decisions(landed))

        assert objections(landed, policy, said) == []

    @tried()
    @given(history=histories(6), sessions=st.lists(signed(), min_size=1, max_size=6), policy=policies())
    def test_over_any_history_with_signed_sessions(
        self, history: list[Sent], sessions: list[Sent], policy: Policy
    ) -> None:
        for_shop = Policy(
            trust=policy.trust,
            common_limit=policy.common_limit,
            complete=policy.complete,
            phone_binding=policy.phone_binding,
            own_numbers=policy.own_numbers,
            audiences=frozenset({"shop"}),
        )

        assert objections(records(history + sessions), for_shop) == []

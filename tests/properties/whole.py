"""One random story, and every law on it: what the long runs try a hundred thousand times."""

from collections import Counter
from random import Random
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis.strategies import DrawFn

from tests.properties import laws, laws_undo, laws_weak
from tests.properties.oracle import Oracle
from tests.properties.stories import Arrival, Story, arrivals, stories
from tests.properties.strategies import Sent, weak_histories


class Whole(NamedTuple):
    """A story, and what the laws try on it."""

    story: Story
    arrival: Arrival
    weak: list[Sent]
    order: int


_ORDERS = st.integers(0, 1000)
_STORIES = stories()
_WEAK = weak_histories()


@st.composite
def wholes(draw: DrawFn) -> Whole:
    story = draw(_STORIES)
    return Whole(story, draw(arrivals(story)), draw(_WEAK), draw(_ORDERS))


def every_law(whole: Whole) -> Counter[str]:
    """Try every law. Returns how often each kind of undo was tried, since a law about nothing is none."""
    story = whole.story
    resolution = story.resolved()
    oracle = Oracle(story.records, story.policy, story.decisions)
    laws.the_rules_read_in_pairs_say_the_same(resolution, oracle)
    laws.order_does_not_matter(story, resolution, Random(whole.order))  # noqa: S311 - an order, guards nothing
    laws.the_closure_gives_what_everything_gives(story, resolution)
    laws.every_record_is_on_one_contact(story, resolution)
    laws.no_contact_holds_two_accounts(resolution, oracle)
    laws.no_contact_crosses_a_decision(story, resolution)
    laws.every_user_has_a_proof(story, resolution)
    laws.proofs_connect_all_records(resolution)
    laws.said_twice_is_said_once(story, resolution)
    laws.a_withdrawn_decision_was_never_made(story, resolution)
    laws_weak.more_weak_records_change_no_user(story, resolution, oracle, whole.weak)
    laws_weak.without_weak_identifiers_the_users_are_the_same(story, resolution, oracle)
    checked = laws_undo.undo_is_exact(story, resolution, whole.arrival)
    checked += laws_undo.a_merge_and_its_undo_leave_nothing(story, resolution)
    return checked

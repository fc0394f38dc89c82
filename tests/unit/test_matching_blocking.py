"""Who is compared with whom: each kind of key finds pairs that the others miss."""

import pytest

from worker.domain.matching.blocking import MOST_HOLDERS, keys_of
from worker.domain.matching.pairs import is_shared, known, pairs
from worker.domain.matching.portraits import MOST_VALUES, Portrait
from worker.domain.reasons import MOST_CONTACTS_A_VALUE

NUMBER = "+447700900123"


def kinds(one: Portrait, other: Portrait) -> set[str]:
    """Return the kinds of the keys that two have in common."""
    return {key.partition(":")[0] for key in keys_of(one) & keys_of(other)}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("name", Portrait(names=("bob smith",)), Portrait(names=("robert j smith",))),
        ("name", Portrait(names=("ana ruiz",)), Portrait(names=("ruiz ana",))),
        ("sound", Portrait(names=("catherine smith",)), Portrait(names=("katherine smyth",))),
        ("phone", Portrait(phones=(NUMBER,)), Portrait(phones=(f"{NUMBER};ext=7",))),
        ("phone", Portrait(phones=("+551187654321",)), Portrait(phones=("+5511987654321",))),
        (
            "near",
            Portrait(names=("ana ruiz",), phones=("+447700900123",)),
            Portrait(names=("ana",), phones=("+447700900124",)),
        ),
        ("email", Portrait(emails=("a.ruiz+shop@gmail.com",)), Portrait(emails=("aruiz@googlemail.com",))),
        ("local", Portrait(emails=("ana.ruiz@example.com",)), Portrait(emails=("anaruiz77@example.org",))),
        ("local", Portrait(names=("ana ruiz",)), Portrait(emails=("ruiz_ana@example.com",))),
        (
            "firm",
            Portrait(names=("ana ruiz",), companies=("northwind",)),
            Portrait(names=("anna lopez",), companies=("northwind",)),
        ),
        (
            "desk",
            Portrait(names=("ana ruiz",), phones=(NUMBER,)),
            Portrait(names=("ana",), phones=(NUMBER,)),
        ),
    ],
)
def test_each_kind_of_key_finds_its_pair(kind: str, one: Portrait, other: Portrait) -> None:
    assert kind in kinds(one, other)


def test_strangers_have_no_key_in_common() -> None:
    one = Portrait(("ana ruiz",), (NUMBER,), ("ana@example.com",), ("northwind",))
    other = Portrait(("bob day",), ("+12025550188",), ("bob@example.org",), ("fabrikam",))

    assert kinds(one, other) == set()


def test_a_first_name_or_a_short_address_alone_looks_for_nobody() -> None:
    assert keys_of(Portrait(names=("ana",))) == frozenset()
    assert {key.partition(":")[0] for key in keys_of(Portrait(emails=("info@example.com",)))} == {"email"}
    assert {key.partition(":")[0] for key in keys_of(Portrait(names=("bo li",)))} == {"name", "sound"}


def test_a_pair_with_several_keys_in_common_is_compared_once() -> None:
    portrait = Portrait(("ana ruiz",), (NUMBER,), ("ana.ruiz@example.com",))

    assert list(pairs({"b": portrait, "a": portrait})) == [("a", "b")]


def test_a_name_that_too_many_have_makes_no_pairs_of_them() -> None:
    many = {f"{number:02}": Portrait(names=("ana ruiz",)) for number in range(MOST_HOLDERS + 1)}
    enough = dict(list(many.items())[1:])

    assert list(pairs(many)) == []
    assert len(list(pairs(enough))) == MOST_HOLDERS * (MOST_HOLDERS - 1) // 2


def test_in_the_crowd_of_a_switchboard_only_names_that_sound_alike_are_compared() -> None:
    letters = "abcdefghijklmno"
    crowd = {each: Portrait((f"{each}nna {each}osta",), (NUMBER,)) for each in letters}
    crowd["x"] = Portrait(("anna acosta",), (NUMBER,))

    assert ("a", "x") in set(pairs(crowd))
    assert ("a", "k") not in set(pairs(crowd))


def test_a_value_is_shared_when_two_of_its_names_can_not_be_one_persons() -> None:
    ana, ann, luis = (Portrait(names=(name,), phones=(NUMBER,)) for name in ("ana ruiz", "ana", "luis ruiz"))

    assert not is_shared([ana, ann, Portrait(phones=(NUMBER,))])
    assert is_shared([ana, ann, luis])
    assert known([ana, luis]) == ({NUMBER}, set())


def test_a_value_that_more_hold_than_anybody_looks_at_is_a_crowds_and_not_shared() -> None:
    names = ("ana", "bob", "eva", "luis", "kim", "tom", "zoe", "max", "ida")

    found = known([Portrait(names=(each,), phones=(NUMBER,)) for each in names])

    assert len(names) == MOST_CONTACTS_A_VALUE + 1
    assert found == (set(), {NUMBER})


def test_a_portrait_shows_a_bounded_number_of_values_of_each_kind() -> None:
    assert (
        len(keys_of(Portrait(emails=tuple(f"x{n}@example.com" for n in range(MOST_VALUES))))) <= MOST_VALUES
    )

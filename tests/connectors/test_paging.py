"""The styles of paging: what is asked for each page, and what leads on."""

from typing import Any

import msgspec
import pytest

from integrations.answer import Answer
from integrations.http import Request
from integrations.paging import At, Backwards, LastId, Link, Numbers, Offsets, OnePage, Paging, Token

FULL = [{"id": 1}, {"id": 2}]
GET = Request(path="/people", params={"sort": "name"})
POST = Request(path="/search", method="POST", body={"sort": "name", "page": {"kind": "x"}})


def answer(value: object, entries: str = "people") -> Answer:
    return Answer(msgspec.json.encode(value), entries)


def walked(paging: Paging, request: Request, *answers: Any) -> list[Request]:
    """Return the requests that a list of answers leads to."""
    asked, following = [], ""
    for each in answers:
        at = At(next=following, size=2)
        asked.append(paging.ask(request, at))
        following = paging.following(answer(each), at)
    assert not following
    return asked


CASES = [
    (OnePage(), GET, [{"people": FULL}], [{"sort": "name"}]),
    (
        Token("meta.next", "after", size="limit"),
        GET,
        [{"people": FULL, "meta": {"next": "t"}}, {"people": FULL, "meta": None}],
        [{"sort": "name", "limit": 2}, {"sort": "name", "limit": 2, "after": "t"}],
    ),
    (
        Token("next", "after", more="more", alone=True),
        GET,
        [{"people": [], "next": "t", "more": True}, {"people": [], "next": "u", "more": False}],
        [{"sort": "name"}, {"after": "t"}],
    ),
    (
        Numbers("page", size="per_page"),
        GET,
        [{"people": FULL}, {"people": FULL[:1]}],
        [{"sort": "name", "per_page": 2, "page": 1}, {"sort": "name", "per_page": 2, "page": 2}],
    ),
    (
        Numbers("page", first=0),
        GET,
        [{"people": FULL[:1]}, {"people": []}],
        [{"sort": "name", "page": 0}, {"sort": "name", "page": 1}],
    ),
    (
        Numbers("page", more="more"),
        GET,
        [{"people": FULL[:1], "more": 7}, {"people": FULL, "more": None}],
        [{"sort": "name", "page": 1}, {"sort": "name", "page": 2}],
    ),
    (
        Offsets("offset", "limit"),
        GET,
        [{"people": FULL}, {"people": FULL[:1]}],
        [{"sort": "name", "limit": 2, "offset": 0}, {"sort": "name", "limit": 2, "offset": 2}],
    ),
    (
        Offsets("offset", "limit", more="more"),
        GET,
        [{"people": FULL[:1], "more": True}, {"people": FULL, "more": False}],
        [{"sort": "name", "limit": 2, "offset": 0}, {"sort": "name", "limit": 2, "offset": 1}],
    ),
    (
        LastId("starting_after", "limit", more="more"),
        GET,
        [{"people": FULL, "more": True}, {"people": FULL, "more": False}],
        [{"sort": "name", "limit": 2}, {"sort": "name", "limit": 2, "starting_after": "2"}],
    ),
    (
        LastId("starting_after", "limit"),
        GET,
        [{"people": FULL}, {"people": []}],
        [{"sort": "name", "limit": 2}, {"sort": "name", "limit": 2, "starting_after": "2"}],
    ),
]


@pytest.mark.parametrize(("paging", "request_", "answers", "params"), CASES)
def test_each_page_is_asked_for_as_its_style_has_it(
    paging: Paging, request_: Request, answers: list[Any], params: list[dict[str, Any]]
) -> None:
    asked = walked(paging, request_, *answers)

    assert [dict(each.params) for each in asked] == params


def test_a_link_is_followed_as_it_is() -> None:
    first = {"people": FULL, "links": {"next": "/people?page=2"}}

    asked = walked(Link("links.next", size="limit"), GET, first, {"people": []})

    assert asked == [
        Request(path="/people", params={"sort": "name", "limit": 2}),
        Request(path="/people?page=2"),
    ]


def test_a_list_that_is_searched_for_has_its_page_in_the_body() -> None:
    first = {"people": FULL, "next": "t"}

    asked = walked(Token("next", "page.after", size="page.size"), POST, first, {"people": []})

    assert [each.body for each in asked] == [
        {"sort": "name", "page": {"kind": "x", "size": 2}},
        {"sort": "name", "page": {"kind": "x", "size": 2, "after": "t"}},
    ]
    assert POST.body == {"sort": "name", "page": {"kind": "x"}}


def test_numbers_only_rise_so_a_page_that_comes_back_is_what_shows_a_circle() -> None:
    page, other = answer({"people": FULL}), answer({"people": FULL[:1]})

    assert Numbers("page").marker(page, "2") == Numbers("page").marker(page, "3")
    assert Numbers("page").marker(page, "2") != Numbers("page").marker(other, "2")
    assert Token("next", "after").marker(page, "t") != Token("next", "after").marker(page, "u")


@pytest.mark.parametrize(
    ("body", "entries", "said"),
    [
        ({}, "people", "`$.people` is missing"),
        ({"data": None}, "data.people", "`$.data.people` is missing"),
        ({"data": []}, "data.people", "Expected `object`"),
        ({"people": {}}, "people", "Expected `array"),
        ([], "people", "Expected `object`"),
        ({}, "", "Expected `array"),
    ],
)
def test_an_answer_without_its_entries_is_not_what_the_vendor_describes(
    body: object, entries: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace("$", r"\$")):
        answer(body, entries)


def test_an_empty_list_may_be_null() -> None:
    assert answer({"people": None}).entries == []


def test_what_leads_on_is_a_text_or_a_number() -> None:
    page = answer({"people": [], "a": "t", "b": 7, "c": None, "d": False, "e": {}})

    assert [page.text(name) for name in ("a", "b", "c", "d", "x")] == ["t", "7", "", "", ""]
    with pytest.raises(ValueError, match=r"Expected a text - at `\$\.e`"):
        page.text("e")


def test_a_last_entry_without_an_id_is_not_what_the_vendor_describes() -> None:
    with pytest.raises(ValueError, match="The last entry has no `id`"):
        LastId("after", "limit", more="more").following(answer({"people": [{}], "more": True}), At(size=2))


@pytest.mark.parametrize(
    "first_page", [{"people": [], "count": 3}, {"people": FULL, "count": 0}, {"people": FULL}]
)
def test_a_first_page_that_contradicts_its_count_is_not_taken_for_the_whole_list(first_page: object) -> None:
    with pytest.raises(ValueError, match=r"`\$\.count`"):
        Backwards("page", count="count").following(answer(first_page), At(size=2))


def test_an_empty_list_has_no_last_page_to_begin_with() -> None:
    assert Backwards("page", count="count").following(answer({"people": [], "count": "0"}), At(size=2)) == ""

"""The picture of a score: bars that add up, drawn the same in a terminal, as SVG and on a page, and safe to open."""

import io
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from worker.cli.likeness import waterfall
from worker.domain.matching.scoring import Part, Score

NUMBER = "+12025550123"
SCORE = Score(
    1.0, (Part("phone", "mobile", 6.0, NUMBER, NUMBER), Part("name", "different by phone", -3.5, "ana", "bo"))
)
HOSTILE = "<script>alert('x')</script>\x1b[31m"


def said(part: Part) -> str:
    return f"what the {part.comparison} says"


def printed(score: Score, encoding: str = "utf-8") -> list[str]:
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=written, width=100, highlight=False)
    waterfall.print_bars(console, score, waterfall.steps(score, said))
    written.seek(0)
    return [line.rstrip() for line in written.read().splitlines()]


def bar(line: str, signs: str) -> tuple[int, int]:
    """Return from which column to which a bar is drawn."""
    columns = [place for place, character in enumerate(line) if character in signs]
    return columns[0], columns[-1] + 1


def test_each_bar_begins_where_the_one_before_ended() -> None:
    bars = waterfall.steps(SCORE, said)

    assert [(each.start, each.end) for each in bars] == [(0, 1.0), (1.0, 7.0), (7.0, 3.5)]
    assert bars[-1].end == SCORE.weight


def test_a_terminal_shows_words_weights_and_bars_that_join() -> None:
    before, phone, name, together = printed(SCORE)

    assert before.startswith("of the pairs that are looked at, 67 % are one person")
    assert phone.startswith("what the phone says")
    assert "-3.5" in name
    assert bar(before, "█")[1] == bar(phone, "█")[0]
    assert bar(phone, "█")[1] == bar(name, "░")[1]
    assert together.split() == ["together", "+3.5", "bits:", "92", "%", "are", "one", "person"]


def test_a_terminal_without_such_signs_gets_plain_ones() -> None:
    _, phone, name, _ = printed(SCORE, encoding="ascii")

    assert bar(phone, "#")[1] == bar(name, "=")[1]


def test_what_speaks_against_goes_to_the_left_of_zero() -> None:
    before, phone, _ = printed(Score(-2.0, (Part("phone", "different", -3.0),)))

    assert bar(phone, "░")[1] == bar(before, "░")[0]
    assert before.rstrip().endswith("│")


def test_svg_has_a_bar_of_its_length_for_each_step() -> None:
    bars = waterfall.steps(SCORE, said)

    drawn = ET.fromstring(waterfall.svg("Ana and Bo", SCORE, bars))  # noqa: S314 - our own text

    _, *rectangles = drawn.findall("{http://www.w3.org/2000/svg}rect")
    per_bit = {
        round(float(each.attrib["width"]) / abs(step.weight), 1)
        for each, step in zip(rectangles, bars, strict=True)
    }
    assert len(per_bit) == 1
    ends = [float(each.attrib["x"]) + float(each.attrib["width"]) for each in rectangles]
    assert ends[1] == pytest.approx(ends[2], abs=0.2)
    assert max(ends) <= float(drawn.attrib["viewBox"].split()[2])


def test_long_words_are_wrapped_into_the_picture() -> None:
    bars = waterfall.steps(SCORE, lambda _: "word " * 30)

    drawn = ET.fromstring(waterfall.svg("Ana and Bo", SCORE, bars))  # noqa: S314 - our own text

    lines = [each.text or "" for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert max(map(len, lines)) <= 70


def test_what_records_hold_is_text_in_svg_and_on_a_page() -> None:
    bars = waterfall.steps(SCORE, lambda _: HOSTILE)
    facts = [("who", [HOSTILE], []), (HOSTILE, ["a"], ["b", "c"])]

    svg, page = waterfall.svg(HOSTILE, SCORE, bars), waterfall.html(HOSTILE, HOSTILE, facts, SCORE, bars)

    for drawn in (svg, page):
        assert "<script" not in drawn
        assert "\x1b" not in drawn
        assert "&lt;script&gt;" in drawn
    assert "<td>-</td>" in page
    assert "<td>b<br>c</td>" in page


def test_a_page_loads_nothing() -> None:
    page = waterfall.html("Ana and Bo", "", [], SCORE, waterfall.steps(SCORE, said))

    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page

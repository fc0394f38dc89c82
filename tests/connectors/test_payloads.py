"""Entries one by one: a bad one becomes a reject with a reason, and the others stay."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from integrations.contract import ContactRecord, Moment
from integrations.payloads import (
    LONGEST_ENTRY,
    LONGEST_REJECT,
    Entries,
    Key,
    Payload,
    decode,
    mail_time,
    read_entries,
)


class Entry(Payload):
    id: Key
    at: Moment
    copies: int = 1


def entries(*items: bytes) -> Entries:
    def records(entry: Entry) -> Iterator[ContactRecord]:
        if entry.copies < 0:
            raise ValueError("Fewer than none - at `$.copies`")
        for number in range(entry.copies):
            yield ContactRecord(id=f"{entry.id}-{number}", occurred_at=entry.at, identifiers=())

    return read_entries([msgspec.Raw(item) for item in items], Entry, where="calls", records=records)


def test_an_entry_makes_as_many_records_as_it_says() -> None:
    none, two = b'{"id": "a", "at": 0, "copies": 0}', b'{"id": "b", "at": 0, "copies": "2"}'

    read = entries(none, two)

    assert [delivery.record.id for delivery in read.deliveries] == ["b-0", "b-1"]
    assert {delivery.raw for delivery in read.deliveries} == {two.decode()}
    assert read.rejected == ()


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b'{"id": "", "at": 0}', "Expected `str` of length >= 1 - at `$.id`"),
        (b'{"id": "a"}', "Object missing required field `at`"),
        (
            b'{"id": "a", "at": "2026-03-02T10:00:00"}',
            "Expected `datetime` with a timezone component - at `$.at`",
        ),
        (b'{"id": "a", "at": 0, "copies": -1}', "Fewer than none - at `$.copies`"),
        (b'{"id": "\xff", "at": 0}', "The text is not valid UTF-8"),
        (b'"a"', "Expected `object`, got `str`"),
    ],
)
def test_a_bad_entry_is_rejected_by_itself(item: bytes, reason: str) -> None:
    good = b'{"id": "good", "at": 0}'

    read = entries(good, item, good)

    (reject,) = read.rejected
    assert (reject.where, reject.reason) == ("calls, entry 2", reason)
    assert reject.raw == item.decode("utf-8", "replace")
    assert len(read.deliveries) == 2


def test_a_gigantic_entry_is_rejected_and_kept_only_in_part() -> None:
    read = entries(b'{"id": "a", "at": 0, "note": "' + b"x" * LONGEST_ENTRY + b'"}')

    (reject,) = read.rejected
    assert "bytes; at most 1,048,576 are read" in reject.reason
    assert len(reject.raw) == LONGEST_REJECT


def test_an_answer_in_another_encoding_says_so_without_its_text() -> None:
    with pytest.raises(ValueError, match=r"^The text is not valid UTF-8$"):
        decode(b'{"id": "Ren\xe9", "at": 0}', Entry)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 02 Mar 2026 10:00:00 +0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_a_mail_date_is_a_moment(text: str, moment: datetime) -> None:
    assert mail_time(text, "start_time") == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Mon, 42 Mar 2026 10:00:00 +0000", "Mon, 02 Mar 99999999 10:00 +0000"]
)
def test_another_date_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected a date as in RFC 2822 - at `\$\.start_time`$"):
        mail_time(text, "start_time")

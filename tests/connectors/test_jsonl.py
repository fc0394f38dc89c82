"""Files in the canonical form: each line is a record or a reject, and one bad line costs itself."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.canonical import delivery_of
from integrations.contract import About, ContactRecord, Level, Token
from integrations.errors import FormatError
from tests.connectors.importing import pages_in, reasons, records, rejects

LINE = {
    "id": "call-77",
    "occurred_at": "2026-03-01T10:00:00Z",
    "updated_at": "2026-03-01T10:05:00Z",
    "name": "Ana Ruiz",
    "identifiers": [
        {"type": "phone", "value": "+34 612 34 56 78", "level": "observed"},
        {"type": "email", "value": "Ana@example.com", "level": "verified", "method": "otp"},
        {"type": "account", "namespace": "app", "value": "u-17", "level": "verified", "method": "session"},
        {"type": "device", "namespace": "site", "value": "ck_9", "level": "verified", "method": "cookie"},
    ],
    "profile": {"company": "Acme"},
    "about": {"source": "pbx", "id": "call-70"},
    "interactions": [
        {
            "id": "call-77",
            "kind": "call",
            "at": "2026-03-01T10:00:00Z",
            "direction": "inbound",
            "summary": "asked for an invoice",
        }
    ],
    "notes": [{"id": "n1", "at": "2026-03-01T10:06:00Z", "author": "agent-3", "body": "prefers mornings"}],
    "deleted": False,
}


NO_ZONE = "Expected `datetime` with a timezone component - at `$.occurred_at`"


def a_line(**fields: Any) -> bytes:
    return json.dumps(
        {"id": "r1", "occurred_at": "2026-03-01T10:00:00Z", "identifiers": [], **fields}
    ).encode()


def reason(folder: Path, line: bytes) -> str:
    return reasons(pages_in(folder, "a.jsonl", a_line(id="before") + b"\n" + line + b"\n" + a_line()))[
        "line 2"
    ]


def test_a_line_is_the_record_that_it_says(tmp_path: Path) -> None:
    line = json.dumps(LINE).encode()

    (page,) = pages_in(tmp_path, "a.jsonl", line)

    (delivery,) = page.deliveries
    assert type(delivery.record) is ContactRecord
    assert delivery.record == msgspec.json.decode(line, type=ContactRecord)
    assert delivery.raw is None
    assert (page.stamp, page.rejected, page.warnings, page.share_read) == (None, (), (), 1.0)


def test_a_level_that_is_not_stated_stays_open() -> None:
    line = a_line(identifiers=[{"type": "email", "value": "ana@example.com"}])

    assert delivery_of(line).record.identifiers[0].level is None


def test_what_a_record_is_about_is_certain_unless_it_says_how_sure_it_is() -> None:
    said = {"source": "pbx", "id": "call-70"}

    certain, merged = (delivery_of(a_line(about=each)) for each in (said, {**said, "level": "claimed"}))

    assert certain.record.about == About("pbx", "call-70", Level.VERIFIED)
    assert merged.record.about == About("pbx", "call-70", Level.CLAIMED)
    assert (merged.record.profile, merged.raw) == ({}, None)


def test_a_level_of_about_that_is_none_is_refused_without_its_value(tmp_path: Path) -> None:
    line = a_line(about={"source": "pbx", "id": "call-70", "level": "quite"})

    assert reason(tmp_path, line) == "Expected claimed, observed, stored or verified - at `$.about.level`"


def test_unknown_fields_are_kept_in_the_profile_beside_the_text() -> None:
    line = a_line(fax="+34 91", profile={"company": "Acme", "tier": 1}, tier=2)

    delivery = delivery_of(line)

    assert delivery.record.profile == {"fax": "+34 91", "company": "Acme", "tier": 1}
    assert delivery.raw == line.decode()


def test_a_backslash_before_what_looks_like_a_nul_is_text() -> None:
    assert delivery_of(a_line(name="\\u0000", profile={"a": [1, None]})).record.name == "\\u0000"


def test_unknown_fields_inside_an_interaction_are_kept_in_the_text() -> None:
    call = {"id": "c1", "kind": "call", "at": "2026-03-01T10:00:00Z", "seconds": 62}

    delivery = delivery_of(a_line(interactions=[call]))

    assert delivery.record.profile == {}
    assert '"seconds": 62' in str(delivery.raw)


def test_blank_lines_windows_endings_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + a_line(id="a") + b"\r\n\r\n  \n" + a_line(id="b") + b"\r\n" + a_line(id="c")

    pages = pages_in(tmp_path, "a.jsonl", content)

    assert [record.id for record in records(pages)] == ["a", "b", "c"]
    assert not rejects(pages)


def test_records_come_in_the_order_of_the_file_and_as_often_as_they_stand_there(tmp_path: Path) -> None:
    content = b"\n".join([a_line(id="b"), a_line(id="a"), a_line(id="b")])

    assert [record.id for record in records(pages_in(tmp_path, "a.jsonl", content))] == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "Input data was truncated"),
        (b"nonsense", "JSON is malformed: invalid character (byte 4)"),
        (b"[1]", "Expected `object`, got `array`"),
        (b'{"id": "x"}', "Object missing required field `occurred_at`"),
        (a_line(id=7), "Expected `str`, got `int` - at `$.id`"),
        (a_line(id=" "), "id: is empty"),
        (a_line(name="a\0b"), "name: holds a NUL character"),
        (a_line(profile={"a": [{"b": "\0"}]}), "profile.a[0].b: holds a NUL character"),
        (a_line(profile={"a\0": 1}), "profile: a field's name: holds a NUL character"),
        (a_line(**{"a\0": 1}), "a field's name: holds a NUL character"),
        (a_line(identifiers=[{"type": "email", "value": "\0"}]), "identifiers[0].value: holds a NUL character"),
        (a_line(occurred_at="2026-03-01T10:00:00"), NO_ZONE),
        (a_line(occurred_at="0001-01-01T00:00:00+14:00"), "occurred_at: is out of range"),
        (a_line(updated_at="9999-12-31T23:59:59-14:00"), "updated_at: is out of range"),
        (a_line(notes=[{"id": "n", "at": "9999-12-31T23:59:59-14:00", "body": ""}]), "notes: at is out of range"),
        (
            a_line(identifiers=[{"type": "email", "value": "x", "level": "ana@example.com"}]),
            "Expected claimed, observed, stored or verified - at `$.identifiers[0].level`",
        ),
        (
            a_line(identifiers=[{"type": "ana@example.com", "value": "x"}]),
            "Expected account, email, phone, device or handle - at `$.identifiers[0].type`",
        ),
        (a_line(name="x").replace(b'"x"', b'"\xff"'), "the line is not valid UTF-8 (byte 80)"),
        (a_line(fax="x").replace(b'"x"', b'"\xff"'), "the line is not valid UTF-8 (byte 79)"),
        (a_line(name="x").replace(b'"x"', b'"\\ud800"'), "name: holds half a character (a lone surrogate)"),
        (a_line(name="x").replace(b'"x"', b'"\\ud800'), "Input data was truncated"),
        (a_line(name=7, fax="\U0001f600"), "Expected `str | null`, got `int` - at `$.name`"),
        (a_line(fax=0).replace(b": 0", b": " + b"[" * 5000 + b"]" * 5000), "the JSON is nested too deeply"),
        (b"\0\0\0", "JSON is malformed: invalid character (byte 0)"),
    ],
)  # fmt: skip
def test_a_bad_line_is_rejected_with_its_field_and_without_its_value(
    tmp_path: Path, line: bytes, expected: str
) -> None:
    found = reason(tmp_path, line)

    assert found == expected
    assert "ana@" not in found


def test_the_rejected_line_is_kept_as_text_that_a_database_can_hold(tmp_path: Path) -> None:
    (rejected,) = rejects(pages_in(tmp_path, "a.jsonl", b'{"id": "\0\xff'))

    assert rejected.raw == '{"id": "\ufffd\ufffd'


def test_a_last_line_that_was_cut_off_is_a_reject_and_the_lines_before_it_are_not(tmp_path: Path) -> None:
    pages = pages_in(tmp_path, "a.jsonl", a_line(id="whole") + b"\n" + a_line(id="cut")[:-5])

    assert [record.id for record in records(pages)] == ["whole"]
    assert list(reasons(pages)) == ["line 2"]


def test_a_line_of_megabytes_is_rejected_by_its_size_and_the_next_is_read(tmp_path: Path) -> None:
    long = a_line(name="x" * 5_000_000)

    pages = pages_in(tmp_path, "a.jsonl", long + b"\n" + a_line(id="next") + b"\n" + long)

    assert [record.id for record in records(pages)] == ["next"]
    assert reasons(pages) == {
        "line 1": f"the line has {len(long) + 1:,} bytes; at most 1,048,576 are read",
        "line 3": f"the line has {len(long):,} bytes; at most 1,048,576 are read",
    }
    assert all(len(rejected.raw) < 20_000 for rejected in rejects(pages))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[\n" + a_line() + b"]", "the file is a JSON list; write one record a line"),
        ("{}".encode("utf-16"), "the file is in UTF-16; save it as UTF-8"),
        (b"PK\x03\x04...", "this is a ZIP archive or an Excel workbook"),
    ],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(tmp_path: Path, content: bytes, expected: str) -> None:
    with pytest.raises(FormatError, match=expected):
        pages_in(tmp_path, "a.jsonl", content)


def test_an_empty_file_holds_no_records_and_says_so(tmp_path: Path) -> None:
    (page,) = pages_in(tmp_path, "a.jsonl", b"")

    assert (page.deliveries, page.warnings, page.more) == ((), ("the file is empty",), False)


def test_times_are_the_moments_that_the_line_states() -> None:
    record = delivery_of(a_line(occurred_at="2026-03-01T12:00:00+02:00")).record

    assert record.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_levels_are_read_by_their_names() -> None:
    levels = [each.level for each in delivery_of(json.dumps(LINE).encode()).record.identifiers]

    assert levels == [Level.OBSERVED, Level.VERIFIED, Level.VERIFIED, Level.VERIFIED]


def test_the_record_in_the_reference_is_one() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "import-files.md"
    example, *_ = re.findall(r"```json\n(.*?)\n```", page.read_text(encoding="utf-8"), re.DOTALL)

    delivery = delivery_of(example.encode())

    assert (delivery.record.id, delivery.raw) == ("call-77", None)


class TestTokens:
    """The token that stated an identifier is read as strictly as the rest, and nothing in it is passed over."""

    @staticmethod
    def line(token: object) -> bytes:
        return a_line(
            identifiers=[
                {"type": "account", "namespace": "app", "value": "u-17", "level": "verified", "token": token}
            ]
        )

    def test_a_token_comes_through_as_it_was_written(self) -> None:
        token = Token(id="a3f1c0", expires_at=datetime(2026, 3, 1, 10, 5, tzinfo=UTC), audience="support")
        written = msgspec.json.encode(token)

        delivery = delivery_of(self.line(json.loads(written)))

        assert delivery.record.identifiers[0].token == token
        assert (
            msgspec.json.decode(msgspec.json.encode(delivery.record), type=ContactRecord) == delivery.record
        )
        assert delivery.raw is None

    def test_its_id_is_enough(self) -> None:
        assert delivery_of(self.line({"id": "a3f1c0"})).record.identifiers[0].token == Token(id="a3f1c0")

    def test_null_is_no_token(self) -> None:
        assert delivery_of(self.line(None)).record.identifiers[0].token is None

    @pytest.mark.parametrize(
        ("token", "why"),
        [
            ({}, "Object missing required field `id` - at `$.identifiers[0].token`"),
            ({"id": ""}, "identifiers[0].token.id: is empty"),
            ({"id": "  "}, "identifiers[0].token.id: is empty"),
            ({"id": 5}, "Expected `str`, got `int` - at `$.identifiers[0].token.id`"),
            ("a3f1c0", "Expected `object | null`, got `str` - at `$.identifiers[0].token`"),
            (
                {"id": "a", "expires_at": "2026-03-01T10:05:00"},
                "Expected `datetime` with a timezone component - at `$.identifiers[0].token.expires_at`",
            ),
            (
                {"id": "a", "expires_at": "9999-12-31T23:00:00-10:00"},
                "identifiers[0].token.expires_at: is out of range",
            ),
            (
                {"id": "a", "audience": ["support"]},
                "Expected `str`, got `array` - at `$.identifiers[0].token.audience`",
            ),
            (
                {"id": "a", "exp": 1772359500},
                "identifiers[0].token: has an unknown field; it takes id, expires_at, audience",
            ),
        ],
    )
    def test_what_is_wrong_rejects_the_line_with_its_place(
        self, tmp_path: Path, token: object, why: str
    ) -> None:
        assert reason(tmp_path, self.line(token)) == why

    def test_identifiers_without_one_may_stand_beside_it(self) -> None:
        line = a_line(
            identifiers=[
                {"type": "email", "value": "a@example.com"},
                {"type": "account", "value": "u-17", "token": {"id": "a3f1c0"}},
            ]
        )

        assert [each.token for each in delivery_of(line).record.identifiers] == [None, Token(id="a3f1c0")]

"""A vendor that a file declares: the contract's cases, and what each table of the file does."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations import scaffold
from integrations.contract import ContactRecord, Identifier, Interaction, Level
from integrations.declared import declared
from integrations.errors import AccessError
from integrations.source import Source
from tests.connectors.contract import ConnectorContract, Recording, Vendor, always, read, records
from worker.demo.simulator_server import Answer, answer_json

TEMPLATE = scaffold.a_declaration(Path("/nowhere"), "ring-post")[0].text

PEOPLE = (Path(scaffold.TEMPLATES) / "people.json").read_bytes()

CALLS = """
base_url = "https://api.ringpost.example"
auth = { style = "header", header = "x-key", scheme = "Key " }
headers = { x-version = "7" }

[[streams]]
name = "calls"
path = "/calls"
entries = "data.calls"
times = "unix-ms"
params = { from = "{since}", to = "{until}", kind = "all", depth = 2 }
page = { style = "number", sends = "page", size = "per_page" }
changed = { style = "spans", longest = "P30D", overlap = { least = 3600, most = 3600 }, reach = "P20D" }
[streams.record]
prefix = "call:"
occurred_at = "started"
updated_at = "ended"
deleted = "deleted_at"
name = ["caller.first", "caller.last"]
profile = { queue = "queue.name", score = "score" }
[streams.record.interaction]
kind = "call"
direction = "direction"
inbound = ["in", "missed"]
summary = ["outcome", "note"]
[[streams.record.identifiers]]
type = "phone"
at = "from"
level = "observed"
reason = "The channel carried it."
when = { direction = ["in", "missed"] }
[[streams.record.identifiers]]
type = "phone"
at = "to"
level = "claimed"
reason = "Somebody dialled it."
when = { direction = "out" }
[[streams.record.identifiers]]
type = "account"
namespace = "app"
at = "tags[].user.id"
level = "stored"
reason = "Our own server tags calls with it."
"""
A_SWEEP = """
[[streams]]
name = "people"
path = "/people"
sweeps = true
changed = { style = "whole", every = "P1D" }
[streams.record]
occurred_at = "at"
"""
CALL = {
    "id": 77,
    "started": 1772445600000,
    "ended": 1772445660000,
    "direction": "in",
    "from": "+12025550142",
    "to": "+12025550100",
    "caller": {"first": "Ana", "last": "Ruiz"},
    "queue": {"name": "sales"},
    "score": None,
    "outcome": "answered",
    "tags": [{"user": {"id": 5}}, {"user": None}, {}, {"user": {"id": True}}],
}


class TestDeclared(ConnectorContract):
    connector = "declared"

    @pytest.fixture(autouse=True)
    def file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "ring-post.toml"
        self.path.write_text(TEMPLATE, encoding="utf-8")

    @property
    def recording(self) -> Recording:
        told = msgspec.json.decode(PEOPLE, type=Recording)
        # The template declares no whole list, so the run that reads one ends before.
        return msgspec.structs.replace(told, runs=told.runs[:2], settings={"path": str(self.path)})


def source(folder: Path, text: str, url: str, **secrets: str) -> Source:
    file = folder / "vendor.toml"
    file.write_text(text, encoding="utf-8")
    return Source(
        name="vendor",
        connector="declared",
        settings={"path": str(file), "base_url": url},
        secrets=secrets or {"token": "made-up"},
    )


def only_record(folder: Path, **changed: Any) -> ContactRecord:
    page = answer_json({"data": {"calls": [{**CALL, **changed}]}})
    with Vendor(always(page)) as vendor:
        (record,) = records([declared(source(folder, CALLS, vendor.url)).fetch(None)])
    return record


class TestCalls:
    def test_a_record_has_what_its_places_hold(self, tmp_path: Path) -> None:
        record = only_record(tmp_path)

        assert (record.id, record.name, record.profile) == ("call:77", "Ana Ruiz", {"queue": "sales"})
        assert record.occurred_at.isoformat() == "2026-03-02T10:00:00+00:00"
        assert record.updated_at is not None
        assert record.updated_at.isoformat() == "2026-03-02T10:01:00+00:00"
        assert record.interactions == (
            Interaction(
                id="call:77", kind="call", at=record.occurred_at, direction="inbound", summary="answered"
            ),
        )

    def test_an_identifier_stands_where_its_condition_holds(self, tmp_path: Path) -> None:
        tagged = Identifier(type="account", namespace="app", value="5", level=Level.STORED)
        inbound = only_record(tmp_path)
        outbound = only_record(tmp_path, direction="out")

        assert inbound.identifiers == (
            Identifier(type="phone", value="+12025550142", level=Level.OBSERVED),
            tagged,
        )
        assert outbound.identifiers == (
            Identifier(type="phone", value="+12025550100", level=Level.CLAIMED),
            tagged,
        )
        assert outbound.interactions[0].direction == "outbound"

    def test_a_deleted_entry_says_only_that(self, tmp_path: Path) -> None:
        record = only_record(tmp_path, deleted_at=1772445660000)

        assert record.deleted
        assert record.identifiers == ()
        assert record.name is msgspec.UNSET

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"id": None}, "An id is missing - at `$.id`"),
            ({"started": "soon"}, "Expected a time with its zone (unix-ms) - at `$.started`"),
            ({"ended": None}, "Expected a time with its zone (unix-ms) - at `$.ended`"),
        ],
    )
    def test_an_entry_without_what_a_record_needs_is_rejected(
        self, tmp_path: Path, changed: dict[str, Any], reason: str
    ) -> None:
        page = answer_json({"data": {"calls": [{**CALL, **changed}]}})
        with Vendor(always(page)) as vendor:
            (rejected,) = declared(source(tmp_path, CALLS, vendor.url)).fetch(None).rejected

        assert rejected.reason == reason

    def test_requests_are_as_the_file_says(self, tmp_path: Path) -> None:
        with Vendor(always(answer_json({"data": {"calls": []}}))) as vendor:
            read(declared(source(tmp_path, CALLS, vendor.url)))

        (asked,) = vendor.asked
        assert (asked.headers["x-key"], asked.headers["x-version"]) == ("Key made-up", "7")
        assert int(asked.query["to"]) - int(asked.query["from"]) == 20 * 24 * 3600 * 1000
        assert (asked.query["kind"], asked.query["depth"], asked.query["page"]) == ("all", "2", "1")

    def test_unix_seconds_are_written_as_such(self, tmp_path: Path) -> None:
        text = CALLS.replace("unix-ms", "unix")
        with Vendor(always(answer_json({"data": {"calls": []}}))) as vendor:
            read(declared(source(tmp_path, text, vendor.url)))

        assert int(vendor.asked[0].query["to"]) - int(vendor.asked[0].query["from"]) == 20 * 24 * 3600

    def test_basic_credentials_are_a_user_and_perhaps_a_password(self, tmp_path: Path) -> None:
        text = CALLS.replace('{ style = "header", header = "x-key", scheme = "Key " }', '{ style = "basic" }')
        with Vendor(always(answer_json({"data": {"calls": []}}))) as vendor:
            read(declared(source(tmp_path, text, vendor.url, user="key")))

        assert vendor.asked[0].headers["authorization"] == "Basic a2V5Og=="


class TestWrongFiles:
    """What is wrong in the file is named before anything is sent."""

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('style = "number"', 'style = "numbers"', "$.streams[0].page.style"),
            ('level = "observed"', 'level = "sure"', "$.streams[0].record.identifiers[0].level"),
            ('reason = "The channel carried it."', "", "reason"),
            ('occurred_at = "started"', "", "occurred_at"),
            ('path = "/calls"', 'path = "/calls"\npaht = "/x"', "paht"),
            ("[[streams]]", "[streams", "line"),
            ("[[streams]]", A_SWEEP.replace("people", "calls") + "[[streams]]", "Two streams have one name"),
            ("[[streams]]", A_SWEEP + "[[streams]]", "The keys of calls begin as those of people do"),
        ],
    )
    def test_the_place_is_named_with_what_to_type(
        self, tmp_path: Path, old: str, new: str, said: str
    ) -> None:
        with pytest.raises(
            AccessError, match=r"vendor: vendor\.toml: (?s:.*)avouch sources test vendor"
        ) as caught:
            declared(source(tmp_path, CALLS.replace(old, new, 1), "https://api.ringpost.example"))

        assert said in str(caught.value)

    def test_a_list_whose_keys_begin_in_a_way_of_their_own_may_sweep(self, tmp_path: Path) -> None:
        sweep = A_SWEEP + 'prefix = "person:"\n'

        connector = declared(source(tmp_path, CALLS + sweep, "https://api.ringpost.example"))

        assert [part.name for part in connector.parts()] == ["calls", "people"]

    def test_a_file_that_is_not_there_is_said(self) -> None:
        missing = Source(
            name="vendor", connector="declared", settings={"path": "/nowhere/x.toml"}, secrets={"token": "t"}
        )

        with pytest.raises(AccessError, match=r"x\.toml: can't be read: No such file"):
            declared(missing)

    def test_plain_http_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(AccessError, match="https://"):
            declared(source(tmp_path, CALLS, "http://api.ringpost.example"))


def test_the_template_is_right_as_it_stands(tmp_path: Path) -> None:
    with Vendor(always(Answer(b'{"data":[]}'))) as vendor:
        connector = declared(source(tmp_path, TEMPLATE, vendor.url))

        assert [part.permission for part in connector.parts()] == ["Read contacts"]

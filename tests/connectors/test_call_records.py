"""Call records in SQL tables: SQLite files and a real PostgreSQL, filled as Asterisk and as Kamailio fill them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy

from integrations.contract import ContactRecord
from integrations.errors import AccessError, FormatError
from integrations.phone.call_marks import TAIL
from integrations.registry import connector
from tests.connectors.calling import (
    ASTERISK,
    KAMAILIO,
    NOON,
    a_dialog,
    a_row,
    a_source,
    execute,
    fill,
    ids,
    read,
    reasons,
    records,
    sqlite_file,
    told,
)

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def asterisk(folder: Path, *rows: dict[str, Any]) -> str:
    url = sqlite_file(folder, ASTERISK, 'CREATE INDEX by_start ON cdr ("start")')
    fill(url, "cdr", rows)
    return url


def kamailio(folder: Path, *rows: dict[str, Any]) -> str:
    url = sqlite_file(folder, KAMAILIO)
    fill(url, "acc_cdrs", rows)
    return url


def the_record(folder: Path, **values: Any) -> ContactRecord:
    [record] = records(read(a_source(asterisk(folder, a_row("1772445600.1", **values)))))
    return record


class TestAsterisk:
    """Its own schema has no number of rows: it is read by the start of the calls."""

    def test_a_call_from_outside_is_a_record_of_the_callers_line(self, tmp_path: Path) -> None:
        record = the_record(tmp_path)

        assert record.id == "1772445600.1-1"
        assert (record.occurred_at, record.updated_at) == (TEN, TEN + timedelta(seconds=35))
        assert told(record) == ("inbound", [("2025550111", "observed")])
        assert record.profile == {"caller_name": "Ana Ruiz"}
        assert record.interactions[0].summary == "answered, 35 s"

    @pytest.mark.parametrize(
        ("values", "direction", "expected"),
        [
            ({"src": "201", "dst": "+12025550111"}, "outbound", [("+12025550111", "observed")]),
            (
                {"src": "201", "dst": "+12025550111", "disposition": "NO ANSWER"},
                "outbound",
                [("+12025550111", "claimed")],
            ),
            ({"disposition": "BUSY"}, "inbound", [("2025550111", "observed")]),
            ({"dst": "12025550100"}, "inbound", [("2025550111", "observed")]),
            ({"dst": "s"}, "inbound", [("2025550111", "observed")]),
            ({"dst": "*97"}, "inbound", [("2025550111", "observed")]),
            ({"src": "anonymous", "clid": '"Anonymous" <anonymous>'}, "inbound", []),
            ({"src": "", "clid": ""}, "inbound", []),
            ({"src": None, "clid": None}, "inbound", []),
            ({"src": "sip:ana@pbx.example.com"}, "inbound", [("ana@pbx.example.com", "observed")]),
            ({"duration": 0, "disposition": "FAILED"}, "inbound", [("2025550111", "observed")]),
        ],
    )
    def test_the_party_outside_is_told_by_what_is_inside(
        self, tmp_path: Path, values: dict[str, Any], direction: str, expected: list[tuple[str, str]]
    ) -> None:
        assert told(the_record(tmp_path, **values)) == (direction, expected)

    def test_a_call_between_two_colleagues_is_left_out(self, tmp_path: Path) -> None:
        pages = read(a_source(asterisk(tmp_path, a_row("1", src="201", dst="202"))))

        assert (records(pages), reasons(pages)) == ([], {})

    def test_what_can_not_be_told_is_rejected_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        url = asterisk(
            tmp_path,
            a_row("1", "2026-03-02 10:00:01", dst="+12025550122"),
            a_row("2", "2026-03-02 10:00:02", src="201", dst=""),
            a_row("3", "2026-03-02 10:00:03", duration="long"),
            a_row("4", "2026-03-02 10:00:04", duration=-1),
            a_row("5", "yesterday"),
            a_row("5", "12"),
            a_row("", "2026-03-02 10:00:06", sequence=None, linkedid=""),
            a_row("7", "2026-03-02 10:00:07"),
        )

        pages = read(a_source(url))

        assert ids(pages) == ["7-1"]
        assert reasons(pages) == {
            "cdr, start 2026-03-02 10:00:01": "which party is outside can't be told: neither is among internal and own_numbers",
            "cdr, start 2026-03-02 10:00:02": "which party is outside can't be told: no number was called",
            "cdr, start 2026-03-02 10:00:03": "column duration: holds no seconds",
            "cdr, start 2026-03-02 10:00:04": "column duration: is below zero",
            "cdr, start yesterday": "column start: holds no time",
            "cdr, start 12": "column start: holds no time",
            "cdr, start 2026-03-02 10:00:06": "column uniqueid: is empty",
        }

    def test_a_second_person_on_a_number_is_another_record(self, tmp_path: Path) -> None:
        url = asterisk(
            tmp_path, a_row("1"), a_row("2", "2026-03-02 11:00:00", clid='"Ben Ruiz" <2025550111>')
        )

        found = records(read(a_source(url)))

        assert [(each.id, each.profile) for each in found] == [
            ("1-1", {"caller_name": "Ana Ruiz"}),
            ("2-1", {"caller_name": "Ben Ruiz"}),
        ]

    def test_the_legs_of_one_call_are_records_of_their_own(self, tmp_path: Path) -> None:
        url = asterisk(
            tmp_path,
            a_row("1", src="201", dst="+12025550111", sequence=1),
            a_row("1", src="201", dst="+12025550122", sequence=2),
        )

        assert ids(read(a_source(url))) == ["1-1", "1-2"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
    def test_rows_of_one_moment_are_all_read_wherever_a_page_ends(self, tmp_path: Path, limit: int) -> None:
        url = asterisk(
            tmp_path,
            a_row("1", "2026-03-02 10:00:00"),
            *(a_row(str(number), "2026-03-02 10:00:05") for number in range(2, 6)),
            a_row("6", "2026-03-02 10:00:09"),
        )

        pages = read(a_source(url, page_limit=limit))

        assert sorted(ids(pages)) == ["1-1", "2-1", "3-1", "4-1", "5-1", "6-1"]

    def test_a_row_that_appears_late_with_an_old_start_is_found(self, tmp_path: Path) -> None:
        url = asterisk(tmp_path, a_row("1"), a_row("2", "2026-03-02 11:00:00"))
        source = a_source(url)
        cursor = read(source)[-1].cursor
        fill(url, "cdr", [a_row("3", "2026-03-02 09:00:00", duration=7300)])

        assert ids(read(source, cursor)) == ["3-1", "1-1", "2-1"]

    def test_a_run_reaches_back_by_the_longest_call_and_no_further(self, tmp_path: Path) -> None:
        url = asterisk(tmp_path, a_row("1", "2026-03-02 07:59:59"), a_row("2"))
        source = a_source(url, longest_call_hours=2)
        cursor = read(source)[-1].cursor

        assert ids(read(source, cursor)) == ["2-1"]

    def test_a_row_of_the_year_3000_does_not_move_the_window(self, tmp_path: Path) -> None:
        url = asterisk(tmp_path, a_row("1"), a_row("2", "3000-01-01 00:00:00"))
        source = a_source(url)
        cursor = read(source)[-1].cursor
        fill(url, "cdr", [a_row("3", "2026-03-02 10:30:00")])

        assert "3-1" in ids(read(source, cursor))

    def test_a_run_that_brings_nothing_leaves_the_place(self, tmp_path: Path) -> None:
        source = a_source(asterisk(tmp_path))
        [first] = read(source)
        [second] = read(source, first.cursor)

        assert (second.cursor, second.more) == (first.cursor, False)

    def test_the_schema_with_calldate_is_read_by_the_number_of_its_rows(self, tmp_path: Path) -> None:
        url = sqlite_file(
            tmp_path,
            "CREATE TABLE cdr (id INTEGER PRIMARY KEY, calldate DATETIME, clid TEXT, src TEXT, dst TEXT,"
            " dstchannel TEXT, duration INT, disposition TEXT, uniqueid TEXT)",
        )
        values = {
            "calldate": "2026-03-02 10:00:00",
            "src": "2025550111",
            "dst": "201",
            "uniqueid": "1772445600.1",
        }
        fill(url, "cdr", [{"id": 4, **values}])

        assert ids(read(a_source(url))) == ["1772445600.1-4"]


class TestKamailio:
    """It numbers its rows, and keeps times in SQLite as Julian days."""

    def test_a_dialog_is_a_record_with_its_own_number_in_the_id(self, tmp_path: Path) -> None:
        [record] = records(
            read(a_source(kamailio(tmp_path, a_dialog(1, TEN)), preset="kamailio", timezone=""))
        )

        assert record.id == "call-1@203.0.113.9-1"
        assert record.occurred_at == TEN
        assert told(record) == ("inbound", [("+12025550111", "observed")])
        assert record.interactions[0].summary == "34.56 s"

    def test_a_caller_who_repeats_a_call_id_makes_another_record(self, tmp_path: Path) -> None:
        url = kamailio(
            tmp_path,
            a_dialog(1, TEN, callid="same"),
            a_dialog(2, TEN, callid="same", src_user="+12025550122"),
            a_dialog(3, TEN, src_user="anonymous"),
        )

        found = records(read(a_source(url, preset="kamailio")))

        assert [told(each)[1] for each in found] == [
            [("+12025550111", "observed")],
            [("+12025550122", "observed")],
            [],
        ]
        assert len({each.id for each in found}) == len(found)

    def test_a_late_row_has_a_new_number_and_so_is_read(self, tmp_path: Path) -> None:
        url = kamailio(tmp_path, a_dialog(1, TEN), a_dialog(2, TEN))
        source = a_source(url, preset="kamailio", page_limit=1)
        cursor = read(source)[-1].cursor
        fill(url, "acc_cdrs", [a_dialog(3, TEN - timedelta(days=3), start_time="broken")])
        fill(url, "acc_cdrs", [a_dialog(4, TEN - timedelta(days=3))])

        pages = read(source, cursor)

        assert ids(pages)[-1] == "call-4@203.0.113.9-4"
        assert reasons(pages) == {"acc_cdrs, id 3": "column start_time: holds no time"}

    def test_a_row_without_a_start_is_rejected(self, tmp_path: Path) -> None:
        url = sqlite_file(tmp_path, KAMAILIO.replace("start_time TIMESTAMP NOT NULL", "start_time TIMESTAMP"))
        fill(url, "acc_cdrs", [a_dialog(1, TEN, start_time=None)])

        assert reasons(read(a_source(url, preset="kamailio"))) == {
            "acc_cdrs, id 1": "column start_time: holds no time"
        }

    def test_a_number_that_was_committed_late_is_found_in_the_tail(self, tmp_path: Path) -> None:
        url = kamailio(tmp_path, a_dialog(5000 - TAIL - 1, TEN), a_dialog(5000, TEN))
        source = a_source(url, preset="kamailio")
        cursor = read(source)[-1].cursor
        fill(url, "acc_cdrs", [a_dialog(4999, TEN)])

        assert ids(read(source, cursor)) == ["call-4999@203.0.113.9-4999", "call-5000@203.0.113.9-5000"]

    def test_a_table_whose_numbers_restart_is_read_from_its_start(self, tmp_path: Path) -> None:
        url = kamailio(tmp_path, a_dialog(9000, TEN))
        source = a_source(url, preset="kamailio")
        cursor = read(source)[-1].cursor
        execute(url, "DELETE FROM acc_cdrs")
        fill(url, "acc_cdrs", [a_dialog(1, TEN, callid="after")])

        assert ids(read(source, cursor)) == ["after-1"]


class TestCustom:
    """Any table: `columns` says what is where."""

    def test_a_column_that_says_the_direction_is_enough(self, tmp_path: Path) -> None:
        url = sqlite_file(tmp_path, "CREATE TABLE calls (k TEXT, t INT, a TEXT, b TEXT, way TEXT, res TEXT)")
        rows = [("1", "In"), ("2", "OUTBOUND"), ("3", "internal"), ("4", "sideways")]
        for key, way in rows:
            values = {"k": key, "t": 1772445600, "a": "+12025550111", "b": "+12025550122", "way": way}
            fill(url, "calls", [{**values, "res": "completed"}])
        columns = {"id": "k", "at": "t", "caller": "a", "called": "b", "direction": "way", "outcome": "res"}
        source = a_source(
            url,
            preset="custom",
            table="calls",
            columns=columns,
            internal_digits=0,
            own_numbers=[],
            timezone="",
        )

        pages = read(source)

        assert [(each.id, *told(each)) for each in records(pages)] == [
            ("1", "inbound", [("+12025550111", "observed")]),
            ("2", "outbound", [("+12025550122", "observed")]),
        ]
        assert records(pages)[0].occurred_at == TEN
        assert records(pages)[0].updated_at is None
        assert list(reasons(pages).values()) == ["direction: says neither inbound nor outbound nor internal"]

    def test_patterns_of_extensions_know_digits_and_anything(self, tmp_path: Path) -> None:
        url = asterisk(
            tmp_path,
            a_row("1", "2026-03-02 10:00:01", dst="2345"),
            a_row("2", "2026-03-02 10:00:02", dst="sales-hotline"),
            a_row("3", "2026-03-02 10:00:03", dst="234"),
        )

        pages = read(a_source(url, internal=["2XXX", "sales-*"], internal_digits=0, own_numbers=[]))

        assert ids(pages) == ["1-1", "2-1"]
        assert len(reasons(pages)) == 1

    @pytest.mark.parametrize(
        ("stated", "zone"),
        [
            ("2026-03-02 11:00:00", "Europe/Madrid"),
            ("2026-03-02T11:00:00+01:00", ""),
            (1772445600000, ""),
            (2461101.9166666665, ""),
            ("1772445600.0", ""),
        ],
    )
    def test_a_time_is_read_in_whatever_form_it_is_kept(
        self, tmp_path: Path, stated: object, zone: str
    ) -> None:
        url = sqlite_file(tmp_path, "CREATE TABLE calls (k, t, a, b)")
        fill(url, "calls", [{"k": "1", "t": stated, "a": "+12025550111", "b": "201"}])
        columns = {"id": "k", "at": "t", "caller": "a", "called": "b"}
        source = a_source(url, preset="custom", table="calls", columns=columns, timezone=zone)

        first = read(source)
        again = read(source, first[-1].cursor)

        assert [each.occurred_at for each in records(first)] == [TEN]
        assert ids(again) == ["1"]


class TestSettings:
    """What is missing is said with what to type."""

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"preset": "custom"}, r'which table\? Set it: table = "calls"'),
            ({"table": "calls"}, "there is no such table, or this user may not see it; set table"),
            (
                {"preset": "kamailio", "table": "cdr"},
                r"no column that is known to hold at \(looked for start_time",
            ),
            (
                {"columns": {"caller": "source"}},
                r"hold caller \(looked for source\)\.\n    It has: accountcode, src",
            ),
            ({"columns": {"colour": "src"}}, "columns: there is no colour; there are: id, serial, at"),
            ({"timezone": "Mars"}, "timezone: is no zone"),
            (
                {"timezone": ""},
                'the times in column start state no zone, and none is guessed; set it: timezone = "',
            ),
            (
                {"internal_digits": 0, "own_numbers": []},
                r'does not say which party is outside; .*internal = \["2XX"\]',
            ),
            ({"preset": "freeswitch"}, "its settings do not fit the connector sql-calls"),
        ],
    )
    def test_settings_that_do_not_fit_need_a_person(
        self, tmp_path: Path, settings: dict[str, Any], said: str
    ) -> None:
        url = asterisk(tmp_path, a_row("1"))

        with pytest.raises(AccessError, match=f"^pbx: .*{said}"):
            read(a_source(url, **settings))

    def test_a_table_without_id_and_without_numbers_needs_one(self, tmp_path: Path) -> None:
        url = sqlite_file(tmp_path, "CREATE TABLE cdr (calldate, src, dst)")

        with pytest.raises(AccessError, match="hold id"):
            read(a_source(url))

    @pytest.mark.parametrize(
        "cursor", ["", "12", "{}", '{"stream":"calls"}', '{"order":"calldate"}', '{"order":"start","page":2}']
    )
    def test_a_cursor_of_something_else_is_a_format_error(self, tmp_path: Path, cursor: str) -> None:
        source = a_source(asterisk(tmp_path, a_row("1")))

        with pytest.raises(FormatError, match="avouch sync pbx --full"):
            connector(source).fetch(cursor)

    def test_a_column_without_an_index_is_told_of_at_the_start_of_a_run(self, tmp_path: Path) -> None:
        url = sqlite_file(tmp_path, ASTERISK)
        fill(url, "cdr", [a_row(str(number), f"2026-03-02 10:00:0{number}") for number in range(3)])

        first, *rest = read(a_source(url, page_limit=2))

        assert first.warnings == (
            "column start of cdr has no index: every page reads the whole table; make one",
        )
        assert {page.warnings for page in rest} == {()}


@pytest.mark.servers
class TestPostgreSQL:
    """A real server: types, zones, and plans."""

    @pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ"])
    @pytest.mark.parametrize("limit", [2, 1000])
    def test_pages_meet_without_gap_or_overlap(self, database_url: str, kind: str, limit: int) -> None:
        execute(database_url, ASTERISK.replace('"start" TIMESTAMP', f'"start" {kind}'))
        rows = [a_row(str(number), f"2026-03-02 10:00:0{number // 2}+00") for number in range(9)]
        for row in rows:
            row["start"] = datetime.fromisoformat(row["start"]).replace(
                tzinfo=UTC if kind == "TIMESTAMPTZ" else None
            )
        fill(database_url, "cdr", rows)
        source = a_source(database_url, page_limit=limit)

        pages = read(source)

        assert ids(pages) == [f"{number}-1" for number in range(9)]
        assert records(pages)[0].occurred_at == TEN
        assert sorted(ids(read(source, pages[-1].cursor))) == sorted(ids(pages))

    def test_kamailios_rows_are_read_in_a_schema_of_their_own(self, database_url: str) -> None:
        execute(database_url, "CREATE SCHEMA sip", KAMAILIO.replace("acc_cdrs", "sip.acc_cdrs"))
        execute(
            database_url,
            "INSERT INTO sip.acc_cdrs VALUES (3000000000 - 2147483648, '2026-03-02 10:00:00',"
            " '2026-03-02 10:01:00', 60, '+12025550111', '201', 'c-1')",
        )

        pages = read(a_source(database_url, preset="kamailio", table="sip.acc_cdrs"))

        assert [each.occurred_at for each in records(pages)] == [TEN]

    def test_a_decimal_time_and_a_uuid_come_back_out_of_the_cursor(self, database_url: str) -> None:
        execute(
            database_url,
            "CREATE TABLE calls (k UUID, t NUMERIC(16, 3), a TEXT, b TEXT)",
            "INSERT INTO calls SELECT gen_random_uuid(), 1772445600.125 + n, '+12025550111', '201'"
            " FROM generate_series(0, 4) n",
        )
        columns = {"id": "k", "at": "t", "caller": "a", "called": "b"}
        source = a_source(database_url, preset="custom", table="calls", columns=columns, page_limit=2)

        pages = read(source)

        assert len(set(ids(pages))) == len(ids(pages)) == 5
        assert len(ids(read(source, pages[-1].cursor))) == 5

    def test_every_page_of_a_wide_table_is_read_by_its_index(self, database_url: str) -> None:
        execute(
            database_url,
            ASTERISK,
            'INSERT INTO cdr (src, dst, "start", duration, disposition, uniqueid, sequence)'
            " SELECT '2025550111', '201', timestamp '2026-01-01' + n * interval '1 second', 35, 'ANSWERED', n, 1"
            " FROM generate_series(1, 100000) n",
            'CREATE INDEX by_start ON cdr ("start")',
            "ANALYZE cdr",
        )
        engine = sqlalchemy.create_engine(database_url)
        asked: list[Any] = []

        def note(*seen: Any) -> None:
            asked.append((seen[2], seen[3]))

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
        reader = connector(a_source(database_url))
        second = reader.fetch(reader.fetch(None).cursor)
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)

        pages = [each for each in asked if each[0].startswith("SELECT") and "FROM cdr" in each[0]]
        with engine.connect() as connection:
            plans = [
                "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}", values).scalars())
                for sql, values in pages
            ]
        engine.dispose()
        assert second.more
        assert len(plans) == 2
        assert all("Index Scan using by_start" in plan and "Seq Scan" not in plan for plan in plans)


def test_what_a_delivery_keeps_is_the_row_as_json(tmp_path: Path) -> None:
    [page] = read(a_source(asterisk(tmp_path, a_row("1"))))

    [delivery] = page.deliveries
    assert delivery.where == "cdr, start 2026-03-02 10:00:00"
    assert msgspec.json.decode(delivery.raw or "")["src"] == "2025550111"
    assert delivery.record.occurred_at < NOON

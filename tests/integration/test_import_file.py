"""Importing files: what the report tells, and what the rules make of the examples that the reference shows."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from integrations.contract import Level
from integrations.registry import connector
from tests.connectors.importing import FORMATS, a_file
from tests.database import exported, resolve_all
from worker.domain.findings import Seen
from worker.jobs import import_file, inspect_file
from worker.jobs.import_file import Rehearsal, Wanted
from worker.jobs.inspect_file import Inspected
from worker.jobs.sync import Outcome, Run
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "import-files.md"
EXAMPLES = {
    example["id"]: example
    for example in map(
        json.loads, re.findall(r"```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    )
}
HEADER = "id,name,email,phone"
PEOPLE = [f"{n},Ana Ruiz{chr(97 + n)},ana{n}@acme-mail.com,+3461234560{n}" for n in range(6)]


def wanted(path: Path, **fields: str) -> Wanted:
    return Wanted(source=fields.get("source", "crm"), path=str(path), format=FORMATS[path.suffix])


def inspected(uow: UnitOfWork, what: Wanted, *, compare: bool) -> Inspected:
    source = import_file.source_of(what, None)
    trust = import_file.trust_of(what, None)
    return inspect_file.inspected(uow, connector(source), source, trust, compare=compare)


def rehearsed(uow: UnitOfWork, path: Path, **fields: str) -> Rehearsal:
    return import_file.rehearse(inspected(uow, wanted(path, **fields), compare=True), lambda _: None)


def imported(uow: UnitOfWork, path: Path, **fields: str) -> Inspected:
    """Import a file to its end and resolve, as `avouch import` does."""
    what = wanted(path, **fields)
    again = inspect_file.knows(uow, what.source)
    full = import_file.prepare(uow, what, None)
    reader = inspected(uow, what, compare=again)
    report = Run(uow, reader)(what.source, full=full)
    assert report.outcome is Outcome.DONE
    resolve_all(uow)
    return reader


def books(folder: Path, *rows: str, header: str = HEADER) -> Path:
    return a_file(folder, "books.csv", "\n".join([header, *rows]) + "\n")


def lines(folder: Path, *records: object) -> Path:
    return a_file(folder, "lines.jsonl", b"\n".join(map(msgspec.json.encode, records)))


def told(seen: Seen | None) -> tuple[int, list[str]]:
    assert seen is not None
    return seen.count, seen.where


class TestNewIds:
    """Row 41: the same people, every id changed: said beforehand; no silent duplicates, no silent merge."""

    def test_a_dry_run_counts_known_people_under_new_ids(self, uow: UnitOfWork, tmp_path: Path) -> None:
        imported(uow, books(tmp_path, *PEOPLE))
        before = exported(uow)

        found = rehearsed(
            uow, books(tmp_path, *(f"new-{row}" for row in PEOPLE), "7,Bo Lund,bo@acme-mail.com,")
        )

        assert told(found.inspected.renumbered) == (6, ["row 2", "row 3", "row 4", "row 5", "row 6"])
        assert found.inspected.findings.records == 7
        assert exported(uow) == before

    def test_the_same_ids_and_other_sources_are_not_counted(self, uow: UnitOfWork, tmp_path: Path) -> None:
        file = books(tmp_path, *PEOPLE)
        imported(uow, file)

        assert told(rehearsed(uow, file).inspected.renumbered) == (0, [])
        assert told(rehearsed(uow, file, source="shop").inspected.renumbered) == (0, [])

    def test_an_import_counts_what_is_new_against_what_was_there_before_it(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        imported(uow, books(tmp_path, *PEOPLE))
        twice = [f"{time}-{row}" for time in ("one", "two") for row in PEOPLE]

        reader = imported(uow, books(tmp_path, *twice))

        assert told(reader.renumbered)[0] == len(twice)
        assert reader.mostly_renumbered

    def test_single_duplicates_are_no_alarm(self, uow: UnitOfWork, tmp_path: Path) -> None:
        imported(uow, books(tmp_path, *PEOPLE))

        reader = imported(uow, books(tmp_path, *PEOPLE, f"again-{PEOPLE[0]}"))

        assert told(reader.renumbered) == (1, ["row 8"])
        assert not reader.mostly_renumbered

    def test_the_first_import_of_a_source_compares_with_nothing(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        reader = imported(uow, books(tmp_path, *PEOPLE, *(f"again-{row}" for row in PEOPLE)))

        assert (reader.renumbered, reader.mostly_renumbered) == (None, False)

    def test_a_value_that_thousands_hold_is_looked_at_a_few_times_only(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        crowd = [f"{n},Guest,desk@acme-mail.com,+34912345678" for n in range(50)]
        imported(uow, books(tmp_path, *crowd))

        with uow.begin() as tx:
            held = tx.known.holders("crm", ["desk@acme-mail.com"], datetime(2999, 1, 1, tzinfo=UTC))

        assert len(held) == 20


class TestOneId:
    """Row 42: two rows, one id, different e-mails: both are evidence, and verified data is not overwritten."""

    def test_both_addresses_are_kept_and_the_report_names_both_rows(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        file = books(
            tmp_path,
            "7,Ana Ruiz,ana@acme-mail.com,",
            "8,Bo Lund,bo@acme-mail.com,",
            "7,Ana Ruiz,b@acme-mail.com,",
        )

        found = rehearsed(uow, file)
        imported(uow, file)

        assert (
            "row 2 and row 4 have one id and different e-mail addresses; both are kept as versions"
            in found.warnings
        )
        with uow.begin() as tx:
            (ana,) = [each for each in tx.evidence.load_all() if each.key == "7"]
        assert {(each.value, each.level) for each in ana.sightings} == {
            ("ana@acme-mail.com", Level.STORED),
            ("b@acme-mail.com", Level.STORED),
        }

    def test_what_was_verified_stays_verified(self, uow: UnitOfWork, tmp_path: Path) -> None:
        base = {"id": "7", "occurred_at": "2026-03-01T10:00:00Z"}
        proved = {"type": "email", "value": "ana@acme-mail.com", "level": "verified", "method": "otp"}
        typed = {"type": "email", "value": "b@acme-mail.com", "level": "claimed"}
        file = lines(tmp_path, {**base, "identifiers": [proved]}, {**base, "identifiers": [typed]})

        imported(uow, file)

        (contact,) = map(json.loads, exported(uow))
        assert contact["kind"] == "user"
        assert {"type": "email", "value": "ana@acme-mail.com", "level": "verified"} in contact["identifiers"]


class TestFuture:
    """Row 5: a time in the future ranks by its delivery, is kept as it came, and is warned of."""

    def test_the_run_keeps_the_warning_and_the_record_its_time(self, uow: UnitOfWork, tmp_path: Path) -> None:
        file = lines(tmp_path, {"id": "7", "occurred_at": "2999-01-01T00:00:00Z", "identifiers": []})

        reader = imported(uow, file)

        with uow.begin() as tx:
            (run,) = tx.work.runs("crm")
            (record,) = tx.evidence.load_all()
        assert run.warnings == ["1 record carries a time in the future; it ranks by its delivery"]
        assert told(reader.findings.future) == (1, ["line 1"])
        assert record.occurred_at == datetime(2999, 1, 1, tzinfo=UTC)
        assert record.version_at < datetime(2999, 1, 1, tzinfo=UTC)


class TestLogins:
    """The examples of the reference on logins mean what it says of them."""

    def test_single_sign_on_without_a_verified_address_proves_the_account_alone(
        self, uow: UnitOfWork, tmp_path: Path
    ) -> None:
        book_row = {"id": "row", "occurred_at": "2026-01-01T00:00:00Z", "name": "Ana Ruiz", "identifiers": [
            {"type": "email", "value": "ana@acme-mail.com", "level": "stored"}]}  # fmt: skip
        file = lines(tmp_path, EXAMPLES["login-31"], book_row)

        imported(uow, file)

        by_records = {
            tuple(each["id"] for each in one["records"]): one for one in map(json.loads, exported(uow))
        }
        assert {ids: one["kind"] for ids, one in by_records.items()} == {
            ("login-31",): "user",
            ("row",): "lead",
        }
        assert {(each["type"], each["level"]) for each in by_records["login-31",]["identifiers"]} == {
            ("account", "verified"),
            ("email", "claimed"),
        }

    def test_a_token_that_is_good_proves_its_account(self, uow: UnitOfWork, tmp_path: Path) -> None:
        imported(uow, lines(tmp_path, EXAMPLES["login-32"]))

        (contact,) = map(json.loads, exported(uow))
        assert contact["kind"] == "user"

    @pytest.mark.parametrize(
        ("changed", "users"),
        [
            pytest.param(
                {"id": "again", "occurred_at": "2026-03-01T10:01:00Z"}, {"login-32"}, id="used again"
            ),
            pytest.param(
                {"id": "late", "occurred_at": "2026-03-01T10:06:00Z", "token": {"id": "b7"}},
                {"login-32"},
                id="expired",
            ),
        ],
    )
    def test_one_that_is_used_again_or_expired_proves_nothing(
        self, uow: UnitOfWork, tmp_path: Path, changed: dict[str, object], users: set[str]
    ) -> None:
        (held,) = EXAMPLES["login-32"]["identifiers"]
        token = {**held["token"], **changed.pop("token", {})}  # type: ignore[dict-item] # a part of one
        other = {
            **EXAMPLES["login-32"],
            **changed,
            "identifiers": [{**held, "value": "u-99", "token": token}],
        }

        imported(uow, lines(tmp_path, EXAMPLES["login-32"], other))

        proved = [one for one in map(json.loads, exported(uow)) if one["kind"] == "user"]
        assert {each["id"] for one in proved for each in one["records"]} == users

    def test_the_token_is_kept_with_the_identifier(self, uow: UnitOfWork, tmp_path: Path) -> None:
        imported(uow, lines(tmp_path, EXAMPLES["login-32"]))

        with uow.begin() as tx:
            (record,) = tx.evidence.load_all()
        (seen,) = record.sightings
        assert (seen.token, seen.token_until, seen.token_for) == (
            "a3f1c0",
            datetime(2026, 3, 1, 10, 5, tzinfo=UTC),
            "support",
        )

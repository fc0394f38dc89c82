"""Findings: what is wrong in a file is told by reason, with counts and places, and never by value."""

from datetime import UTC, datetime, timedelta

from integrations.contract import ContactRecord, Delivery, Identifier, IdentifierType, Level
from worker.domain.findings import FIRST_PLACES, Findings, Seen, future_warning, future_warnings
from worker.domain.policy import Policy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NULL_LIKE = ("unknown", "n/a", "none", "-", "NULL", "0", "test", "[object Object]", '"null"')


def a_row(number: int, *held: tuple[IdentifierType, str], **fields: datetime | str | None) -> Delivery:
    identifiers = tuple(Identifier(type=type_, value=value) for type_, value in held)
    told = {"id": f"r{number}", "occurred_at": NOW, "identifiers": identifiers, **fields}
    return Delivery(ContactRecord(**told), None, f"row {number}")  # type: ignore[arg-type] # fields of any kind


def found(*rows: Delivery, region: str | None = "ES", policy: Policy | None = None) -> Findings:
    findings = Findings(region, Level.STORED, policy or Policy(), NOW)
    findings.add(rows)
    return findings


def told(seen: Seen) -> tuple[int, list[str]]:
    return seen.count, seen.where


class TestUnusable:
    """Values that are no keys are counted by reason, with their first places (rows 17 and 44)."""

    def test_what_stands_for_nothing_is_counted(self) -> None:
        rows = [
            a_row(number, ("phone", value), ("email", value)) for number, value in enumerate(NULL_LIKE, 2)
        ]

        findings = found(*rows)

        first = [f"row {number}" for number in range(2, 2 + FIRST_PLACES)]
        assert told(findings.unusable["email", "stands for no value"]) == (9, first)
        # Switches write "unknown" for a caller who withholds the number.
        assert told(findings.unusable["phone", "withheld"]) == (1, ["row 2"])
        assert findings.unusable["phone", "stands for no value"].count == 8
        assert not findings.usable

    def test_a_number_without_country_names_its_row_and_asks_for_a_region(self) -> None:
        findings = found(a_row(2, ("phone", "+34612345678")), a_row(3, ("phone", "612345678")), region=None)

        ((_, reason),) = findings.unusable
        assert reason.startswith("has no country code")
        assert [told(seen) for seen in findings.unusable.values()] == [(1, ["row 3"])]
        assert findings.needs_region

    def test_with_a_region_none_is_asked_for(self) -> None:
        assert not found(a_row(3, ("phone", "n/a"))).needs_region
        assert not found(a_row(3, ("phone", "n/a")), region=None).needs_region


class TestBlocked:
    """Values that many people hold by what they are are named with why (row 20)."""

    def test_three_hundred_rows_with_one_made_up_number_are_told_in_one_line(self) -> None:
        findings = found(*(a_row(number, ("phone", "+12345678901")) for number in range(2, 302)))

        ((kind, seen),) = findings.blocked.items()
        assert kind == ("phone", "is a pattern of digits, not a number somebody has")
        assert (seen.count, len(seen.where), seen.more) == (300, FIRST_PLACES, True)
        assert findings.usable == {("phone", "stored"): 300}

    def test_the_companys_own_numbers_and_offices_are_those_of_the_policy(self) -> None:
        policy = Policy(own_numbers=frozenset({"+34912345678"}), extra_roles=frozenset({"taller"}))

        findings = found(a_row(2, ("phone", "912345678"), ("email", "taller@acme.es")), policy=policy)

        assert set(findings.blocked) == {
            ("phone", "is one of the company's own numbers"),
            ("email", "is a role address"),
        }


class TestWarnings:
    """Look-alike addresses and times in the future are pointed at (rows 27 and 5)."""

    def test_addresses_with_other_letters_are_counted(self) -> None:
        rows = [
            a_row(number, ("email", f"{local}@example-mail.com"))
            for number, local in enumerate(("mike", "m\u0131ke", "\u017fam", "\u0430na"), 2)
        ]

        findings = found(*rows)

        assert told(findings.look_alike) == (3, ["row 3", "row 4", "row 5"])

    def test_the_kelvin_sign_makes_no_key_at_all(self) -> None:
        findings = found(a_row(2, ("email", "\u212aim@example-mail.com")))

        assert list(findings.unusable) == [("email", "has a character that only looks like a plain one")]
        assert not findings.look_alike

    def test_times_in_the_future_are_counted_by_record(self) -> None:
        later = NOW + timedelta(seconds=1)

        rows = (a_row(2), a_row(3, occurred_at=later), a_row(4, updated_at=later), a_row(5, updated_at=NOW))

        assert told(found(*rows).future) == (2, ["row 3", "row 4"])
        assert future_warnings(rows, NOW) == (
            "2 records carry a time in the future; they rank by their delivery",
        )

    def test_without_any_there_is_no_warning(self) -> None:
        assert future_warnings([a_row(2)], NOW) == ()

    def test_one_is_told_as_one(self) -> None:
        assert future_warning(1) == "1 record carries a time in the future; it ranks by its delivery"


class TestCounting:
    """Entries are counted as landing will take them."""

    def test_what_cannot_be_kept_is_refused_with_its_place(self) -> None:
        findings = found(a_row(2, name="Ana"), a_row(3, id=" "), Delivery(a_row(4, id="").record))

        assert (findings.records, findings.named) == (1, 1)
        assert [(each.where, each.reason) for each in findings.refused] == [
            ("row 3", "id: is empty"),
            ("entry 3", "id: is empty"),
        ]

    def test_a_place_is_named_once_however_many_values_are_wrong_there(self) -> None:
        findings = found(a_row(2, ("phone", "-"), ("phone", "n/a")))

        (seen,) = findings.unusable.values()
        assert (seen.count, seen.where, seen.more) == (2, ["row 2"], False)

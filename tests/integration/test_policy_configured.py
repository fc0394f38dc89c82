"""The policy of `avouch.toml` beside versions that were applied by hand: the newest word holds."""

import json
from pathlib import Path

import pytest

from config import sources as configuration_file
from integrations import connectors
from integrations.contract import Level
from tests.builders import P, at, email, phone, version
from tests.database import exported, land_page, resolve_all
from worker.domain.policy import Policy
from worker.jobs import configure, policy_change
from worker.jobs.policy import policy_in_force
from worker.jobs.policy_change import Said, of_file, of_version
from worker.storage.policies import PolicyRow
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

SOURCES = """
[sources.calls]
connector = "jsonl"
path = "calls.jsonl"
{calls}

[sources.crm]
connector = "jsonl"
path = "crm.jsonl"
"""
BY_HAND = Said("eva", "new.toml")


class File:
    """An `avouch.toml`, written and applied."""

    def __init__(self, uow: UnitOfWork, path: Path) -> None:
        self._uow = uow
        self._path = path

    def says(self, policy: str = "", *, calls: str = "", more: str = "") -> None:
        """Write the file and have it applied, as the next command or tick does."""
        self._path.write_text(f"{SOURCES.format(calls=calls)}\n[policy]\n{policy}\n{more}")
        known = {name: entry.keys for name, entry in connectors.CONNECTORS.items()}
        configure.apply(self._uow, configuration_file.load(self._path, known), at(0))


@pytest.fixture
def file(uow: UnitOfWork, tmp_path: Path) -> File:
    """The file, in force with nothing set."""
    made = File(uow, tmp_path / "avouch.toml")
    made.says()
    return made


def versions(uow: UnitOfWork) -> list[PolicyRow]:
    with uow.begin() as tx:
        return tx.policies.all(99)


def policy(uow: UnitOfWork) -> Policy:
    with uow.begin() as tx:
        return policy_in_force(tx)


def test_what_the_file_says_first_is_the_first_version(uow: UnitOfWork, file: File) -> None:
    file.says()

    assert [(row.origin, row.author) for row in versions(uow)] == [("avouch.toml", "")]
    assert policy(uow).trust["calls"] is Level.VERIFIED


def test_a_new_word_of_the_file_is_a_new_version(uow: UnitOfWork, file: File) -> None:
    file.says("common_limit = 3")
    file.says("common_limit = 3", more="# and a comment")
    file.says("common_limit = 3", more='[schedule]\nprune = "2d"')

    assert len(versions(uow)) == 2
    assert policy(uow).common_limit == 3


def test_the_same_word_in_another_order_is_no_new_version(uow: UnitOfWork, file: File) -> None:
    file.says('roles_extra = ["a", "b"]\ncomplete = ["phone", "email", "name"]')
    file.says('complete = ["name", "email", "phone"]\nroles_extra = ["b", "a"]')

    assert len(versions(uow)) == 2


def test_a_version_applied_by_hand_stays_until_the_file_says_something_new(
    uow: UnitOfWork, file: File
) -> None:
    policy_change.apply(uow, of_file({"common_limit": 7}, {}), BY_HAND)

    file.says(more='[schedule]\nprune = "2d"')
    stayed = policy(uow).common_limit
    file.says("common_limit = 4")

    assert (stayed, policy(uow).common_limit) == (7, 4)


def test_a_new_word_of_the_file_on_the_rules_leaves_the_trust_that_was_applied_by_hand(
    uow: UnitOfWork, file: File
) -> None:
    policy_change.apply(uow, of_file({}, {"crm": Level.CLAIMED}), BY_HAND)

    file.says("common_limit = 4")

    assert (policy(uow).common_limit, policy(uow).trust["crm"]) == (4, Level.CLAIMED)


def test_a_new_word_of_the_file_on_a_source_drops_what_was_applied_by_hand_of_that_source_alone(
    uow: UnitOfWork, file: File
) -> None:
    by_hand = of_file({"common_limit": 7}, {"calls": Level.CLAIMED, "crm": Level.CLAIMED})
    policy_change.apply(uow, by_hand, BY_HAND)

    file.says(calls='trust = "observed"')

    assert len(versions(uow)) == 3
    assert policy(uow).common_limit == 7
    assert policy(uow).trust["calls"] is Level.OBSERVED
    assert policy(uow).trust["crm"] is Level.CLAIMED


def test_a_file_that_says_what_was_applied_by_hand_makes_no_version(uow: UnitOfWork, file: File) -> None:
    policy_change.apply(uow, of_file({"common_limit": 7}, {}), BY_HAND)

    file.says("common_limit = 7")

    assert [row.origin for row in versions(uow)] == ["new.toml", "avouch.toml"]


def test_going_back_restores_the_trust_that_the_file_gave_then(uow: UnitOfWork, file: File) -> None:
    (first,) = versions(uow)
    calls = [version(f"call-{day}", phone(P, Level.OBSERVED), occurred_at=at(day)).record for day in (1, 2)]
    land_page(uow, "calls", calls)
    land_page(uow, "crm", [version("row", email("ana@x.es", Level.VERIFIED), name="Ana Ruiz").record])
    resolve_all(uow)
    before = exported(uow)

    file.says("complete = ['name']", calls='trust = "claimed"')
    resolve_all(uow)
    meanwhile = exported(uow)
    policy_change.apply(uow, of_version(first.version), BY_HAND)

    assert len(meanwhile) == len(before) + 1
    assert exported(uow) == before
    file.says("complete = ['name']", calls='trust = "claimed"')
    assert exported(uow) == before


def test_a_file_that_an_older_version_read_says_nothing_new(uow: UnitOfWork, file: File) -> None:
    """Settings that came since are not in what was kept of it, and are as they were: the defaults."""
    policy_change.apply(uow, of_file({"common_limit": 7}, {}), BY_HAND)
    with uow.begin() as tx:
        kept = json.loads(tx.work.fact(configure.FACT) or "")
        older = {key: value for key, value in kept.items() if key not in {"suggest_above", "dedupe_auto"}}
        tx.work.set_fact(configure.FACT, json.dumps(older), at(1))

    file.says(more='[schedule]\nprune = "2d"')

    assert len(older) == len(kept) - 2
    assert policy(uow).common_limit == 7

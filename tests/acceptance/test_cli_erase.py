"""From a request to the end: what is held is handed over, then erased, and an import does not bring it back."""

import json
from pathlib import Path

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone

pytestmark = pytest.mark.servers

ANA = a_record("7", email("Ana@x.es", "stored"), phone("+34612345678", "stored"), name="Ana Ruiz")
LEO = a_record("8", email("leo@x.es", "stored"), email("ana@x.es", "claimed"), name="Leo Gil")


def id_of(avouch: Avouch, name: str) -> str:
    lines = [json.loads(line) for line in avouch("export").splitlines()]
    return str(next(each["id"] for each in lines if each["name"] == name))


def test_a_person_is_handed_over_and_erased_and_does_not_come_back(avouch: Avouch) -> None:
    people: Path = avouch.file("people.jsonl", ANA, LEO)
    avouch("import", people, "--source", "crm")
    ana, leo = id_of(avouch, "Ana Ruiz"), id_of(avouch, "Leo Gil")

    avouch("export", "--person", ana, "--output", "ana.json")
    planned = avouch("erase", ana, "--dry-run")
    refused = avouch.run("erase", ana)
    erased = avouch.json("erase", ana, "--yes", "--author", "eva")

    held = json.loads((avouch.folder / "ana.json").read_text(encoding="utf-8"))
    assert (held["contact"]["name"], held["records"][0]["versions"][0]["body"]["name"]) == (
        "Ana Ruiz",
        "Ana Ruiz",
    )
    assert planned == (
        "Nothing was erased. 1 record (1 version), 1 suggestion would go.\n"
        "3 keyed hashes would keep it from being imported again.\n"
        "1 other contact claimed one of its identifiers; not erased. Look at each: avouch show ID\n"
        f"  {leo}\n"
    )
    assert refused.code == 2
    assert (erased["records"], erased["author"], erased["mentioned_by"]) == (1, "eva", [leo])
    assert "was erased already" in avouch.fails("erase", ana, "--yes")
    assert "It was erased on " in avouch.fails("show", ana)
    again = avouch("import", avouch.file("again.jsonl", {**ANA, "id": "other"}, LEO), "--source", "shop")
    assert again.startswith(
        "2 entries read: 1 new or changed, 0 unchanged, 0 rejected, 1 suppressed (of people who were erased).\n"
    )
    assert "Ana" not in avouch("export")

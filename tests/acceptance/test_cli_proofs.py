"""`avouch rebuild --check --proofs` from outside: what it prints, and what it refuses."""

from collections.abc import Iterator

import psycopg
import pytest

from config.settings import Settings, plain_url
from tests.acceptance.terminal import Avouch, a_record, phone
from worker import servers

P = "+34612345678"


@pytest.fixture(scope="module")
def lead(avouch: Avouch) -> str:
    """The id of a lead of two calls."""
    calls = avouch.file("calls.jsonl", a_record("call-1", phone(P)), a_record("call-2", phone(P), day=2))
    avouch("import", calls, "--source", "pbx")
    (found,) = avouch.json("lookup", "--phone", P)["matches"]
    return str(found["id"])


@pytest.fixture
def database(avouch: Avouch) -> Iterator[psycopg.Connection]:
    """The database past the command, to damage it; afterwards it is mended."""
    with (
        servers.running(Settings.load(avouch.env)) as endpoints,
        psycopg.connect(plain_url(endpoints.database_url), autocommit=True) as connection,
    ):
        yield connection
    avouch("rebuild")


@pytest.mark.usefixtures("lead")
def test_every_proof_of_what_was_imported_holds(avouch: Avouch) -> None:
    told = avouch("rebuild", "--check", "--proofs")
    found = avouch.json("rebuild", "--check", "--proofs")

    assert told == (
        "2 records make 1 contact: exactly those that are stored.\n1 proof of 1 contact checked: all hold.\n"
    )
    assert (found["differ"], found["proofs"], found["contacts"], found["faults"]) == ([], 1, 1, [])


def test_what_does_not_hold_is_listed(avouch: Avouch, lead: str, database: psycopg.Connection) -> None:
    database.execute("UPDATE contacts SET body = replace(body, '\"line\"', '\"verified\"')")

    said = avouch.run("rebuild", "--check", "--proofs")
    as_json = avouch.run("rebuild", "--check", "--proofs", "--json")

    what = "names a record on which its identifier is not verified"
    assert said.code == as_json.code == 1
    assert said.out.startswith(
        f"2 records make 1 contact; 1 are stored otherwise:\n  {lead}\n"
        f"1 proof of 1 contact checked; 1 fault:\n  contact {lead}, verified: {what} ("
    )
    assert (
        f'"faults":[{{"contact":"{lead}","rule":"verified","what":"{what}","records":["{lead}",'
        in as_json.out
    )
    assert P not in said.out + as_json.out


def test_proofs_are_only_ever_checked(avouch: Avouch) -> None:
    refused = avouch.run("rebuild", "--proofs")

    assert (refused.code, refused.out) == (2, "")
    assert "--proofs only checks. Type: avouch rebuild --check --proofs" in refused.err

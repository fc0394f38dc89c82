"""Sources at the terminal: configured in avouch.toml, tested, pulled, paused, resumed; and what doctor says."""

from collections.abc import Iterator

import pytest

from tests.acceptance.terminal import Avouch
from tests.connectors.contract import Vendor
from worker.demo.simulator_server import Answer, answer_json

pytestmark = pytest.mark.servers

CONFIGURATION = """
[sources.crm]
connector = "csv"
path = "crm.csv"
region = "ES"

[sources.phone-main]
connector = "twilio"
account_sid = "AC00000000000000000000000000000001"
auth_token = { env = "NO_SUCH_TOKEN" }
"""


@pytest.fixture
def configured(avouch: Avouch) -> Iterator[Avouch]:
    """The command with two sources: a file that is there, and a vendor whose token is missing."""
    file = avouch.folder / "avouch.toml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    avouch.file(
        "crm.csv", "Name,E-mail,Phone", "Ana Ruiz,ana@example.com,612 34 56 78", "Eva Gil,eva@example.com,"
    )
    yield avouch
    file.unlink()


def test_the_list_shows_what_avouch_toml_says(configured: Avouch) -> None:
    found = {source["name"]: source for source in configured.json("sources", "list")["sources"]}

    assert list(found) == ["crm", "phone-main"]
    assert (found["crm"]["trust"], found["crm"]["region"], found["crm"]["state"]) == (
        "stored",
        "ES",
        "on demand",
    )


def test_a_test_of_a_source_reads_one_page_and_keeps_nothing(configured: Avouch) -> None:
    works = configured.json("sources", "test", "crm")
    (part,) = works["parts"]

    assert works["works"]
    assert (part["part"], part["records"], part["more"]) == ("first page", 2, False)


def test_a_test_of_a_source_tells_which_part_of_it_cannot_be_read(configured: Avouch) -> None:
    """The token may list calls; for messages it lacks a permission."""
    calls = answer_json({"calls": [], "next_page_uri": None})
    with Vendor(lambda asked: calls if "Calls" in asked.path else Answer(status=403)) as vendor:
        said = CONFIGURATION.replace('{ env = "NO_SUCH_TOKEN" }', '{ file = "token" }')
        configured.file("avouch.toml", said + f'base_url = "{vendor.url}"\n')
        configured.file("token", "made-up")
        tried = configured.run("sources", "test", "phone-main")

    assert tried.code == 1
    assert "calls: 0 records on the first page, 0 rejected\n" in tried.out
    assert "messages: phone-main: GET /2010-04-01/Accounts/" in tried.out
    assert (
        "answered 403.\n    Check its credentials and what they may read, then run: avouch sources test phone-main\n"
        in tried.out
    )
    assert tried.out.endswith("phone-main does not work yet.\n")


def test_a_new_source_is_begun_with_a_file_that_declares_it(configured: Avouch) -> None:
    begun = configured.run("sources", "new", "ringpost", "--declared")

    assert begun.out == "ringpost.toml\n"
    assert 'connector = "declared"' in begun.err
    assert "is there already" in configured.fails("sources", "new", "ringpost", "--declared")
    assert "no checkout of Avouch" in configured.fails("sources", "new", "other", "--kind", "chat")


def test_a_new_source_needs_a_kind_or_a_file(configured: Avouch) -> None:
    assert configured.run("sources", "new", "ringpost").code == 2


def test_a_missing_secret_is_named(configured: Avouch) -> None:
    assert configured.fails("sources", "test", "phone-main").startswith(
        "Error: sources.phone-main: auth_token: the environment variable NO_SUCH_TOKEN is not set\n"
        "    Set it, then run: avouch sources test phone-main\n"
    )


def test_a_misspelt_source_is_answered_with_the_nearest(configured: Avouch) -> None:
    assert configured.fails("sync", "phone-mian") == (
        "Error: No source is called phone-mian. Did you mean phone-main? See: avouch sources list\n"
    )


def test_without_workers_sync_says_how_to_pull_here(configured: Avouch) -> None:
    assert configured.fails("sync", "crm") == (
        "Error: No worker runs, so nobody would pull from crm.\n"
        "    Pull here: avouch sync crm --wait\n    or start workers: avouch up\n"
    )


def test_a_source_is_pulled_here_and_again_from_its_start(configured: Avouch) -> None:
    configured("sync", "crm", "--wait", "--full")

    report = configured.json("sync", "crm", "--wait", "--full")

    assert (report["outcome"], report["read"], report["changed"], report["unchanged"]) == ("done", 2, 0, 2)
    assert report["contacts"]["users"] >= 1


def test_a_paused_source_is_left_alone_until_it_is_resumed(configured: Avouch) -> None:
    configured("sources", "pause", "crm")

    refused = configured.fails("sync", "crm", "--wait")
    configured("sources", "resume", "crm")

    assert refused.startswith("Error: crm is paused: paused by hand\n")
    assert configured.json("sync", "crm", "--wait")["outcome"] == "done"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "crm", "--trust", "verified"], "crm is trusted as stored in avouch.toml."),
        (["--source", "crm", "--region", "FR"], "crm is set to the region ES in avouch.toml."),
        (["--source", "phone-main"], "phone-main is a source of twilio in avouch.toml."),
    ],
)
def test_an_import_keeps_to_what_avouch_toml_says(
    configured: Avouch, arguments: list[str], says: str
) -> None:
    assert configured.fails("import", "crm.csv", *arguments).startswith(f"Error: {says}")


def test_a_wrong_avouch_toml_stops_what_pulls_and_no_question(avouch: Avouch) -> None:
    (avouch.folder / "avouch.toml").write_text("[sources.crm]\nconnector = 'csw'\n", encoding="utf-8")

    pulls = avouch.run("sync", "crm", "--wait")
    asks = avouch.run("lookup", "--email", "nobody@example.com")

    (avouch.folder / "avouch.toml").unlink()
    assert pulls.code == 1
    assert "sources.crm.connector: no such connector (did you mean csv?)" in pulls.err
    assert asks.code == 0
    assert asks.err.startswith("Warning: ")


def test_another_id_key_is_refused(avouch: Avouch) -> None:
    avouch("changes")

    assert "made with another id key" in avouch.run("changes", AVOUCH_ID_KEY="another").err


def test_a_shared_database_is_not_changed_by_the_way(avouch: Avouch, database_url: str) -> None:
    shared = {"DATABASE_URL": database_url}

    refused = avouch.fails("changes", **shared)

    assert refused == (
        "Error: The database has not the tables of this version.\n    Make them: avouch migrate\n"
    )
    assert avouch.run("migrate", **shared).out == "The tables are those of this version now.\n"
    assert avouch.run("changes", **shared).code == 0


def test_a_database_that_is_away_is_said(avouch: Avouch) -> None:
    message = avouch.fails("changes", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert message.startswith("Error: The database does not answer: ")
    assert message.endswith("    See what runs: avouch doctor\n")


def test_the_doctor_says_what_is_wrong_and_what_to_type(configured: Avouch) -> None:
    said = configured.run("doctor", "--json")

    assert said.code == 1
    assert '{"what":"source phone-main","result":"fail"' in said.out
    assert '"type":"avouch sources test phone-main"}' in said.out
    assert '{"what":"tables","result":"ok"' in said.out
    assert '{"what":"workers","result":"warn","says":"none answers' in said.out


def test_status_shows_servers_and_sources(configured: Avouch) -> None:
    seen = configured.json("status")

    assert [server["running"] for server in seen["servers"]] == [True, True]
    assert seen["workers"] == seen["beats"] == []
    assert seen["queues"] == {"tick": 0, "sync": 0, "resolve": 0, "background": 0}
    assert [source["name"] for source in seen["work"]["sources"]] == ["crm", "phone-main"]

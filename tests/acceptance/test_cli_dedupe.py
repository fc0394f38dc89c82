"""Probable pairs from outside: look at everybody, train, measure, show the model, go back."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone

pytestmark = pytest.mark.servers

FIRST = ("Ana", "Luis", "Eva", "Pedro", "Marta", "Diego", "Irene", "Hugo", "Nuria", "Oscar", "Paula")
LAST = ("Ruiz", "Gil", "Sanz", "Vega", "Mora", "Soto", "Leon", "Cano", "Rey")
PEOPLE = 90


def forms() -> Iterator[Mapping[str, Any]]:
    """Yield what people wrote into a form, each twice: with a phone, and with an address."""
    for each in range(PEOPLE):
        name = f"{FIRST[each % len(FIRST)]} {LAST[each % len(LAST)]}"
        line = phone(f"+3461{each:07}", "claimed")
        address = email(f"{name}{each}@example.com".replace(" ", ".").lower(), "claimed")
        yield a_record(f"{each}-a", line, name=name)
        yield a_record(f"{each}-b", line, address, name=name.split(" ", maxsplit=1)[0])
        yield a_record(f"{each}-c", address, name=name)


@pytest.fixture(scope="module")
def business(avouch: Avouch) -> Avouch:
    """A home with enough people to learn from, and a list of whose each record is."""
    avouch("import", avouch.file("forms.jsonl", *forms()), "--source", "form")
    truth = (f"form,{each}-{part},person {each}" for each in range(PEOPLE) for part in "abc")
    avouch.file("truth.csv", "source,id,person", *truth)
    return avouch


class TestTrain:
    """`dedupe train` says what it learnt, and `dedupe model` shows and goes back."""

    def test_a_dry_run_prints_every_level_that_pairs_have_and_changes_nothing(self, business: Avouch) -> None:
        before = business("dedupe", "model")

        said = business.run("dedupe", "train", "--dry-run")

        assert said.code == 0
        assert said.out.startswith("270 contacts looked at, in ")
        assert "name      spelt by email " in said.out
        assert "are taken to be one person; before" in said.out
        assert said.err == "Nothing was changed. To put it in force: avouch dedupe train\n"
        assert business("dedupe", "model") == before

    def test_training_puts_a_version_in_force_and_default_takes_it_back(self, business: Avouch) -> None:
        trained = business.json("dedupe", "train")
        shown = business.json("dedupe", "model")
        back = business.run("dedupe", "model", "--use", "default")
        versions = business.json("dedupe", "model", "--versions")["versions"]

        assert trained["enough"]
        assert shown["version"] == trained["version"]
        assert shown["prior"] == trained["prior"][1]
        assert (
            back.out == f"Version {trained['version'] + 1} of the model is in force: the model that ships.\n"
        )
        assert back.err == (
            "All contacts are queued. Workers score them; to do it here and now: avouch dedupe all --wait\n"
        )
        assert [each["origin"] for each in versions][:2] == [
            "the model that ships", "trained on 270 contacts and 0 decisions",
        ]  # fmt: skip

    def test_the_model_is_a_table_that_says_what_each_level_means(self, business: Avouch) -> None:
        printed = business("dedupe", "model")

        assert "one is a form of the other: a nickname" in printed
        assert "alone" in printed
        assert "at one mailbox" in printed

    def test_a_version_that_is_not_there_is_refused(self, business: Avouch) -> None:
        assert business.fails("dedupe", "model", "--use", "999") == (
            "Error: There is no version 999 of the model. See: avouch dedupe model --versions\n"
        )


class TestAll:
    """`dedupe all` looks at everybody again."""

    def test_without_workers_it_waits_here_until_everybody_was_looked_at(self, business: Avouch) -> None:
        business("dedupe", "all", "--wait")

        done = business.json("dedupe", "all", "--wait")

        assert (done["queued"], done["waiting"]) == (270, 0)
        assert done["suggestions"] >= PEOPLE

    def test_else_workers_do_it(self, business: Avouch) -> None:
        said = business.run("dedupe", "all")

        assert said.out == "270 contacts queued.\n"
        assert said.err == "Workers look at them. To see how many wait: avouch status\n"


class TestEvaluate:
    """`dedupe evaluate` measures contacts and suggestions by a list of people."""

    def test_it_prints_what_the_rules_joined_and_what_suggestions_would_add(self, business: Avouch) -> None:
        printed = business("dedupe", "evaluate", "--truth", "truth.csv")

        assert printed.startswith(
            "270 rows of 90 people in 270 contacts; 0.0% of 270 true pairs are inside one.\n"
        )
        assert "the rules joined                                0              0.0" in printed
        assert "suggestions would add" in printed
        assert "recall at precision 0.999" in printed

    def test_as_json_it_has_the_same_figures(self, business: Avouch) -> None:
        found = business.json("dedupe", "evaluate", "--truth", "truth.csv")

        assert (found["rows"], found["people"], found["mixed"]) == (270, 90, [])
        half = found["pairs"]["from"]["0.5"]
        assert 0.5 < half["precision"] <= 1
        assert half["pairs"] >= found["pairs"]["from"]["0.99"]["pairs"]

    def test_a_list_that_is_none_is_refused_with_its_line(self, business: Avouch) -> None:
        business.file("wrong.csv", "source,id,person", "form,0-a,ana", "form,,eva")

        assert (
            business.fails("dedupe", "evaluate", "--truth", "wrong.csv")
            == "Error: wrong.csv, line 3: id is empty\n"
        )

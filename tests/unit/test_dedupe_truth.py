"""Labelled contacts: read as they were written, and parted so that nothing leaks."""

import gzip
from pathlib import Path
from random import Random

import click
import pytest

from benchmarks.dedupe import people
from benchmarks.dedupe.folder import write
from benchmarks.dedupe.truth import SHARES, Labelled, load, split


def written(folder: Path, name: str, text: str) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        file.write(text)


def a_folder(folder: Path) -> Path:
    (folder / "sources.csv").write_text("source,channel,default_region\npbx,phone,GB\n", encoding="utf-8")
    written(
        folder,
        "contacts.csv.gz",
        "source,external_id,channel,full_name,phone_raw,email_raw,company,created_at\n"
        'pbx,pbx:1,phone,"RUIZ, ANA",020 7946 0958,,,2026-01-01T00:00:00Z\n',
    )
    written(folder, "truth.csv.gz", "external_id,person_id,linkable,person_if_verified\npbx:1,x1,0,p1\n")
    return folder


def test_a_row_is_read_with_the_region_of_its_source(tmp_path: Path) -> None:
    read = load(a_folder(tmp_path))

    assert (read.rows[0].name, read.rows[0].phone, read.rows[0].region) == (
        "RUIZ, ANA",
        "020 7946 0958",
        "GB",
    )
    assert (read.people, read.people_if_verified) == ({"pbx:1": "x1"}, {"pbx:1": "p1"})


def test_a_folder_without_labels_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=r"has no contacts\.csv\.gz"):
        load(tmp_path)


@pytest.fixture(scope="module")
def whole() -> Labelled:
    return people.labelled(8_000, seed=5)


def test_contacts_of_our_own_are_read_as_they_were_made(tmp_path: Path, whole: Labelled) -> None:
    write(tmp_path, people.made(8_000, seed=5))

    read = load(tmp_path)

    assert sorted(read.rows) == sorted(whole.rows)
    assert read.people == whole.people
    assert {person: circles for person, circles in whole.circles.items() if circles} == read.circles


class TestSplit:
    """Half to train on, a quarter to choose by, a quarter that nobody sees until the end."""

    def test_every_contact_is_in_one_part(self, whole: Labelled) -> None:
        parts = split(whole)

        assert sorted(row.id for part in parts.values() for row in part.rows) == sorted(whole.people)

    def test_the_parts_have_their_shares(self, whole: Labelled) -> None:
        parts = split(whole)

        for name, share in SHARES.items():
            assert abs(len(parts[name].rows) - 2_000 * share) < 100

    def test_who_lives_or_works_together_is_in_one_part(self, whole: Labelled) -> None:
        seen: dict[str, str] = {}

        for name, part in split(whole).items():
            for person in part.people.values():
                for together in (person, *whole.circles[person]):
                    assert seen.setdefault(together, name) == name

    def test_whom_only_proof_ties_is_in_one_part(self) -> None:
        whole = people.labelled(400, seed=5)
        ids = [row.id for row in whole.rows]
        tied = Labelled(
            whole.rows, dict(zip(ids, ids, strict=True)), people_if_verified=dict.fromkeys(ids, "one")
        )

        parts = split(tied)

        assert sorted(len(part.rows) for part in parts.values()) == [0, 0, 400]

    def test_the_order_of_the_contacts_changes_nothing(self, whole: Labelled) -> None:
        shuffled = Random(1).sample(whole.rows, len(whole.rows))  # noqa: S311 - an order, guards nothing

        again = split(Labelled(shuffled, whole.people, whole.people_if_verified, circles=whole.circles))

        assert {name: part.people for name, part in again.items()} == {
            name: part.people for name, part in split(whole).items()
        }

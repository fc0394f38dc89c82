"""Errors at the terminal: one message, with what to type, and nothing of a person's data."""

from pathlib import Path

import psycopg
import pytest
from kombu.exceptions import OperationalError
from sqlalchemy import exc

from config.errors import ConfigurationError, SecretMissingError
from config.settings import SettingsError
from integrations.errors import AccessError
from worker.cli.errors import in_words
from worker.jobs.convert import NotConvertibleError
from worker.jobs.people import NotAnIdentifierError, UnknownIdError
from worker.jobs.rebuild import BusyError
from worker.storage.errors import in_words as database_in_words

PERSON = "+34612345678"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConfigurationError(Path("avouch.toml"), ["policy: wrong"]), "avouch.toml: policy: wrong"),
        (SettingsError("BROKER_URL must begin with redis://"), "BROKER_URL must begin with redis://"),
        (AccessError("crm: its token is wrong"), "crm: its token is wrong"),
        (SecretMissingError("crm: TOKEN is not set"), "crm: TOKEN is not set\n    Put it there"),
        (BusyError("3 records wait"), "Not now: 3 records wait."),
        (NotAnIdentifierError("is not a valid phone number"), "That is not a valid phone number."),
        (NotConvertibleError("no contact has the id x"), "Not converted: no contact has the id x."),
        (UnknownIdError("No contact has the id x."), "No contact has the id x.\n    Look for the contact"),
        (
            OperationalError("refused"),
            "The broker does not answer: refused\n    See what runs: avouch doctor",
        ),
        (PermissionError(13, "Permission denied", "/x"), "/x: Permission denied"),
    ],
)
def test_an_error_says_what_to_do(error: Exception, says: str) -> None:
    assert in_words(error).startswith(says)


def test_an_error_that_nobody_foresaw_shows_its_kind_and_not_its_text() -> None:
    said = in_words(KeyError(PERSON))

    assert said.startswith("Something unforeseen: KeyError.")
    assert "AVOUCH_DEBUG=1" in said
    assert PERSON not in said


def test_a_database_that_is_away_is_named_without_a_person() -> None:
    away = exc.OperationalError("SELECT", {}, psycopg.OperationalError("connection failed: refused\nmore"))

    assert database_in_words(away).startswith("The database does not answer: connection failed: refused\n")


def test_other_errors_of_the_database_layer_are_told_by_their_kind() -> None:
    assert database_in_words(exc.InvalidRequestError(PERSON)) == (
        "The database could not be used: InvalidRequestError."
    )

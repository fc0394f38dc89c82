"""A line of the log: one form for everybody, and nobody's data."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from config.logging import PERSONAL_KEYS, QUIET, configure


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def written(environ: dict[str, str] | None = None) -> io.StringIO:
    stream = io.StringIO()
    configure(environ or {}, stream)
    return stream


def line(**fields: Any) -> dict[str, Any]:
    """Log one event as JSON and return what was written."""
    stream = written({"AVOUCH_LOG": "json"})
    structlog.get_logger("worker.jobs.sync").info("sync_finished", **fields)
    shown: dict[str, Any] = json.loads(stream.getvalue())
    return shown


def test_a_readable_line_is_key_and_value() -> None:
    stream = written()

    structlog.get_logger("worker.jobs.sync").info("sync_finished", source="phone-main", pages=3)

    assert stream.getvalue().endswith("sync_finished [worker.jobs.sync] pages=3 source=phone-main\n")


def test_a_readable_line_has_no_colours_outside_a_terminal() -> None:
    stream = written()

    structlog.get_logger().error("sync_failed")

    assert "\x1b" not in stream.getvalue()


def test_a_line_in_a_terminal_has_colours() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    configure({}, stream)

    structlog.get_logger().error("sync_failed")

    assert "\x1b" in stream.getvalue()


def test_a_line_of_celery_looks_like_ours() -> None:
    stream = written({"AVOUCH_LOG": "json"})

    logging.getLogger("celery.worker").info("%s ready", "celery@host")
    structlog.get_logger("worker").info("ready")

    theirs, ours = (json.loads(text) for text in stream.getvalue().splitlines())
    assert theirs.keys() == ours.keys() == {"event", "logger", "level", "timestamp"}
    assert theirs["event"] == "celery@host ready"


def test_a_warning_is_a_line_of_the_log() -> None:
    stream = written()

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("careful", UserWarning, stacklevel=1)

    assert "UserWarning: careful" in stream.getvalue()


@pytest.mark.parametrize("key", sorted(PERSONAL_KEYS))
def test_a_value_that_holds_people_is_dropped(key: str) -> None:
    assert line(**{key: "Ana"})[key] == "<dropped>"


def test_a_value_that_holds_people_is_dropped_at_any_depth() -> None:
    shown = line(page={"entries": [{"email": "ana@example.com", "id": "c-1"}]})

    assert shown["page"] == {"entries": [{"email": "<dropped>", "id": "c-1"}]}


def test_a_count_is_no_person() -> None:
    shown = line(notes=3, records=25, phone=34612345678)

    assert (shown["notes"], shown["records"], shown["phone"]) == (3, 25, "<dropped>")


def test_an_object_shows_its_type_and_not_what_it_holds() -> None:
    class Contact:
        def __repr__(self) -> str:
            return "Ana"

    assert line(contact=Contact())["contact"] == "<Contact>"


def test_an_error_shows_its_type_and_its_masked_text() -> None:
    assert line(error=ValueError("no +34612345678"))["error"] == "ValueError: no <phone>"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Key (value)=(+34612345678) already exists", "Key (value)=(<phone>) already exists"),
        ("no route to '+34 612 34 56 78'", "no route to '<phone>'"),
        ("refused ana.ruiz+x@mail.example.com", "refused <e-mail>"),
        ("Connected to redis://:secret@cache:6379/0", "Connected to redis://***@cache:6379/0"),
        ("postgresql://avouch:a:b@db.example.com/avouch", "postgresql://***@db.example.com/avouch"),
        ("celery@ip-10-0-0-1.example.com ready", "celery@ip-10-0-0-1.example.com ready"),
        ("due at 2026-03-01T10:00:00+00:00", "due at 2026-03-01T10:00:00+00:00"),
    ],
)
def test_what_other_libraries_quote_is_masked(said: str, shown: str) -> None:
    stream = written({"AVOUCH_LOG": "json"})

    logging.getLogger("celery.app.trace").error(said)

    assert json.loads(stream.getvalue())["event"] == shown


@pytest.mark.parametrize("form", ["json", ""])
def test_a_traceback_shows_neither_people_nor_local_variables(form: str) -> None:
    stream = written({"AVOUCH_LOG": form})
    number = "tel +34612345678"

    try:
        int(number)
    except ValueError:
        structlog.get_logger().exception("sync_failed")
        logging.getLogger("celery.app.trace").exception("Task raised")

    assert stream.getvalue().count("ValueError: invalid literal for int() with base 10: 'tel <phone>'") == 2
    assert "34612345678" not in stream.getvalue()


def test_what_only_says_that_time_passes_is_left_out_unless_asked_for() -> None:
    usual = written()
    logging.getLogger("celery.app.trace").info("Task avouch.tick[1] succeeded")
    all_of_it = written({"AVOUCH_LOG_LEVEL": "debug"})
    logging.getLogger("celery.app.trace").info("Task avouch.tick[1] succeeded")

    assert usual.getvalue() == ""
    assert "succeeded" in all_of_it.getvalue()


def test_configuring_again_does_not_double_the_lines() -> None:
    written()
    stream = written()

    structlog.get_logger().info("ready")

    assert stream.getvalue().count("ready") == 1

"""One form for every line of the log: ours and Celery's, to stderr, readable or as JSON.

Lines carry static events, ids and counts. Should somebody log a person by mistake, two belts hold: values of
keys that hold people are dropped, and addresses and numbers inside texts are masked.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

VARIABLES = ("AVOUCH_LOG", "AVOUCH_LOG_LEVEL")
LEVELS = ("debug", "info", "warning", "error")

_WHO = {"name", "first_name", "last_name", "caller_name", "author", "caller", "profile", "from", "to"}
_WHERE = {"email", "emails", "phone", "phones", "number", "numbers", "address", "addresses", "handle"}
_EVIDENCE = {"identifier", "identifiers", "value", "values", "raw", "payload", "records"}
_WORDS = {"body", "text", "subject", "summary", "note", "notes", "interaction", "interactions"}
PERSONAL_KEYS = frozenset(_WHO | _WHERE | _EVIDENCE | _WORDS)
"""Keys whose values are or hold a person's data, or a source's text as it came."""

_COUNT_BELOW = 1_000_000
"""A whole number below this under such a key is a count (`notes=3`); a phone number has more digits."""

DROPPED = "<dropped>"

QUIET: Mapping[str, int] = {
    # "received" and "succeeded" for each task, and "sending" for each tick: a thousand lines an hour that say
    # only that time passes. What a task did is in the job's own line; failures stay.
    "celery.worker.strategy": logging.WARNING,
    "celery.app.trace": logging.WARNING,
    "celery.beat": logging.WARNING,
    # Names of other workers at every start.
    "celery.worker.consumer.mingle": logging.WARNING,
    "celery.worker.consumer.gossip": logging.WARNING,
    # A line for each request to Flower.
    "tornado.access": logging.WARNING,
}
"""Loggers that say less than `AVOUCH_LOG_LEVEL` asks for, unless it is debug."""

_MASKS = (
    # User and password of a URL; the server stays readable.
    (re.compile(r"://[^\s/@]*@"), "://***@"),
    # An e-mail address; the names of Celery's processes look alike and stay.
    (
        re.compile(
            r"(?<![\w.+-])(?!(?:celery|celerybeat|worker|work|tick|gen\d+)@)[^\s@<>\"'(){}=,;:/*]+@[\w-]+(?:\.[\w-]+)+"
        ),
        "<e-mail>",
    ),
    # An international number: + and at least seven digits, perhaps in groups.
    (re.compile(r"\+\d(?:[ ().-]{0,2}\d){6,}"), "<phone>"),
)

_PLAIN = (str, int, float, bool, date, timedelta, PurePath, Enum, type(None))
"""What is shown as it is. Of anything else only its type is shown: objects print what they hold."""


def configure(environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> None:
    """Send every line of this process to `stream` (default stderr). Safe to call again.

    Reads AVOUCH_LOG (`json`, anything else is readable) and AVOUCH_LOG_LEVEL (default info).
    """
    stream = stream or sys.stderr
    level = _level(environ)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(as_json=environ.get("AVOUCH_LOG") == "json", colours=stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, quietest in QUIET.items():
        logging.getLogger(name).setLevel(logging.NOTSET if level <= logging.DEBUG else quietest)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def formatter(*, as_json: bool, colours: bool) -> ProcessorFormatter:
    """Return the formatter that makes lines of Celery and of structlog look alike."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        if as_json
        # The plain traceback: the pretty one prints local variables, which hold people.
        else structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    )
    return ProcessorFormatter(
        foreign_pre_chain=list(_SHARED),
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            drop_people,
            mask_texts,
            renderer,
        ],
    )


def drop_people(_logger: object, _method: str, event_dict: EventDict) -> EventDict:
    """Replace the values of keys that hold people, at any depth, and objects by their type."""
    return {key: _without_people(key, value) for key, value in event_dict.items()}


def mask_texts(_logger: object, _method: str, event_dict: EventDict) -> EventDict:
    """Mask e-mail addresses and phone numbers in texts: errors of other libraries quote what they got."""
    return {key: _masked(value) if isinstance(value, str) else value for key, value in event_dict.items()}


def _without_people(key: object, value: object) -> object:
    is_count = value is None or (isinstance(value, int) and value < _COUNT_BELOW)
    if key in PERSONAL_KEYS and not is_count:
        return DROPPED
    if isinstance(value, Mapping):
        return {inner: _without_people(inner, held) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_people(None, held) for held in value]
    if isinstance(value, BaseException):
        return _masked(f"{type(value).__name__}: {value}")
    return value if isinstance(value, _PLAIN) else f"<{type(value).__name__}>"


def _masked(text: str) -> str:
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def _level(environ: Mapping[str, str]) -> int:
    wanted = environ.get("AVOUCH_LOG_LEVEL", "").lower()
    return logging.getLevelNamesMapping()[wanted.upper() if wanted in LEVELS else "INFO"]


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)
"""What every line gets, whoever wrote it."""

"""What went wrong, in one message with what to type. Loaded only when something did."""

from collections.abc import Callable

from kombu.exceptions import OperationalError

from config.errors import ConfigurationError, SecretMissingError
from config.settings import SettingsError
from integrations.errors import SourceError
from worker.jobs.cases import UnknownCaseError
from worker.jobs.convert import NotConvertibleError
from worker.jobs.decide import NotDecidedError
from worker.jobs.erase import NotErasedError
from worker.jobs.id_key import OtherKeyError
from worker.jobs.import_file import ImportRefusedError
from worker.jobs.people import NotAnIdentifierError, UnknownIdError
from worker.jobs.policy_change import UnknownVersionError
from worker.jobs.rebuild import BusyError
from worker.jobs.sources import SourceStateError
from worker.jobs.suggest import BasisChangedError
from worker.servers import ServersError
from worker.session import SchemaError
from worker.storage import errors as storage
from worker.wiring import NotConfiguredError

SPOKEN: tuple[type[Exception], ...] = (
    BasisChangedError,
    ConfigurationError,
    ImportRefusedError,
    NotConfiguredError,
    OtherKeyError,
    SchemaError,
    ServersError,
    SettingsError,
    SourceError,
    SourceStateError,
    UnknownCaseError,
    UnknownVersionError,
)
"""Errors whose message is complete: where, what, and what to type."""

WORDED: dict[type[Exception], Callable[[Exception], str]] = {
    BusyError: lambda error: f"Not now: {error}.",
    NotAnIdentifierError: lambda error: f"That {error}.",
    NotConvertibleError: lambda error: f"Not converted: {error}.",
    NotDecidedError: lambda error: f"Nothing was changed: {error}{'' if 'avouch' in str(error) else '.'}",
    NotErasedError: lambda error: f"Not erased: {error}.",
    OperationalError: lambda error: f"The broker does not answer: {error}\n    See what runs: avouch doctor",
    SecretMissingError: lambda error: f"{error}\n    Put it there, then try again; see also: avouch doctor",
    UnknownIdError: lambda error: f"{error}\n    Look for the contact: avouch lookup --phone or --email",
}
"""Errors whose message needs a frame for people at a terminal."""


def in_words(error: Exception) -> str:
    """Return what to tell the person at the terminal. No traceback, and nothing of a person's data."""
    if isinstance(error, SPOKEN):
        return str(error)
    for kind, words in WORDED.items():
        if isinstance(error, kind):
            return words(error)
    if isinstance(error, storage.StorageError):
        return storage.in_words(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or type(error).__name__}"
    # The text of an error nobody foresaw may quote a record, so only its kind is shown.
    return (
        f"Something unforeseen: {type(error).__name__}. This is a fault of avouch, not yours.\n"
        "    To see where it happened, run the same again with AVOUCH_DEBUG=1"
    )

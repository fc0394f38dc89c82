"""What the database raises, in words that show nobody's data."""

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

StorageError = SQLAlchemyError
"""Everything that storage raises by itself."""

_ADVICE = {
    "42P01": "Its tables are not there or of another version. Make them: avouch migrate",
    "55P03": "Another process holds a lock for too long. Try again; see who it is: avouch status",
    "57014": "It took longer than a minute and was stopped. Try again; see what runs: avouch status",
    "53100": "Its disk is full. Make room, and try again.",
    "53300": "It has no connection left. Lower AVOUCH_CONCURRENCY, or raise its max_connections.",
}
"""What helps, by SQLSTATE."""


def waited_too_long(error: StorageError) -> bool:
    """Say whether somebody else held a lock for longer than was waited for."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(cause, psycopg.errors.LockNotAvailable)


def in_words(error: StorageError) -> str:
    """Say what went wrong and what to do. The database's own detail quotes values, so it is left out."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if not isinstance(cause, psycopg.Error):
        return f"The database could not be used: {type(error).__name__}."
    if cause.sqlstate is None:
        first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        return f"The database does not answer: {first}\n    See what runs: avouch doctor"
    said = cause.diag.message_primary or type(cause).__name__
    return f"The database refused: {said}.\n    {_ADVICE.get(cause.sqlstate, 'See: avouch doctor')}"

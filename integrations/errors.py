"""The errors of outside systems, named by what we do about them."""

from datetime import timedelta


class SourceError(Exception):
    """Something outside went wrong. The message names the source and the request, never a person's data."""

    def __init__(self, message: str, *, tried: str = "") -> None:
        """Keep the message, which says what follows for a run; `tried` is the one for somebody who tries the source.

        A trial pauses nothing and is not repeated by itself. Left out, the message is right for both.
        """
        super().__init__(message)
        self.tried = tried or message


class UnavailableError(SourceError):
    """Raised when trying again later may help: no connection, 429, 5xx. The job backs off by itself."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None, tried: str = "") -> None:
        """Keep what the vendor asked for in `Retry-After`, as a floor for the back-off."""
        super().__init__(message, tried=tried)
        self.retry_after = retry_after


class ThrottledError(UnavailableError):
    """Raised when the vendor's limit is used up for a while. No failure: the run goes on after `retry_after`."""


class AccessError(SourceError):
    """Raised when a person must act: a token is wrong or lacks a permission. The source is paused."""


class FormatError(SourceError):
    """Raised when an answer or a file as a whole is not what its format says. The cursor stays where it was."""


class RefusedError(FormatError):
    """Raised when the vendor answers that it will not do what was asked: an expired token, a missing record.

    A connector that knows the code may go another way; anybody else treats it as a `FormatError`.
    """

    def __init__(self, message: str, *, status: int, codes: tuple[str, ...] = (), tried: str = "") -> None:
        """Keep the HTTP status and the vendor's own codes."""
        super().__init__(message, tried=tried)
        self.status = status
        self.codes = codes

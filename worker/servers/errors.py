"""The error of this package."""


class ServersError(Exception):
    """Raised when a server or process cannot be started or reached. Says what to type or to read."""

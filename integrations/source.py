"""What a connector is built from: one configured source, its options and its secrets."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from integrations.errors import AccessError
from integrations.limits import Limiter, Unlimited

Options = TypeVar("Options")

Hours = Annotated[float, Meta(ge=1)]
"""A setting: how often a list is read whole."""


def now() -> datetime:
    """Return the time; the clock of connectors unless a test hands them another."""
    return datetime.now(UTC)


class Source(Struct, frozen=True, kw_only=True):
    """One configured source. Its repr names it and shows neither options nor secrets."""

    name: str
    """What people call it: "phone-main"."""
    connector: str
    """A name of `integrations.registry`."""
    region: str | None = None
    """ISO country of numbers written without a country code; None: such numbers are no identifiers."""
    settings: Mapping[str, Any] = {}
    """The plain options of avouch.toml."""
    secrets: Mapping[str, str] = {}
    """Tokens and passwords, already resolved. They reach the vendor and nobody else."""
    limiter: Limiter = msgspec.field(default_factory=Unlimited)
    """Keeps the vendor's rate limits, for all workers together."""
    clock: Callable[[], datetime] = now
    """Says when a list is read whole again; what vendors state of times is theirs."""
    page_limit: int | None = None
    """At most so many entries a page; None takes as many as the vendor or the format allows."""

    def __repr__(self) -> str:
        return f"Source(name={self.name!r}, connector={self.connector!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        """Rich asks a struct here, past `__repr__`, and would print the secrets in a traceback."""
        return [("name", self.name), ("connector", self.connector)]

    def options(self, into: type[Options]) -> Options:
        """Return the settings as the struct `into`.

        Raises `AccessError`, naming the setting, when one is missing, unknown or of another type: a person
        has to correct it.
        """
        try:
            return msgspec.convert(dict(self.settings), type=into)
        except msgspec.ValidationError as error:
            raise AccessError(
                f"{self.name}: its settings do not fit the connector {self.connector}: {error}\n"
                f"    Correct them in avouch.toml, then run: avouch sources test {self.name}"
            ) from error

    def secret(self, name: str) -> str:
        """Return the secret `name`; raises `AccessError` when it is not set, or set to nothing."""
        value = self.secrets.get(name, "")
        if not value:
            raise AccessError(
                f"{self.name}: the secret {name} is not set.\n"
                f"    Set it as avouch.toml says, then run: avouch sources test {self.name}"
            )
        return value

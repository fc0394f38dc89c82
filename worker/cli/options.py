"""Options and types that several commands share."""

import difflib
import getpass
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from worker.jobs.decide import Said

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object on one line.")


class Words(click.ParamType[str]):
    """What a person says: text that can be kept, and not more than a few lines of it."""

    name = "text"

    def __init__(self, most: int, *, blank: bool = True) -> None:
        """Take at most so many characters; `blank` says whether none are fine, too."""
        self._most = most
        self._blank = blank

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = value.strip()
        if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
            self.fail("is no text: write it in UTF-8", param, ctx)
        if len(text) > self._most:
            self.fail(f"has {len(text):,} characters; at most {self._most:,} are kept", param, ctx)
        if not text and not self._blank:
            self.fail("is empty", param, ctx)
        return text


author = click.option(
    "--author", type=Words(100, blank=False), help="Who says so; default: the user of this machine."
)
reason = click.option(
    "--reason", type=Words(500), default="", help="Why, in a few words; it is kept and shown."
)


def says(author: str | None, reason: str = "") -> "Said":
    """Return who decides now and why; without an author it is the user of this machine."""
    from worker.jobs import clock
    from worker.jobs.decide import Said

    return Said(author or getpass.getuser(), reason.strip(), clock.now())


NOTE = Words(65_536, blank=False)
"""The text of a note: as much as one that comes from a source may have."""

TYPES = ("email", "phone", "account", "device", "handle")
"""The types of identifiers."""


class Region(click.ParamType[str]):
    """A country that numbers without a country code belong to, such as ES."""

    name = "country"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from config.errors import WrongValueError
        from config.values import region

        try:
            return region(value)
        except WrongValueError as error:
            self.fail(f"{value} is {error}; write two capital letters: ES", param, ctx)


REGION = Region()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names the nearest of `known`, or nothing when none is near."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


class Typed(click.ParamType[tuple[str, str, str]]):
    """An identifier as TYPE:VALUE or TYPE/NAMESPACE:VALUE."""

    name = "TYPE:VALUE"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, str]:
        kind, colon, text = value.partition(":")
        type_, _, namespace = kind.partition("/")
        if not colon or not text.strip():
            self.fail("write TYPE:VALUE, such as email:ana@example.com or account/app:u-17", param, ctx)
        if type_ not in TYPES:
            hint = did_you_mean(type_, TYPES)
            self.fail(f"no identifier is called {type_}.{hint} There are: {', '.join(TYPES)}", param, ctx)
        return type_, namespace, text


TYPED = Typed()

"""Options and types that several commands share."""

import difflib
from collections.abc import Iterable

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object on one line.")
author = click.option("--author", help="Who says so; default: the user of this machine.")
reason = click.option("--reason", default="", help="Why, in a few words; it is kept and shown.")

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

"""Options and types that several commands share."""

import difflib
from collections.abc import Iterable

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object on one line.")


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

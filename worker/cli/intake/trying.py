"""The command that tries a source: its credentials, and what they may read."""

from typing import TYPE_CHECKING, Any

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from integrations.contract import Connector, Part


@click.command("test")
@click.argument("name")
@as_json
def try_source(name: str, *, as_json: bool) -> None:
    """Fetch the first page of everything a source is read for, and keep nothing: does it work?

    Tries each part by itself: a token may read calls and not messages. Exits with 1 when a part cannot be read.

    \b
    Example:
        avouch sources test phone-main
    """
    from integrations.errors import SourceError
    from worker import wiring
    from worker.cli import show
    from worker.cli.intake.sources import check_known

    check_known(name, wiring.configuration().sources)
    try:
        connector = wiring.connector_for(name)
    except SourceError as error:
        raise click.ClickException(error.tried) from error
    tried = [_tried(connector, part) for part in _parts(connector)]
    if len(tried) > 1:
        for each in tried:
            each.pop(
                "more", None
            )  # After a part's last page the next part begins: it says nothing of this one.
    works = all(each["works"] for each in tried)
    if as_json:
        show.json_line({"source": name, "works": works, "parts": tried})
    else:
        for each in tried:
            _tell(each)
        click.echo(f"{name} works." if works else f"{name} does not work yet.")
    if not works:
        raise click.exceptions.Exit(1)


def _parts(connector: "Connector") -> "list[Part]":
    from integrations.contract import HasParts, Part

    return list(connector.parts()) if isinstance(connector, HasParts) else [Part("first page", "")]


def _tried(connector: "Connector", part: "Part") -> dict[str, Any]:
    """Read the first page of a part; say what came, or what is missing."""
    from integrations.errors import AccessError, SourceError

    try:
        page = connector.fetch(part.cursor or None)
    except SourceError as error:
        refused = isinstance(error, AccessError)
        needs = f"needs the permission: {part.permission}" if refused and part.permission else ""
        return {"part": part.name, "works": False, "error": error.tried, "needs": needs}
    return {
        "part": part.name,
        "works": True,
        "records": len(page.deliveries),
        "more": page.more,
        "rejected": [{"where": each.where, "reason": each.reason} for each in page.rejected],
        "warnings": list(page.warnings),
    }


def _tell(tried: dict[str, Any]) -> None:
    from worker.cli import show

    if not tried["works"]:
        click.echo(f"{tried['part']}: {tried['error']}")
        if tried["needs"]:
            click.echo(f"    It {tried['needs']}")
        return
    more = "; there is more" if tried.get("more") else ""
    rejected = len(tried["rejected"])
    click.echo(
        f"{tried['part']}: {show.count(tried['records'], 'record')} on the first page, {rejected:,} rejected{more}"
    )
    for each in tried["rejected"]:
        click.echo(f"  {each['where']}: {each['reason']}")
    for warning in tried["warnings"]:
        click.echo(f"  Note: {warning}")

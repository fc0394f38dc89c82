"""The command that begins a new source: what it writes passes its tests at once."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from worker.cli.options import as_json

if TYPE_CHECKING:
    from integrations.contract import SourceKind


@click.command("new")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["phone", "chat", "import"]),
    help="What it is: its folder, and how sure what it holds is.",
)
@click.option("--declared", is_flag=True, help="Without Python: one TOML file, for plain REST lists.")
@as_json
def new_source(name: str, kind: str | None, *, declared: bool, as_json: bool) -> None:
    """Begin a connector called NAME for a vendor that is not there yet.

    Writes the module, its test and a sample page into a checkout of Avouch, its line in the list of
    connectors and its settings in the reference; or, with --declared, the file that takes the place of
    all of them. Nothing is overwritten.

    \b
    Example:
        avouch sources new ringpost --kind phone
        avouch sources new ringpost --declared
    """
    from integrations import scaffold
    from worker.cli import show

    if declared == (kind is not None):
        raise click.UsageError("Give either --kind phone|chat|import, or --declared.")
    here = Path.cwd()
    begun = (
        scaffold.a_declaration(here, name)
        if declared
        else scaffold.a_module(here, name, cast("SourceKind", kind))
    )
    for each in begun:
        (here / each.path).write_text(each.text, encoding="utf-8")
    paths = [str(each.path) for each in begun]
    if as_json:
        show.json_line({"source": name, "written": paths})
        return
    for path in paths:
        click.echo(path)
    click.echo(_next_words(name, declared=declared), err=True)


def _next_words(name: str, *, declared: bool) -> str:
    if declared:
        return (
            "Say there what the vendor lists, then write in avouch.toml:\n\n"
            f'    [sources.{name}]\n    connector = "declared"\n    path = "{name}.toml"\n'
            f'    token = {{ env = "{name.replace("-", "_").upper()}_TOKEN" }}\n    every = "5m"\n\n'
            f"and try it: avouch sources test {name}"
        )
    return (
        f"All of it passes as it stands: make test T=tests/connectors/test_{name.replace('-', '_')}.py\n"
        "Now make it the vendor's: docs/howto/add-a-source.md\n"
        "Then write what it pulls into docs/reference/sources.md: make sources"
    )

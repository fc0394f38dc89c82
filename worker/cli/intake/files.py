"""Commands about files: import them, and see what could not be kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli.options import REGION, as_json

if TYPE_CHECKING:
    from worker.jobs.import_file import Wanted

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",  # It says what to save it as.
    ".vcf": "vcard",
    ".vcard": "vcard",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""The format that a file's ending stands for."""
TRUSTS = ("claimed", "observed", "stored", "verified")


class Column(click.ParamType[tuple[str, str]]):
    """A column of a file and what it holds, as HEADER=TARGET."""

    name = "HEADER=TARGET"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        header, equals, target = value.rpartition("=")
        if not equals or not header.strip() or not target.strip():
            self.fail('write HEADER=TARGET, such as "Mobile phone=phone"', param, ctx)
        return header, target


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source", required=True, help="The name under which these records are kept, such as crm-2025."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "xlsx", "vcard", "jsonl"]),
    help="Default: by the file's ending.",
)
@click.option(
    "--trust", type=click.Choice(TRUSTS), help="Caps the levels. Default: verified for jsonl, else stored."
)
@click.option("--region", type=REGION, help="The country of numbers without a country code.")
@click.option(
    "--column", "columns", type=Column(), multiple=True, help="What a column holds. May be given again."
)
@click.option("--dry-run", is_flag=True, help="Read the file and say what would happen. Writes nothing.")
@as_json
def import_file(
    file: Path,
    source: str,
    format_: str | None,
    trust: str | None,
    region: str | None,
    columns: Sequence[tuple[str, str]],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import the contacts in a file: CSV, XLSX, vCard or JSON lines.

    A row that cannot be kept is set aside with its reason, and the import goes on. The same file imported
    again changes nothing.

    \b
    Example:
        avouch import customers.csv --source crm --region ES --dry-run
        avouch import customers.csv --source crm --region ES --column "Tel. 2=phone"
    """
    from integrations.contract import Level
    from worker.cli.intake import importing
    from worker.jobs.import_file import Wanted

    wanted = Wanted(
        source=source,
        path=str(file.absolute()),
        format=format_ or _format_of(file),
        trust=Level(trust) if trust else None,
        region=region,
        columns=dict(columns),
    )
    _check_columns(wanted)
    (importing.rehearse if dry_run else importing.run)(wanted, as_json=as_json)


def _format_of(file: Path) -> str:
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise click.UsageError(
            f"{file.name}: its ending says no format. Say which: --format csv, xlsx, vcard or jsonl"
        )
    return found


def _check_columns(wanted: "Wanted") -> None:
    if wanted.columns and wanted.format not in {"csv", "xlsx"}:
        raise click.UsageError(f"--column is for csv and xlsx files; this is {wanted.format}.")


@click.group()
def rejects() -> None:
    """Entries that could not be kept, each with its reason."""


@rejects.command("list")
@click.option("--source", help="Of one source only.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.option("--raw", is_flag=True, help="Show each entry as it came, too. It holds people's data.")
@as_json
def list_rejects(source: str | None, limit: int, *, raw: bool, as_json: bool) -> None:
    """List rejected entries, the newest first.

    \b
    Example:
        avouch rejects list --source crm
    """
    from worker.cli import show
    from worker.cli.intake.sources import check_known
    from worker.domain.export import moment
    from worker.session import session

    with session() as uow, uow.begin() as tx:
        if source is not None:
            check_known(source, [row.name for row in tx.sources.all()])
        found = tx.work.rejects(source, limit)
        total = tx.work.count_rejects()
    if as_json:
        rows: list[dict[str, Any]] = [
            {**row._asdict(), "first_at": moment(row.first_at), "last_at": moment(row.last_at)}
            for row in found
        ]
        show.json_line({"rejects": rows if raw else [_without_raw(row) for row in rows], "total": total})
        return
    if found:
        headers = ("source", "where", "why", "times", "last (UTC)", *(("as it came",) if raw else ()))
        lines = [(r.source, r.place, r.reason, r.times, r.last_at, *((r.raw,) if raw else ())) for r in found]
        show.out().print(show.grid(*headers, rows=lines, numbers=["times"]))
    click.echo(
        f"{show.count(len(found), 'rejected entry', 'rejected entries')} shown, {total:,} in all.", err=True
    )


def _without_raw(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "raw"}

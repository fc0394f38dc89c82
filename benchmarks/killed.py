"""`python -m benchmarks.killed`: each vendor pulled in peace, and pulled while the process is killed again and again.

Both must end in the same evidence and the same contacts, to the byte. The vendors are simulated, the servers real.
"""

import json
import tempfile
from pathlib import Path

import click
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Table

from config.settings import Settings
from tests.simulated.killed import pulled
from tests.simulated.vendor import VENDORS
from worker import servers


@click.command(help=__doc__)
@click.argument("connectors", nargs=-1, type=click.Choice(sorted(VENDORS)))
@click.option("--records", default=10_000, show_default=True, help="Records at each vendor.")
@click.option("--page", default=200, show_default=True, help="Entries of a page, at most.")
@click.option("--kills", default=5, show_default=True, help="How often each pull is killed.")
@click.option("--seed", default=0, show_default=True, help="Says after how many records.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a vendor.")
def main(
    connectors: tuple[str, ...], records: int, page: int, kills: int, seed: int, *, as_json: bool
) -> None:
    """Pull each vendor twice and compare."""
    table = Table("vendor", "records", "contacts", "in peace", "killed", "kills", "the same")
    wrong = []
    with tempfile.TemporaryDirectory(prefix="avouch-killed-") as folder:
        settings = Settings.load({"AVOUCH_HOME": str(Path(folder) / "home")})
        with servers.running(settings) as endpoints:
            for name in connectors or sorted(VENDORS):
                peace = pulled(endpoints.database_url, name, records, page_limit=page, kills=0)
                after = pulled(endpoints.database_url, name, records, page_limit=page, kills=kills, seed=seed)
                same = peace.digest == after.digest
                if not same:
                    wrong.append(name)
                if as_json:
                    click.echo(
                        json.dumps(
                            {"vendor": name, "same": same, "peace": asdict(peace), "killed": asdict(after)}
                        )
                    )
                else:
                    click.echo(
                        f"{name}: {after.kills} kills, {'the same' if same else 'NOT THE SAME'}", err=True
                    )
                table.add_row(
                    name,
                    f"{peace.records:,}",
                    f"{peace.contacts:,}",
                    f"{peace.seconds:.1f} s",
                    f"{after.seconds:.1f} s",
                    str(after.kills),
                    "yes" if same else "NO",
                )
    if not as_json:
        Console().print(table)
    if wrong:
        raise click.ClickException(f"not the same after kills: {', '.join(wrong)}")


if __name__ == "__main__":
    main()

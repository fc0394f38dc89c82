"""What `avouch rebuild --check --proofs` adds: the checker's word on every stored proof."""

from typing import Any

import click

from worker.checker import Fault
from worker.cli import show
from worker.cli.progress import bar
from worker.jobs import check_proofs as job
from worker.storage.unit_of_work import UnitOfWork


def check_proofs(uow: UnitOfWork) -> job.Checked:
    """Have every proof checked, under a bar."""
    with bar("Checking") as update:
        return job.run(uow, lambda some, of: update(some / max(1, of), f"{some:,} of {of:,} contacts"))


def as_json(done: job.Checked) -> dict[str, Any]:
    """Return what was checked for JSON, beside what the comparison found."""
    return {"proofs": done.proofs, "faults": done.faults}


def tell(done: job.Checked) -> None:
    """Print what does not hold."""
    what = f"{show.count(done.proofs, 'proof')} of {show.count(done.contacts, 'contact')} checked"
    if not done.faults:
        click.echo(f"{what}: all hold.")
        return
    click.echo(f"{what}; {show.count(len(done.faults), 'fault')}:")
    for fault in done.faults:
        click.echo(f"  {_in_words(fault)}")


def _in_words(fault: Fault) -> str:
    """Return where, by which rule, and what."""
    where = (
        f"case {fault.case}" if fault.case else f"contact {fault.contact}" if fault.contact else "a record"
    )
    records = f" ({', '.join(fault.records)})" if fault.records else ""
    return f"{where}, {fault.rule}: {fault.what}{records}"

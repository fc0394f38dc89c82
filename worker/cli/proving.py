"""What `avouch rebuild --check --proofs` does: the checker's word on every stored proof."""

import sys

import click

from worker.checker import Fault
from worker.cli import show
from worker.cli.progress import bar


def check_proofs(*, as_json: bool) -> None:
    """Have every proof checked and print what does not hold; exit code 1 where anything does not."""
    from worker.jobs import check_proofs as job
    from worker.session import session

    with session() as uow, bar("Checking") as update:
        done = job.run(uow, lambda some, of: update(some / max(1, of), f"{some:,} of {of:,} contacts"))
    if as_json:
        show.json_line({"proofs": done.proofs, "contacts": done.contacts, "faults": done.faults})
    else:
        what = f"{show.count(done.proofs, 'proof')} of {show.count(done.contacts, 'contact')} checked"
        if not done.faults:
            click.echo(f"{what}: all hold.")
        else:
            click.echo(f"{what}; {show.count(len(done.faults), 'fault')}:")
        for fault in done.faults:
            click.echo(f"  {_in_words(fault)}")
    if done.faults:
        sys.exit(1)


def _in_words(fault: Fault) -> str:
    """Return where, by which rule, and what."""
    where = (
        f"case {fault.case}" if fault.case else f"contact {fault.contact}" if fault.contact else "a record"
    )
    records = f" ({', '.join(fault.records)})" if fault.records else ""
    return f"{where}, {fault.rule}: {fault.what}{records}"

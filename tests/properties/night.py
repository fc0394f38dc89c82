"""Tries every law on many random histories: `python -m tests.properties.night 100000`.

Prints how far it is and, of a history that breaks a law, the history made as short as possible, with the seed that
finds it again: `python -m tests.properties.night 500 --seed SEED`.
"""

import multiprocessing
import time
import traceback
from collections import Counter
from random import SystemRandom
from typing import NamedTuple

import click
from hypothesis import HealthCheck, given, seed, settings

from tests.properties.whole import Whole, every_law, wholes

BATCH = 500
"""Histories of one seed: a failure is found again within half a minute."""

MUST = (
    "undone: joined",
    "undone: split",
    "undone: converted",
    "withdrawn: same",
    "withdrawn: convert",
    "sides again",
)
"""What the laws of undo are about. A run in which one of these never came up has not tried them."""

ENOUGH = 5_000
"""So many histories come to each of them."""


class Batch(NamedTuple):
    """What came of the histories of one seed."""

    seed: int
    tried: int
    checked: Counter[str]
    failure: str = ""


def run_batch(number: int) -> Batch:
    """Try every law on the histories of one seed."""
    checked: Counter[str] = Counter()

    @seed(number)
    @settings(max_examples=BATCH, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(whole=wholes())
    def try_one(whole: Whole) -> None:
        checked["tried"] += 1
        checked.update(every_law(whole))

    try:
        try_one()
    except BaseException as error:  # noqa: BLE001 - whatever a law says, and whatever breaks it, is the result
        return Batch(number, checked.pop("tried", 0), checked, "".join(traceback.format_exception(error)))
    return Batch(number, checked.pop("tried"), checked)


@click.command(help=__doc__)
@click.argument("histories", type=int, default=100_000)
@click.option("--seed", "first", type=int, help="The first seed; default: a random one.")
@click.option("--processes", type=int, default=2, show_default=True)
def main(histories: int, first: int | None, processes: int) -> None:
    """Try the laws on so many histories; fail at the first that breaks one."""
    first = SystemRandom().randrange(1_000_000) if first is None else first
    click.echo(f"{histories} histories, {BATCH} a seed, from seed {first}")
    begun, tried, checked = time.monotonic(), 0, Counter[str]()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for batch in pool.imap_unordered(run_batch, range(first, first - (-histories // BATCH))):
            if batch.failure:
                again = f"python -m tests.properties.night {BATCH} --seed {batch.seed} --processes 1"
                raise click.ClickException(f"{batch.failure}\nA law is broken. To see it again: {again}")
            tried += batch.tried
            checked += batch.checked
            took = time.monotonic() - begun
            a_thousand = 1000 * took / tried
            click.echo(
                f"{tried:>7} histories, {took:.0f} s, {a_thousand:.1f} s a thousand (seed {batch.seed})"
            )
    click.echo(", ".join(f"{what} {count}" for what, count in sorted(checked.items())))
    missing = [what for what in MUST if not checked[what]]
    if missing and tried >= ENOUGH:
        raise click.ClickException(
            f"no history came to this, so nothing was shown of it: {', '.join(missing)}"
        )
    click.echo("every law held")


if __name__ == "__main__":
    main()

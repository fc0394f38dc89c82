"""The options by which suggestions are chosen: the same for a list as for answers to many at once."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from worker.cli.options import did_you_mean

if TYPE_CHECKING:
    from worker.jobs.suggest import Listed
    from worker.storage.unit_of_work import Transaction

KINDS = ("name", "phone", "email", "company")
_PROBABILITY = click.FloatRange(0, 1)
_OPTIONS = (
    click.option("--above", type=_PROBABILITY, help="Only those at least so probable, such as 0.9."),
    click.option("--below", type=_PROBABILITY, help="Only those less probable than this."),
    click.option("--contact", metavar="ID", help="Only those that name this contact."),
    click.option("--source", metavar="NAME", help="Only those of contacts that this source has records of."),
    click.option("--kind", type=click.Choice(KINDS), help="Only those for which this speaks."),
    click.option(
        "--all",
        "everything",
        is_flag=True,
        help="Improbable ones, households and those beyond the first of a contact, too.",
    ),
)


class Narrow(NamedTuple):
    """What was typed to choose suggestions."""

    above: float | None = None
    below: float | None = None
    contact: str | None = None
    source: str | None = None
    kind: str | None = None
    everything: bool = False

    @property
    def chooses(self) -> bool:
        """Say whether anything was typed that chooses some of all."""
        return self._replace(everything=False) != Narrow()

    def listed(self, tx: "Transaction", limit: int, *, put_off: bool = False) -> "Listed":
        """Return the suggestions that are chosen, the most probable first."""
        from worker.domain.matching.scoring import weight_of
        from worker.jobs import clock, suggest
        from worker.jobs.people import find
        from worker.storage.shortlist import Wanted

        if self.source is not None:
            known = [row.name for row in tx.sources.all()]
            if self.source not in known:
                hint = did_you_mean(self.source, known)
                raise click.ClickException(
                    f"No source is called {self.source}.{hint} See: avouch sources list"
                )
        wanted = Wanted(
            contact=None if self.contact is None else find(tx, self.contact).id,
            above=None if self.above is None else weight_of(self.above),
            below=None if self.below is None else weight_of(self.below),
            source=self.source,
            kind=self.kind,
            put_off=put_off,
        )
        return suggest.listed(tx, wanted, everything=self.everything, now=clock.now(), limit=limit)


def narrowed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, as one argument `narrow`."""

    @functools.wraps(command)
    def chosen(*arguments: object, **options: object) -> None:
        typed: dict[str, Any] = {field: options.pop(field) for field in Narrow._fields}
        command(*arguments, narrow=Narrow(**typed), **options)

    for option in reversed(_OPTIONS):
        chosen = option(chosen)
    return chosen

"""Import a file: as a source of its own, read by the same run as every other source."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from config.sources import NAME, RESERVED, SourceSettings
from integrations import registry
from integrations.contract import Level, Page, Rejected
from integrations.source import Source
from worker.jobs import region
from worker.jobs.inspect_file import Inspected
from worker.storage.sources import SourceRow
from worker.storage.unit_of_work import Transaction, UnitOfWork


class ImportRefusedError(Exception):
    """Raised when a file cannot be imported under this name or with this trust. Nothing was written."""


class Wanted(NamedTuple):
    """What somebody asked to import."""

    source: str
    path: str
    format: str
    """A connector of files: csv, xlsx, vcard or jsonl."""
    trust: Level | None = None
    region: str | None = None
    columns: Mapping[str, str] = {}


def source_of(wanted: Wanted, configured: SourceSettings | None) -> Source:
    """Return what the connector is built from: the source as configured, but with this file.

    Raises `ImportRefusedError` when the name cannot be used for this file.
    """
    _check_name(wanted.source)
    if configured is not None:
        _check_configured(wanted, configured)
    settings = dict(configured.settings) if configured else {}
    if wanted.columns:
        stated = settings.get("columns")
        settings["columns"] = {**(stated if isinstance(stated, Mapping) else {}), **wanted.columns}
    return Source(
        name=wanted.source,
        connector=wanted.format,
        region=configured.region if configured else wanted.region,
        settings=settings | {"path": wanted.path},
        page_limit=configured.page_limit if configured else None,
    )


def prepare(uow: UnitOfWork, wanted: Wanted, configured: SourceSettings | None) -> bool:
    """Make the source's row fit; say whether the file is read from its start.

    An import that was cut off goes on where it was; one that ended begins again, which changes nothing where
    the file is the same.

    Raises `ImportRefusedError` when the source has another trust or is no import.
    """
    with uow.begin() as tx:
        before = tx.sources.lock(wanted.source)
        if configured is None:
            _put(uow, tx, wanted, before)
        cut_off = tx.work.open_run(wanted.source) is not None
    return not cut_off


def _put(uow: UnitOfWork, tx: Transaction, wanted: Wanted, before: SourceRow | None) -> None:
    if before is not None:
        _check_present(wanted, before)
    where = wanted.region or (before.region if before else None)
    tx.sources.put(
        name=wanted.source,
        kind="import",
        connector=wanted.format,
        trust=before.trust if before else (wanted.trust or default_trust(wanted.format)).value,
        region=where,
        configured=False,
        paused=None,
        failures=0,
        error=None,
    )
    if before is not None and before.region != where:
        region.change(uow, tx, wanted.source, where)


def default_trust(format_: str) -> Level:
    """Return how far a file is trusted where nobody says: one in our own form states levels itself."""
    return registry.entry(format_).trust


def _check_name(name: str) -> None:
    if name == RESERVED:
        raise ImportRefusedError(f"{RESERVED} is the platform's own name. Choose another one for --source.")
    if not NAME.fullmatch(name):
        raise ImportRefusedError(
            f"{name} is no name for a source. Use lower-case letters, digits and hyphens, at most 63,"
            " the first a letter or digit."
        )


def _check_configured(wanted: Wanted, configured: SourceSettings) -> None:
    entry = registry.entry(configured.connector)
    trust = Level(configured.trust) if configured.trust else entry.trust
    for given, present, what in (
        (wanted.format, configured.connector, "a source of"),
        (wanted.trust, trust, "trusted as"),
        (wanted.region, configured.region, "set to the region"),
    ):
        if given is not None and given != present:
            words = present.value if isinstance(present, Level) else present or "none"
            raise ImportRefusedError(
                f"{configured.name} is {what} {words} in avouch.toml.\n"
                "    Change it there, or import under another name with --source."
            )


def _check_present(wanted: Wanted, before: SourceRow) -> None:
    if before.kind != "import":
        raise ImportRefusedError(
            f"{before.name} holds what {before.connector} delivered. Import under another name with --source."
        )
    if wanted.trust is not None and wanted.trust.value != before.trust:
        raise ImportRefusedError(
            f"{before.name} has been imported as {before.trust}, and its records stay that.\n"
            "    Leave out --trust, or import under another name with --source."
        )


class Rehearsal(NamedTuple):
    """What an import would bring."""

    inspected: Inspected
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]


def rehearse(inspected: Inspected, on_page: Callable[[Page], object]) -> Rehearsal:
    """Read a whole file as an import would, and write nothing."""
    rejected: list[Rejected] = []
    warnings: dict[str, None] = {}
    cursor, more = None, True
    while more:
        page = inspected.fetch(cursor)
        rejected += page.rejected
        warnings.update(dict.fromkeys(page.warnings))
        on_page(page)
        cursor, more = page.cursor, page.more
    return Rehearsal(inspected, (*rejected, *inspected.findings.refused), tuple(warnings))


def trust_of(wanted: Wanted, configured: SourceSettings | None) -> Level:
    """Return the trust that `wanted` would have as a new source, or has as a configured one."""
    if configured is not None and configured.trust:
        return Level(configured.trust)
    return wanted.trust or default_trust(wanted.format)

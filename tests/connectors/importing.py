"""Reads files through the connectors, as a job does: page by page, from cursor to cursor."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from integrations.contract import ContactRecord, Identifier, Page, Rejected
from integrations.registry import connector
from integrations.source import Source

MOST_PAGES = 10_000

FORMATS = {".csv": "csv", ".xlsx": "xlsx", ".vcf": "vcard", ".jsonl": "jsonl"}


def a_source(path: Path | str, *, page_limit: int | None = None, **settings: object) -> Source:
    return Source(
        name="books",
        connector=FORMATS[Path(path).suffix],
        settings={"path": str(path), **settings},
        page_limit=page_limit,
    )


def a_file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pages_of(source: Source, cursor: str | None = None) -> list[Page]:
    """Fetch to the end, each page by a new connector: nothing may live but in the cursor."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        assert len(pages) < MOST_PAGES
        pages.append(connector(source).fetch(pages[-1].cursor if pages else cursor))
    return pages


def pages_in(folder: Path, name: str, content: str | bytes, **settings: object) -> list[Page]:
    return pages_of(a_source(a_file(folder, name, content), **settings))  # type: ignore[arg-type] # settings of any kind


def records(pages: Iterable[Page]) -> list[ContactRecord]:
    return [delivery.record for page in pages for delivery in page.deliveries]


def rejects(pages: Iterable[Page]) -> list[Rejected]:
    return [rejected for page in pages for rejected in page.rejected]


def reasons(pages: Iterable[Page]) -> dict[str, str]:
    return {rejected.where: rejected.reason for rejected in rejects(pages)}


def warnings(pages: Iterable[Page]) -> list[str]:
    return [warning for page in pages for warning in page.warnings]


def values(record: ContactRecord, kind: str) -> list[str]:
    return [each.value for each in record.identifiers if each.type == kind]


def told(identifiers: Sequence[Identifier]) -> list[tuple[str, str, str]]:
    return [(each.type, each.namespace, each.value) for each in identifiers]

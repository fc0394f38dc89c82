"""The parts of records that most vendors' entries make alike, each written out once.

A connector says what its vendor means: which field is a number, how sure that is, what an entry tells of.
"""

from datetime import datetime

from msgspec import UNSET, UnsetType

from integrations.contract import About, ContactRecord, Identifier, IdentifierType, Interaction, Level, Note


def identified(
    kind: IdentifierType, *values: str | None, level: Level, namespace: str = "", method: str = ""
) -> tuple[Identifier, ...]:
    """Return an identifier for each value that is there, all of one kind and as sure as `level`.

    >>> [each.value for each in identified("phone", "+12025550123", None, "", level=Level.STORED)]
    ['+12025550123']
    """
    return tuple(
        Identifier(type=kind, value=value, namespace=namespace, level=level, method=method)
        for value in values
        if value
    )


def full_name(*parts: str | None) -> str | None:
    """Return the name that its parts make; None, which clears an earlier one, where all of them are empty.

    >>> full_name("Ana", None, "Ruiz"), full_name("", None)
    ('Ana Ruiz', None)
    """
    return " ".join(filter(None, parts)) or None


def name_told(name: str | UnsetType | None) -> str | UnsetType | None:
    """Return the name of an entry that may lack it: a field that is left out keeps an earlier one, an empty one clears.

    >>> name_told(UNSET), name_told("")
    (UNSET, None)
    """
    return name if name is UNSET else name or None


def time_taken(seconds: int | str | None) -> str:
    """Return in words how long a call lasted; nothing where it did not, or where that is not told.

    >>> time_taken(62), time_taken("62"), time_taken(0), time_taken(None)
    ('62 s', '62 s', '', '')
    """
    return f"{seconds} s" if seconds else ""


def carrying(
    said: Interaction | Note,
    *,
    of: str = "",
    changed_at: datetime | None = None,
    identifiers: tuple[Identifier, ...] = (),
    caller_name: str | None = None,
) -> ContactRecord:
    """Return the record that a call, a message or a note makes, as of its own time.

    Args:
        said: The call, message or note.
        of: The record that it is a further version of; empty where it is one of its own, with its own id.
        changed_at: When the vendor last changed it.
        identifiers: Those of the other party.
        caller_name: What the carrier or an address book has for a number, often a household or a town: so it is
            profile, and no name.
    """
    return ContactRecord(
        id=of or said.id,
        occurred_at=said.at,
        updated_at=changed_at,
        identifiers=identifiers,
        profile={"caller_name": caller_name} if caller_name else {},
        interactions=(said,) if isinstance(said, Interaction) else (),
        notes=(said,) if isinstance(said, Note) else (),
    )


def gone(key: str, at: datetime, changed_at: datetime | None = None) -> ContactRecord:
    """Return the version of a record that was deleted at the vendor."""
    return ContactRecord(id=key, occurred_at=at, updated_at=changed_at, identifiers=(), deleted=True)


def merged_away(key: str, at: datetime, *, source: str, into: str) -> ContactRecord:
    """Return the version of a record that the vendor merged into another: deleted, and about that one.

    As a claim, which joins nobody: vendors, and the people and workflows there, merge by what nobody has proved.
    """
    return ContactRecord(
        id=key,
        occurred_at=at,
        updated_at=at,
        identifiers=(),
        about=About(source, into, level=Level.CLAIMED),
        deleted=True,
    )

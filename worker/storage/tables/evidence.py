"""Evidence: kept for ever."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.storage.tables.base import Id, Moment, metadata

versions = Table(
    "versions",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("source", Text, nullable=False),
    Column("body", Text, nullable=False),  # The canonical record as JSON.
    Column("raw", Text),  # What the source sent, where it differs from the canonical form.
    Column("stamp", Moment),
    Column("landed_at", Moment, nullable=False),
    Column("region", Text),
)

records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("about", Id),
    Column("body", Text, nullable=False),  # The folded record as JSON (domain/records.py).
    Column(
        "about_certain", Boolean, nullable=False, server_default=text("true")
    ),  # As the source gives its word.
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    Index("ix_records_about", "about", postgresql_where=text("about IS NOT NULL")),
    # Few rows are in these, so that landing pays for them only.
    Index("ix_records_about_uncertain", "about", postgresql_where=text("NOT about_certain")),
    Index("ix_records_deleted", "source", postgresql_where=text("deleted")),
)

MAILBOX = (
    "regexp_replace(regexp_replace(regexp_replace(value, '[+][^@]*', ''),"
    " '[.](?=[^@]*@(gmail|googlemail)[.]com$)', '', 'g'), '@googlemail[.]com$', '@gmail.com')"
)
"""The address without tag and without the dots that a provider ignores: `emails.variants` in SQL (a property test)."""
HAS_MAILBOX = (
    "type = 'email' AND value NOT LIKE '+%' AND (value LIKE '%+%'"
    " OR value LIKE '%@googlemail.com' OR value LIKE '%.%@gmail.com')"
)
"""Where the address is a variant of another: landing pays for the index with these few rows only."""

identifiers = Table(
    "identifiers",
    metadata,
    Column("value", Text(collation="C"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("record_id", Id, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("former", Boolean, nullable=False),
    Index("ix_identifiers_value_level", "value", "level"),
    Index("ix_identifiers_mailbox", text(MAILBOX), postgresql_where=text(HAS_MAILBOX)),
)

interactions = Table(
    "interactions",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("id", Text(collation="C"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("direction", Text, nullable=False),
    Column("summary", Text, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("id", Text(collation="C"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_here", Boolean, nullable=False),  # By the team with `avouch note`; else by the source.
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # One row for the same bad entry, however often it comes.
    Column("place", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False, server_default="1"),
    Index("uq_rejects_source_digest", "source", "digest", unique=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),  # same, different, convert, common, own, void
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sides", JSONB, nullable=False),  # Lists of record ids.
    Column("type", Text),
    Column("namespace", Text),
    Column("value", Text),
    Column("withdrawn_at", Moment),
    Column("withdrawn_by", Text, nullable=False, server_default=""),
    Column("withdrawn_because", Text, nullable=False, server_default=""),
    Index("ix_decisions_at", "at"),
)

decision_records = Table(
    "decision_records",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("decision_id", Id, primary_key=True),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("digest", Id, primary_key=True),  # A keyed hash: a record's id, or that of an identifier.
    Column("kind", Text, nullable=False),  # record, identifier
    Column("at", Moment, nullable=False),
    Column("times", Integer, nullable=False, server_default="0"),  # How often it suppressed a record.
)

policies = Table(
    "policies",
    metadata,
    Column("version", BigInteger, Identity(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("origin", Text, nullable=False),  # Where it came from: avouch.toml, a file, an earlier version.
    Column("reason", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),  # The settings as JSON; the newest row is in force.
    Column("trust", Text, nullable=False),  # The trust of every source then, as JSON.
)

"""The tables. Evidence is kept for ever; what is derived from it can be made again by `avouch rebuild`.

Ids are compared byte by byte (collation C), so that the database sorts as Python does. The tables that
take a row a record carry the one index that is used and no foreign keys: each further index or key
costs about 10 % of the landing rate, and rows there are only ever written by one transaction's rules.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

Id = Text(collation="C")
Moment = DateTime(timezone=True)

# --- Evidence -----------------------------------------------------------------------------------------

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
    Index("ix_records_about", "about", postgresql_where=text("about IS NOT NULL")),
)

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

# --- Derived ------------------------------------------------------------------------------------------

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("converted_at", Moment),
    Column("body", Text, nullable=False),  # The contact as JSON (domain/contacts.py).
)

members = Table(
    "members",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("contact_id", Id, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),  # joined, split, converted, reverted
    Column("contact_id", Id, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("ix_changes_contact_id", "contact_id"),
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("type", Text),
    Column("namespace", Text),
    Column("value", Text),
    Column("records", ARRAY(Id), nullable=False),
    Index("ix_conflicts_records", "records", postgresql_using="gin"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("one", Id, primary_key=True),
    Column("other", Id, primary_key=True),
    Column("reasons", JSONB, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_suggestions_other", "other"),
)

# --- Work ---------------------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("region", Text),
    Column("configured", Boolean, nullable=False),  # False for a source that only `avouch import` feeds.
    Column("paused", Text),  # Why it is paused; null while it runs.
    Column("every", Integer),  # Seconds between runs.
    Column("cron", Text),
    Column("next_run_at", Moment),  # Null: on demand only.
    Column("cursor", Text),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_until", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("synced_at", Moment),
    Index("ix_sources_next_run_at", "next_run_at"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("task", Text, nullable=False),
    Column("every", Integer),  # Seconds; null where cron says when.
    Column("cron", Text),
    Column("next_run_at", Moment, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("outcome", Text),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("pulled", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("error", Text),
    Index("ix_runs_source_id", "source", "id"),
)

resolve_queue = Table(
    "resolve_queue",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("record_ids", ARRAY(Id), nullable=False),  # Append-only: a page's changed records are one row.
    Column("set_aside", Text),  # The kind of error that kept this row from being resolved; others go on.
)

dedupe_queue = Table(
    "dedupe_queue",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("contact_ids", ARRAY(Id), nullable=False),
    Column("set_aside", Text),
)

rechecks = Table(
    "rechecks",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_rechecks_next_at", "next_at"),
)

facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),  # id_key, policy, configuration, tick
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

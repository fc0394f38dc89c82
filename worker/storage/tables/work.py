"""The record of work: what is due, what waits, what was done."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from worker.storage.tables.base import Id, Moment, metadata

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
    Column("suppressed", Integer, nullable=False, server_default="0"),  # Records of people who were erased.
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

sweeps = Table(
    "sweeps",
    metadata,
    Column("source", Text, primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("began_at", Moment, nullable=False),  # Names the sweep, as the connector says it.
    Column("since", Moment, nullable=False),  # The same, and never later than its first page landed.
    Column("open", Boolean, nullable=False),  # False: it has ended, or its beginning is missing.
    # The last one that ended missed so many that it was not believed: the next one is.
    Column("doubted", Boolean, nullable=False, server_default=text("false")),
)

swept = Table(
    "swept",
    metadata,
    Column("source", Text, primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("record_id", Id, primary_key=True),  # Listed by the sweep that is open.
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

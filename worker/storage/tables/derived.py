"""What is derived from the evidence: `avouch rebuild` can make it again."""

from sqlalchemy import BigInteger, Column, Double, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from worker.storage.tables.base import Id, Moment, metadata

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("converted_at", Moment),
    Column("body", Text, nullable=False),  # The contact as JSON (domain/contacts.py).
    Column("policy", BigInteger),  # The version of the policy by which it became what it is.
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
    Column("detail", JSONB, nullable=False),  # Ids and rules only (domain/changes.py).
    Column(
        "others", ARRAY(Id), nullable=False, server_default=text("'{}'")
    ),  # Contacts it came from or led to.
    Column("undone_at", Moment),
    Column("undone_by", Text, nullable=False, server_default=""),
    Index("ix_changes_contact_id", "contact_id"),
    Index("ix_changes_others", "others", postgresql_using="gin"),
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
    Column("sides", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("decision", Id, nullable=False, server_default=""),
    Column("policy", BigInteger),
    Index("ix_conflicts_records", "records", postgresql_using="gin"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("one", Id, primary_key=True),
    Column("other", Id, primary_key=True),
    Column("reasons", JSONB, nullable=False),
    Column("count", Integer, nullable=False),
    Column("id", Id, nullable=False, server_default=""),
    Column("basis", Text, nullable=False, server_default=""),  # A digest of the reasons a person was shown.
    Column("crowd", Integer, nullable=False, server_default="0"),  # Further contacts with the same claim.
    Column("weight", Double, nullable=False, server_default="0"),  # Of the score, to list by.
    Column("score", JSONB, nullable=False, server_default=text("'[0.0, []]'::jsonb")),
    Index("ix_suggestions_other", "other"),
    Index("ix_suggestions_weight", "weight"),
    Index("ix_suggestions_id", "id"),
)

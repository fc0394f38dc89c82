"""Decisions, versions of the policy, tombstones, and what cases and suggestions are about."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS: dict[str, tuple[sa.Column[Any], ...]] = {
    "changes": (
        sa.Column(
            "others",
            postgresql.ARRAY(sa.Text(collation="C")),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=False, server_default=""),
    ),
    "conflicts": (
        sa.Column("sides", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("decision", sa.Text(collation="C"), nullable=False, server_default=""),
        sa.Column("policy", sa.BigInteger(), nullable=True),
    ),
    "contacts": (sa.Column("policy", sa.BigInteger(), nullable=True),),
    "runs": (sa.Column("suppressed", sa.Integer(), nullable=False, server_default="0"),),
    "suggestions": (
        sa.Column("id", sa.Text(collation="C"), nullable=False, server_default=""),
        sa.Column("basis", sa.Text(), nullable=False, server_default=""),
        sa.Column("crowd", sa.Integer(), nullable=False, server_default="0"),
    ),
}


MAILBOX = (
    "regexp_replace(regexp_replace(regexp_replace(value, '[+][^@]*', ''),"
    " '[.](?=[^@]*@(gmail|googlemail)[.]com$)', '', 'g'), '@googlemail[.]com$', '@gmail.com')"
)
HAS_MAILBOX = (
    "type = 'email' AND value NOT LIKE '+%' AND (value LIKE '%+%'"
    " OR value LIKE '%@googlemail.com' OR value LIKE '%.%@gmail.com')"
)


def upgrade() -> None:
    """Add tables and columns. Code of the version before reads and writes as it did."""
    _create_decisions()
    _create_policies()
    _create_tombstones()
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_suggestions_id", "suggestions", ["id"], unique=False)
    op.execute(f"CREATE INDEX ix_identifiers_mailbox ON identifiers ({MAILBOX}) WHERE {HAS_MAILBOX}")
    op.create_index("ix_changes_others", "changes", ["others"], unique=False, postgresql_using="gin")
    _keep_conversions()
    _keep_policy()
    # Suggestions are made anew, with ids that a person can accept them by.
    op.execute("INSERT INTO dedupe_queue (contact_ids) SELECT ARRAY[one, other] FROM suggestions")


def downgrade() -> None:
    """Drop them, with every decision."""
    op.drop_index("ix_suggestions_id", table_name="suggestions")
    op.drop_index("ix_changes_others", table_name="changes")
    op.drop_index("ix_identifiers_mailbox", table_name="identifiers")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in ("tombstones", "policies", "decision_records", "decisions"):
        op.drop_table(table)


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sides", postgresql.JSONB(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("namespace", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("withdrawn_because", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"], unique=False)
    op.create_table(
        "decision_records",
        sa.Column("record_id", sa.Text(collation="C"), nullable=False),
        sa.Column("decision_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "decision_id", name=op.f("pk_decision_records")),
    )


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("version", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tombstones")),
    )


def _keep_conversions() -> None:
    """Write down as decisions the conversions that were made before there was a table of them."""
    op.execute(
        "INSERT INTO decisions (id, kind, at, author, reason, sides, type, namespace, value)"
        " SELECT left(r.id, 16), 'convert', r.occurred_at, '', '', jsonb_build_array("
        "  jsonb_build_array(r.about), jsonb_build_array(r.id)), i.type, i.namespace, i.value"
        " FROM records r CROSS JOIN LATERAL (SELECT type, namespace, value FROM identifiers"
        "  WHERE record_id = r.id AND level = 3 LIMIT 1) i"
        " WHERE r.source = 'avouch' AND r.key LIKE 'proof-%' AND r.about IS NOT NULL"
    )
    op.execute(
        "INSERT INTO decision_records (record_id, decision_id)"
        " SELECT DISTINCT record_id, d.id FROM decisions d, jsonb_array_elements(d.sides) side,"
        " jsonb_array_elements_text(side) record_id"
    )


def _keep_policy() -> None:
    """Make what is in force the first version."""
    op.execute(
        "INSERT INTO policies (at, author, origin, body, trust)"
        " SELECT at, '', 'avouch.toml', value, coalesce((SELECT json_object_agg(name, trust)::text FROM sources),"
        " '{}') FROM facts WHERE name = 'policy'"
    )

"""What probable pairs are found by, scores of suggestions, versions of the model, and suggestions put off."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_QUEUE_ALL = """
    INSERT INTO dedupe_queue (contact_ids)
    SELECT array_agg(id ORDER BY id)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 2000 AS batch FROM contacts) numbered
    GROUP BY batch ORDER BY batch
"""
"""A batch a row, as the job takes them."""


def upgrade() -> None:
    """Add tables and columns, and queue every contact: each gets its portrait, and its pairs their scores.

    Code of the version before goes on as it did. What it makes of queued contacts has no score and no portrait,
    until the contact changes or `avouch dedupe all` looks at it; its workers should end soon.
    """
    op.create_table(
        "portraits",
        sa.Column("contact_id", sa.Text(collation="C"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_portraits")),
    )
    op.create_table(
        "match_keys",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("contact_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("key", "contact_id", name=op.f("pk_match_keys")),
    )
    op.create_table(
        "silent_values",
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("value", name=op.f("pk_silent_values")),
    )
    op.create_table(
        "models",
        sa.Column("version", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_models")),
    )
    op.create_table(
        "put_off",
        sa.Column("one", sa.Text(collation="C"), nullable=False),
        sa.Column("other", sa.Text(collation="C"), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_put_off")),
    )
    op.add_column("suggestions", sa.Column("weight", sa.Double(), nullable=False, server_default="0"))
    op.add_column(
        "suggestions",
        sa.Column(
            "score",
            postgresql.JSONB(),
            nullable=False,
            server_default=sa.text("'[0.0, []]'::jsonb"),
        ),
    )
    op.create_index("ix_suggestions_weight", "suggestions", ["weight"], unique=False)
    op.execute(_QUEUE_ALL)


def downgrade() -> None:
    """Drop them. Pairs that only a score suggested go with it; nobody's decision does."""
    op.execute("DELETE FROM suggestions WHERE reasons = '[]'::jsonb")
    op.drop_index("ix_suggestions_weight", table_name="suggestions")
    op.drop_column("suggestions", "score")
    op.drop_column("suggestions", "weight")
    op.drop_table("put_off")
    op.drop_table("models")
    op.drop_table("silent_values")
    op.drop_table("match_keys")
    op.drop_table("portraits")

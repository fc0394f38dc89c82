"""Complete lists of a source's records, and what of records is looked for by its own: deleted ones, unsure words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns. Code of the version before reads and writes as it did.

    What that code writes meanwhile counts as not deleted and as certain in the new columns, whatever its body
    says: the next version of such a record, or the next complete list, puts it right.
    """
    op.add_column(
        "records", sa.Column("about_certain", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.add_column(
        "records", sa.Column("deleted", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    # Nobody could say anything uncertain of `about` before. The text is looked at first, for it is the cheaper one.
    op.execute(
        "UPDATE records SET deleted = true"
        " WHERE CASE WHEN body LIKE '%\"deleted\"\\:true%' THEN (body::json)->>'deleted' = 'true' ELSE false END"
    )
    op.create_index(
        "ix_records_about_uncertain",
        "records",
        ["about"],
        unique=False,
        postgresql_where=sa.text("NOT about_certain"),
    )
    op.create_index(
        "ix_records_deleted", "records", ["source"], unique=False, postgresql_where=sa.text("deleted")
    )
    op.create_table(
        "sweeps",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("doubted", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("source", "prefix", name=op.f("pk_sweeps")),
    )
    op.create_table(
        "swept",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("source", "prefix", "record_id", name=op.f("pk_swept")),
    )


def downgrade() -> None:
    """Drop them. What was marked as deleted stays so: its versions say it."""
    op.drop_table("swept")
    op.drop_table("sweeps")
    op.drop_index("ix_records_deleted", table_name="records")
    op.drop_index("ix_records_about_uncertain", table_name="records")
    op.drop_column("records", "deleted")
    op.drop_column("records", "about_certain")

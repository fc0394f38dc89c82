"""Whether the last complete list of a source was not believed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column. Code of the version before believes every list, as it did."""
    op.add_column("sweeps", sa.Column("doubted", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("sweeps", "doubted")

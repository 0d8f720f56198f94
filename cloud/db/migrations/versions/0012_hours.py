"""Days and hours in which a pass holds; those that exist hold always."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("passes") as table:
        table.add_column(sa.Column("hours", sa.String(length=200), nullable=False, server_default=""))
    with op.batch_alter_table("passes") as table:
        table.alter_column("hours", server_default=None)


def downgrade() -> None:
    # A version without hours would let these in at any hour, so they end with the downgrade and must be added again.
    op.execute("UPDATE passes SET deleted_at = CURRENT_TIMESTAMP WHERE hours <> '' AND deleted_at IS NULL")
    with op.batch_alter_table("passes") as table:
        table.drop_column("hours")

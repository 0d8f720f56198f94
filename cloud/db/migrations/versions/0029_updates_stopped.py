"""Since when no updates are given to the gates of a territory: its manager's own brake."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("territories") as table:
        table.add_column(sa.Column("updates_stopped_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("territories") as table:
        table.drop_column("updates_stopped_at")

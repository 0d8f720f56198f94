"""Last digits of a called car whose plate nobody knows yet, beside the guests on foot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("foot_passes") as table:
        table.add_column(sa.Column("digits", sa.String(length=6), nullable=False, server_default=""))
    with op.batch_alter_table("foot_passes") as table:
        table.alter_column("digits", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("foot_passes") as table:
        table.drop_column("digits")

"""What a territory wants of calls: whether hosts are rung, and whether a call opens without picture and sound."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAMES = ("calls_host", "calls_unproven")


def upgrade() -> None:
    with op.batch_alter_table("territories") as table:
        for name in NAMES:
            table.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("territories") as table:
        for name in NAMES:
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("territories") as table:
        for name in NAMES:
            table.drop_column(name)

"""What a manager has chosen for a gate: anti-passback, and whether cars with a pass may follow one another (ADR 170)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("gates") as table:
        table.add_column(sa.Column("anti_passback_h", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("convoy", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("gates") as table:
        for name in ("anti_passback_h", "convoy"):
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("gates") as table:
        for name in ("anti_passback_h", "convoy"):
            table.drop_column(name)

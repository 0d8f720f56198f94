"""More that a member may hear of by mail: a guest who left, a pass about to end, somebody who asks to join."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = {"tell_left": sa.false(), "tell_ending": sa.false(), "tell_joining": sa.true()}


def upgrade() -> None:
    with op.batch_alter_table("memberships") as table:
        for name, default in COLUMNS.items():
            table.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
    with op.batch_alter_table("memberships") as table:
        for name in COLUMNS:
            table.alter_column(name, server_default=None)
    op.add_column("passes", sa.Column("ending_told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("passes") as table:
        table.drop_column("ending_told_at")
    with op.batch_alter_table("memberships") as table:
        for name in COLUMNS:
            table.drop_column(name)

"""What a member wants to hear of by mail: a guest who arrived, a guest who was not let in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("memberships") as table:
        table.add_column(sa.Column("tell_arrived", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("tell_refused", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("memberships") as table:
        table.alter_column("tell_arrived", server_default=None)
        table.alter_column("tell_refused", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("memberships") as table:
        table.drop_column("tell_arrived")
        table.drop_column("tell_refused")

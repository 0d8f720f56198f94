"""A person's PIN for opening, and a gate's key that can be changed while it works (ADR 84)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("pin_hash", sa.String(length=200), nullable=True))
    with op.batch_alter_table("territories") as table:
        table.add_column(sa.Column("ask_pin", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("territories") as table:
        table.alter_column("ask_pin", server_default=None)
    with op.batch_alter_table("gates") as table:
        table.add_column(sa.Column("next_token_hash", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("token_at", sa.DateTime(timezone=True), nullable=True))
        table.create_unique_constraint(op.f("uq_gates_next_token_hash"), ["next_token_hash"])
    op.execute("UPDATE gates SET token_at = enrolled_at")


def downgrade() -> None:
    with op.batch_alter_table("gates") as table:
        table.drop_constraint(op.f("uq_gates_next_token_hash"), type_="unique")
        table.drop_column("next_token_hash")
        table.drop_column("token_at")
    with op.batch_alter_table("territories") as table:
        table.drop_column("ask_pin")
    op.drop_column("accounts", "pin_hash")

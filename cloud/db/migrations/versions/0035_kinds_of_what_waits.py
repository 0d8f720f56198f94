"""What waits goes with the membership that hears it, and says what it is about, so that it can be judged again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

WAITING = ("letters", "push_messages", "telegram_messages")


def upgrade() -> None:
    for name in WAITING:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("kind", sa.String(length=16), nullable=True))
            _refer(table, name, "CASCADE")


def downgrade() -> None:
    for name in WAITING:
        with op.batch_alter_table(name) as table:
            table.drop_column("kind")
            _refer(table, name, "SET NULL")


def _refer(table: BatchOperations, name: str, ondelete: str) -> None:
    key = op.f(f"fk_{name}_member_id")
    table.drop_constraint(key, type_="foreignkey")
    table.create_foreign_key(key, "memberships", ["member_id"], ["id"], ondelete=ondelete)

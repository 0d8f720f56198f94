"""Quotas of gates that all workers share; the cell from which a territory arrives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_quotas",
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("events_full_at", sa.Double(), nullable=False),
        sa.Column("pictures_full_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.id"], name=op.f("fk_gate_quotas_gate_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gate_id", name=op.f("pk_gate_quotas")),
    )
    with op.batch_alter_table("arrivals") as table:
        table.add_column(sa.Column("from_url", sa.String(length=200), nullable=False, server_default=""))
    with op.batch_alter_table("arrivals") as table:
        table.alter_column("from_url", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("arrivals") as table:
        table.drop_column("from_url")
    op.drop_table("gate_quotas")

"""A visit's position in the journal: its own time if plausible, otherwise its arrival (ADR 83)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AHEAD = {"sqlite": "datetime(received_at, '+5 minutes')", "postgresql": "received_at + interval '5 minutes'"}


def upgrade() -> None:
    ahead = AHEAD[op.get_bind().dialect.name]
    op.add_column("gate_events", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        f"UPDATE gate_events SET placed_at = CASE WHEN clock_trusted AND at <= {ahead} THEN at ELSE received_at END"  # noqa: S608  # our own words
    )
    with op.batch_alter_table("gate_events") as table:
        table.alter_column("placed_at", nullable=False)
        table.drop_index("ix_gate_events_territory_id_at")
        table.create_index("ix_gate_events_territory_id_placed_at", ["territory_id", "placed_at", "decision"])


def downgrade() -> None:
    with op.batch_alter_table("gate_events") as table:
        table.drop_index("ix_gate_events_territory_id_placed_at")
        table.drop_column("placed_at")
        table.create_index("ix_gate_events_territory_id_at", ["territory_id", "at", "decision"])

"""Indexes: for reading visits on by id within a territory, and for passes that end soon across all territories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

UNTOLD = sa.text("deleted_at IS NULL AND used_at IS NULL AND ending_told_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_gate_events_territory_id_id", "gate_events", ["territory_id", "id"])
    op.create_index(
        "ix_passes_valid_until_untold", "passes", ["valid_until"], postgresql_where=UNTOLD, sqlite_where=UNTOLD
    )


def downgrade() -> None:
    op.drop_index("ix_passes_valid_until_untold", "passes")
    op.drop_index("ix_gate_events_territory_id_id", "gate_events")

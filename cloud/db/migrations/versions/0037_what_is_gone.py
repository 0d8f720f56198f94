"""Deleted gates whose pictures are still to be deleted, and codes of deleted territories that the directory still has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloud.db.base import UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gone_gates",
        sa.Column("gate_id", sa.Integer(), autoincrement=False, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "gone_territories",
        sa.Column("code", sa.String(length=7), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("gone_territories")
    op.drop_table("gone_gates")

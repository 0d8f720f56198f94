"""The fleet: how well each gate's newest report is, and since when its token is to be replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("gates") as table:
        table.add_column(sa.Column("token_wanted_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("grade", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("gates") as table:
        table.drop_column("grade")
        table.drop_column("token_wanted_at")

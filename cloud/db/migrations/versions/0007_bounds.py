"""How many passes a person may file in an hour; a territory that exists gets the default."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("territories", sa.Column("filings_per_hour", sa.Integer(), nullable=True))
    op.execute("UPDATE territories SET filings_per_hour = 60")


def downgrade() -> None:
    op.drop_column("territories", "filings_per_hour")

"""Every territory gets an epoch of its own: all of them had 1, and a gate's cursor fitted each (see `push.new_epoch`)."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

territories = sa.table("territories", sa.column("id", sa.Integer), sa.column("pass_epoch", sa.Integer))


def upgrade() -> None:
    connection = op.get_bind()
    for (territory_id,) in connection.execute(sa.select(territories.c.id)).all():
        drawn = 1 + secrets.randbelow(2**31 - 1)
        connection.execute(sa.update(territories).where(territories.c.id == territory_id).values(pass_epoch=drawn))


def downgrade() -> None:
    """An epoch of any value is good for the first version too."""

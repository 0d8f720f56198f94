"""Households by choice, quotas of single objects, unwelcome cars, closed territories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("memberships") as table:
        table.add_column(sa.Column("household", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("memberships") as table:
        table.alter_column("household", server_default=None)
    op.add_column("territories", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "object_quotas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.String(length=120), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_object_quotas_territory_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_quotas")),
        sa.UniqueConstraint("territory_id", "object_key", name=op.f("uq_object_quotas_territory_id")),
    )
    op.create_table(
        "unwelcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("plate_display", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_unwelcome_territory_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_unwelcome_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unwelcome")),
        sa.UniqueConstraint("territory_id", "account_id", "plate", name=op.f("uq_unwelcome_territory_id")),
    )
    op.create_index(op.f("ix_unwelcome_account_id"), "unwelcome", ["account_id"])


def downgrade() -> None:
    op.drop_table("unwelcome")
    op.drop_table("object_quotas")
    with op.batch_alter_table("territories") as table:
        table.drop_column("closed_at")
    with op.batch_alter_table("memberships") as table:
        table.drop_column("household")

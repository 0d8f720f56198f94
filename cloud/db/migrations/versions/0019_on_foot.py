"""Guests on foot, and who answers for the personal data of a territory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

DETAILS = {"operator_name": 200, "operator_inn": 12, "operator_address": 300, "operator_email": 254}


def upgrade() -> None:
    with op.batch_alter_table("territories") as table:
        for name, length in DETAILS.items():
            table.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    with op.batch_alter_table("territories") as table:
        for name in DETAILS:
            table.alter_column(name, server_default=None)
    op.create_table(
        "foot_passes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("names", sa.String(length=300), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("object_label", sa.String(length=120), nullable=False),
        sa.Column("object_key", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_foot_passes_territory_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=op.f("fk_foot_passes_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foot_passes")),
    )
    op.create_index(op.f("ix_foot_passes_owner_id"), "foot_passes", ["owner_id"])
    op.create_index("ix_foot_passes_territory_id_valid_until", "foot_passes", ["territory_id", "valid_until"])


def downgrade() -> None:
    op.drop_table("foot_passes")
    with op.batch_alter_table("territories") as table:
        for name in DETAILS:
            table.drop_column(name)

"""Cells: territories that have left for another one, and those that come from another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("cell_url", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("gates", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_departures")),
    )
    op.create_table(
        "departed_credentials",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"], ["departures.code"], name=op.f("fk_departed_credentials_code"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_departed_credentials")),
    )
    op.create_index(op.f("ix_departed_credentials_code"), "departed_credentials", ["code"])
    op.create_table(
        "arrivals",
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("run", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "arrival_rows",
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("old_id", sa.String(length=36), nullable=False),
        sa.Column("new_id", sa.String(length=36), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["arrivals.code"], name=op.f("fk_arrival_rows_code"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code", "table_name", "old_id", name=op.f("pk_arrival_rows")),
    )


def downgrade() -> None:
    for table in ("arrival_rows", "arrivals", "departed_credentials", "departures"):
        op.drop_table(table)

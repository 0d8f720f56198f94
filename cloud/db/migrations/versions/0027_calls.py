"""Calls from gates, and the openings that were made in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=True),
        sa.Column("host_id", sa.Integer(), nullable=True),
        sa.Column("host_rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rang_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gate_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_by_name", sa.String(length=120), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("answered_attempt", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("gate_told", sa.JSON(), nullable=True),
        sa.Column("person_told", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_calls_territory_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.id"], name=op.f("fk_calls_gate_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["host_id"], ["accounts.id"], name=op.f("fk_calls_host_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["accounts.id"], name=op.f("fk_calls_answered_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index("ix_calls_territory_id_rang_at", "calls", ["territory_id", "rang_at"])
    op.create_index("ix_calls_gate_id_rang_at", "calls", ["gate_id", "rang_at"])
    op.create_index(op.f("ix_calls_host_id"), "calls", ["host_id"])
    op.create_index(op.f("ix_calls_answered_by_id"), "calls", ["answered_by_id"])
    with op.batch_alter_table("commands") as table:
        table.add_column(sa.Column("call_id", sa.String(length=36), nullable=True))
        table.add_column(sa.Column("picture", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("sound", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        table.create_foreign_key(op.f("fk_commands_call_id"), "calls", ["call_id"], ["id"], ondelete="SET NULL")
        table.create_foreign_key(op.f("fk_commands_visit_id"), "gate_events", ["visit_id"], ["id"], ondelete="SET NULL")
    op.create_index(op.f("ix_commands_call_id"), "commands", ["call_id"])
    op.create_index(op.f("ix_commands_visit_id"), "commands", ["visit_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_commands_visit_id"), "commands")
    op.drop_index(op.f("ix_commands_call_id"), "commands")
    with op.batch_alter_table("commands") as table:
        table.drop_constraint(op.f("fk_commands_visit_id"), type_="foreignkey")
        table.drop_constraint(op.f("fk_commands_call_id"), type_="foreignkey")
        for name in ("visit_id", "sound", "picture", "call_id"):
            table.drop_column(name)
    op.drop_table("calls")

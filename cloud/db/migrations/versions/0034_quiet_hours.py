"""Quiet hours of members, what is held back in them, whose each notice is that waits, and what the bot was told and did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LOUD = {"refused": True, "call": True, "arrived": False, "left": False, "ending": False, "joining": False}
WAITING = ("letters", "push_messages", "telegram_messages")


def upgrade() -> None:
    with op.batch_alter_table("memberships") as table:
        table.add_column(sa.Column("quiet_from", sa.Integer(), nullable=True))
        table.add_column(sa.Column("quiet_until", sa.Integer(), nullable=True))
        for kind, loud in LOUD.items():
            default = sa.true() if loud else sa.false()
            table.add_column(sa.Column(f"loud_{kind}", sa.Boolean(), nullable=False, server_default=default))
    with op.batch_alter_table("memberships") as table:
        for kind in LOUD:
            table.alter_column(f"loud_{kind}", server_default=None)
    for name in WAITING:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("member_id", sa.Integer(), nullable=True))
            table.add_column(sa.Column("loud", sa.Boolean(), nullable=False, server_default=sa.true()))
            if name != "letters":
                table.add_column(sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
            table.create_foreign_key(
                op.f(f"fk_{name}_member_id"), "memberships", ["member_id"], ["id"], ondelete="SET NULL"
            )
        with op.batch_alter_table(name) as table:
            table.alter_column("loud", server_default=None)
        op.create_index(op.f(f"ix_{name}_member_id"), name, ["member_id"])
    op.create_table(
        "held_notices",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", KEY, nullable=True),
        sa.Column("pass_id", sa.String(length=36), nullable=True),
        sa.Column("foot_id", sa.Integer(), nullable=True),
        sa.Column("asker_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["memberships.id"], name=op.f("fk_held_notices_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["gate_events.id"], name=op.f("fk_held_notices_event_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["pass_id"], ["passes.id"], name=op.f("fk_held_notices_pass_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["foot_id"], ["foot_passes.id"], name=op.f("fk_held_notices_foot_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["memberships.id"], name=op.f("fk_held_notices_asker_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_notices")),
    )
    for column in ("member_id", "event_id", "pass_id", "foot_id", "asker_id", "due_at", "closed_at"):
        op.create_index(op.f(f"ix_held_notices_{column}"), "held_notices", [column])
    op.create_table(
        "telegram_updates",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_updates")),
    )
    op.create_index("ix_telegram_updates_done_at", "telegram_updates", ["done_at"])


def downgrade() -> None:
    op.drop_table("telegram_updates")
    op.drop_table("held_notices")
    for name in WAITING:
        op.drop_index(op.f(f"ix_{name}_member_id"), name)
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"fk_{name}_member_id"), type_="foreignkey")
            table.drop_column("member_id")
            table.drop_column("loud")
            if name != "letters":
                table.drop_column("not_before")
    with op.batch_alter_table("memberships") as table:
        for column in ("quiet_from", "quiet_until", *(f"loud_{kind}" for kind in LOUD)):
            table.drop_column(column)

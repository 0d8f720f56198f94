"""Releases in pieces, rollouts, and what was seen of each gate in one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("python", sa.String(length=8), nullable=False),
        sa.Column("machine", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("name", "python", "machine", name=op.f("uq_releases_name")),
    )
    op.create_table(
        "release_pieces",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_pieces_release_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "number", name=op.f("pk_release_pieces")),
    )
    op.create_table(
        "rollouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("rings", sa.JSON(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_rollouts_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollouts")),
    )
    op.create_index("ix_rollouts_phase", "rollouts", ["phase"])
    op.create_table(
        "rollout_gates",
        sa.Column("rollout_id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("heard_at", moment, nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.String(length=16), nullable=False),
        sa.Column("good_since", moment, nullable=True),
        sa.Column("worse_since", moment, nullable=True),
        sa.Column("forgiven", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id"], ["rollouts.id"], name=op.f("fk_rollout_gates_rollout_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.id"], name=op.f("fk_rollout_gates_gate_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rollout_id", "gate_id", name=op.f("pk_rollout_gates")),
    )
    op.create_index("ix_rollout_gates_gate_id", "rollout_gates", ["gate_id"])


def downgrade() -> None:
    for table in ("rollout_gates", "rollouts", "release_pieces", "releases"):
        op.drop_table(table)

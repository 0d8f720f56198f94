"""A registration waits in a table of its own until the one who made it confirms it by its password (ADR 81)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registrations_token_hash")),
    )
    op.create_index("ix_registrations_email", "registrations", ["email"], unique=False)
    # A person still waiting for the mail can use its link all the same.
    op.execute(
        "INSERT INTO registrations (email, name, phone, password_hash, token_hash, created_at, expires_at) "
        "SELECT a.email, a.name, a.phone, a.password_hash, t.token_hash, a.created_at, t.expires_at "
        "FROM accounts a JOIN mail_tokens t ON t.account_id = a.id "
        "WHERE a.confirmed_at IS NULL AND t.purpose = 'confirm'"
    )
    op.execute("DELETE FROM mail_tokens WHERE purpose = 'confirm'")
    op.execute("DELETE FROM accounts WHERE confirmed_at IS NULL")


def downgrade() -> None:
    """People who have not confirmed yet must register again."""
    op.drop_table("registrations")

"""Which version of the texts a person accepted is kept; what was accepted before had no version of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BEFORE = "2026-11-22"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_consents_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("account_id", "version", name=op.f("uq_consents_account_id")),
    )
    copied = "SELECT id, :before, consented_at, '' FROM accounts WHERE consented_at IS NOT NULL"
    op.execute(sa.text(f"INSERT INTO consents (account_id, version, at, address) {copied}").bindparams(before=BEFORE))
    with op.batch_alter_table("registrations") as table:
        table.add_column(sa.Column("consent_version", sa.String(length=16), nullable=False, server_default=BEFORE))
    with op.batch_alter_table("registrations") as table:
        table.alter_column("consent_version", server_default=None)


def downgrade() -> None:
    op.drop_column("registrations", "consent_version")
    op.drop_table("consents")

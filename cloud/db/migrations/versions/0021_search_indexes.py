"""Indexes: parts of plates and objects by trigrams on PostgreSQL, and what retention looks for, on both."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)
TRIGRAMS = {
    "ix_gate_events_plate_trigrams": ("gate_events", "plate"),
    "ix_gate_events_object_trigrams": ("gate_events", "object_label"),
    "ix_passes_plate_trigrams": ("passes", "plate"),
    "ix_passes_object_trigrams": ("passes", "object_key"),
}


def upgrade() -> None:
    op.create_index(
        "ix_passes_territory_id_valid_until",
        "passes",
        ["territory_id", "valid_until"],
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_passes_territory_id_used_at",
        "passes",
        ["territory_id", "used_at"],
        postgresql_where=sa.text("used_at IS NOT NULL AND deleted_at IS NULL"),
        sqlite_where=sa.text("used_at IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_passes_territory_id_deleted_at",
        "passes",
        ["territory_id", "deleted_at"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
    )
    if op.get_bind().dialect.name != "postgresql" or not _extensions():
        return
    for name, (table, what) in TRIGRAMS.items():
        op.execute(f"CREATE INDEX {name} ON {table} USING gin (territory_id, {what} gin_trgm_ops)")


def _extensions() -> bool:
    """Create the extensions. PostgreSQL ships both; any owner may create them. Where forbidden, searches are slower."""
    try:
        with op.get_bind().begin_nested():
            for name in ("pg_trgm", "btree_gin"):
                op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DBAPIError as error:
        log.warning("searches go without trigrams: %s", str(error).splitlines()[0])
        return False
    return True


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in TRIGRAMS:
            op.execute(f"DROP INDEX IF EXISTS {name}")
    for name in ("valid_until", "used_at", "deleted_at"):
        op.drop_index(f"ix_passes_territory_id_{name}", "passes")

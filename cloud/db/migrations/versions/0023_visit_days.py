"""Visits counted by day, and those that are there already."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

QUARTER_S = 900


def upgrade() -> None:
    counts = op.create_table(
        "visit_days",
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.id"], name=op.f("fk_visit_days_gate_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_visit_days_territory_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gate_id", "day", "decision", name=op.f("pk_visit_days")),
    )
    op.create_index("ix_visit_days_territory_id_day", "visit_days", ["territory_id", "day"])
    bind = op.get_bind()
    for territory_id, zone in bind.execute(sa.text("SELECT id, timezone FROM territories ORDER BY id")).all():
        rows = _counted(bind, territory_id, ZoneInfo(zone))
        if rows:
            bind.execute(sa.insert(counts), rows)


def _counted(bind: sa.Connection, territory_id: int, zone: ZoneInfo) -> list[dict[str, object]]:
    """In every time zone, days begin on a quarter of an hour: the database counts quarters, which are added up here."""
    # SQLite rounds to a millisecond, which may give the next day.
    epoch = (
        "CAST(strftime('%s', substr(placed_at, 1, 19)) AS INTEGER) / 900"
        if bind.dialect.name == "sqlite"
        else "floor(extract(epoch FROM placed_at) / 900)"
    )
    quarters = bind.execute(
        sa.text(
            f"SELECT gate_id, {epoch}, decision, count(*) FROM gate_events "  # noqa: S608  # no word of anybody's
            "WHERE territory_id = :id AND decision IS NOT NULL GROUP BY 1, 2, 3"
        ),
        {"id": territory_id},
    )
    found: Counter[tuple[int, date, str]] = Counter()
    for gate_id, number, decision, count in quarters:
        day = datetime.fromtimestamp(int(number) * QUARTER_S, UTC).astimezone(zone).date()
        found[gate_id, day, decision] += count
    return [
        {"gate_id": gate_id, "day": day, "decision": decision, "territory_id": territory_id, "visits": count}
        for (gate_id, day, decision), count in found.items()
    ]


def downgrade() -> None:
    op.drop_table("visit_days")

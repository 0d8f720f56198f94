"""The table of visits counted by day, which daily charts and reports read instead of the visits."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base


class VisitDay(Base):
    """Number of a gate's visits on a day by decision. Rows are per gate, so that they are deleted with their gate."""

    __tablename__ = "visit_days"
    __table_args__ = (Index("ix_visit_days_territory_id_day", "territory_id", "day"),)

    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)  # in the territory's zone
    decision: Mapped[str] = mapped_column(String(16), primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    visits: Mapped[int]

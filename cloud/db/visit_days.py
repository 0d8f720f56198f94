"""The table of visits counted by day: what charts and reports by day read instead of the visits themselves."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base


class VisitDay(Base):
    """How many visits of a gate stand in a day with a decision. A row a gate, so that it goes with its gate as they do."""

    __tablename__ = "visit_days"
    __table_args__ = (Index("ix_visit_days_territory_id_day", "territory_id", "day"),)

    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)  # in the territory's zone
    decision: Mapped[str] = mapped_column(String(16), primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    visits: Mapped[int]

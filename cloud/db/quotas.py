"""The table of what gates have used of their daily quotas."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base


class GateQuota(Base):
    """When each quota of a gate will be whole again, in seconds of Unix time. No row, or a past time: it is whole.

    A table of its own, because the row of a gate is wide and rewritten by each report.
    """

    __tablename__ = "gate_quotas"

    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), primary_key=True)
    events_full_at: Mapped[float] = mapped_column(Double)
    pictures_full_at: Mapped[float] = mapped_column(Double)

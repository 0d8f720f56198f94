"""The table of guests on foot, and of cars whose plate is not known: the guard's list. It is never sent to a gate."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now


class FootPass(Base):
    """A person or group that will come without a car, or in one of which only some digits are known."""

    __tablename__ = "foot_passes"
    __table_args__ = (Index("ix_foot_passes_territory_id_valid_until", "territory_id", "valid_until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    names: Mapped[str] = mapped_column(String(300))
    people: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    object_label: Mapped[str] = mapped_column(String(120), default="")
    object_key: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    digits: Mapped[str] = mapped_column(String(6), default="")  # of the car; empty = on foot
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]  # withdrawn
    came: Mapped[int] = mapped_column(default=0)  # how many arrived on the day of `came_at`
    came_at: Mapped[datetime | None]  # when the guard last marked an arrival

    owner: Mapped[Account] = relationship()

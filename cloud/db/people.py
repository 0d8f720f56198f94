"""Tables about people and objects of a territory: quotas of single objects, cars that a resident does not want."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now


class ObjectQuota(Base):
    """How many live passes one object may have, where that differs from the territory's number."""

    __tablename__ = "object_quotas"
    __table_args__ = (UniqueConstraint("territory_id", "object_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    object_key: Mapped[str] = mapped_column(String(120))
    most: Mapped[int]


class Unwelcome(Base):
    """A car that a resident does not want to visit them; it bans nobody from visiting others."""

    __tablename__ = "unwelcome"
    __table_args__ = (UniqueConstraint("territory_id", "account_id", "plate"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    plate: Mapped[str] = mapped_column(String(16))
    plate_display: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    account: Mapped[Account] = relationship()

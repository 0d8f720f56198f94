"""Tables of people and objects of a territory: quotas of single objects, cars unwelcome to a resident."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now


class ObjectQuota(Base):
    """Number of live passes one object may have, if different from the territory's default."""

    __tablename__ = "object_quotas"
    __table_args__ = (UniqueConstraint("territory_id", "object_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    object_key: Mapped[str] = mapped_column(String(120))
    most: Mapped[int]


class Unwelcome(Base):
    """A car that a resident does not want as a visitor. Others may still receive it."""

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

"""The table of invitations: links through which a guest enters the plate of one car."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now
from cloud.db.territories import Territory


class Invitation(Base):
    """A pass that still lacks a plate: the host sets the period, the guest will enter the plate. Good for one car."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_territory_id_host_id", "territory_id", "host_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    host_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]  # end of the pass and of the link
    one_time: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    pass_id: Mapped[str | None] = mapped_column(String(36))

    host: Mapped[Account] = relationship()
    territory: Mapped[Territory] = relationship()

"""The table of passes, from which the gates' lists are made."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, partial_index, trigram_index, utc_now


class Pass(Base):
    """A plate that may enter for a period (or, if `blocked`, may not). Never deleted while gates may have it.

    `deleted_at` makes it a tombstone. `rev` is its place in the territory's sequence of changes; every change sets it
    from `cloud.push.next_rev`.
    """

    __tablename__ = "passes"
    __table_args__ = (
        Index("ix_passes_territory_id_rev", "territory_id", "rev"),
        Index("ix_passes_territory_id_plate", "territory_id", "plate"),
        Index("ix_passes_territory_id_created_at", "territory_id", "created_at"),
        Index("ix_passes_territory_id_object_key", "territory_id", "object_key"),
        # For retention: passes that ended, that were used up, and tombstones.
        partial_index("ix_passes_territory_id_valid_until", "territory_id", "valid_until", where="deleted_at IS NULL"),
        partial_index(
            "ix_passes_territory_id_used_at",
            "territory_id",
            "used_at",
            where="used_at IS NOT NULL AND deleted_at IS NULL",
        ),
        partial_index(
            "ix_passes_territory_id_deleted_at", "territory_id", "deleted_at", where="deleted_at IS NOT NULL"
        ),
        # For the hourly chore, across all territories: passes whose owner must be told that they end soon.
        partial_index(
            "ix_passes_valid_until_untold",
            "valid_until",
            where="deleted_at IS NULL AND used_at IS NULL AND ending_told_at IS NULL",
        ),
        trigram_index("ix_passes_plate_trigrams", "territory_id", "plate"),
        trigram_index("ix_passes_object_trigrams", "territory_id", "object_key"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid4()))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    plate: Mapped[str] = mapped_column(String(16))  # canonical
    plate_display: Mapped[str] = mapped_column(String(24))  # as on the plate
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    one_time: Mapped[bool] = mapped_column(default=False)
    blocked: Mapped[bool] = mapped_column(default=False)
    object_label: Mapped[str] = mapped_column(String(120), default="")
    object_key: Mapped[str] = mapped_column(String(120), default="")
    hours: Mapped[str] = mapped_column(String(200), default="")  # stored form of core.passes.schedule; empty = always
    note: Mapped[str] = mapped_column(String(200), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    deleted_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # for a one-time pass: when it was used
    used_event_id: Mapped[str | None] = mapped_column(String(36))
    ending_told_at: Mapped[datetime | None]  # when its owner was told that it ends soon
    rev: Mapped[int] = mapped_column(default=0)

    owner: Mapped[Account | None] = relationship(foreign_keys=[owner_id])

"""The table of notices held back in somebody's quiet hours, and what became of each when they were over."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.base import Base, utc_now
from cloud.db.gates import BigKey
from cloud.db.territories import Membership


class Kind(StrEnum):
    """What a notice is about."""

    REFUSED = "refused"
    CALL = "call"
    ARRIVED = "arrived"
    LEFT = "left"
    PASSED = "passed"
    """A guest passed a lane of which nobody knows whether it leads in or out."""
    ON_FOOT = "on_foot"
    ENDING = "ending"
    JOINING = "joining"
    WEBHOOK = "webhook"


class Outcome(StrEnum):
    """What became of a notice that waited."""

    TOLD = "told"
    STALE = "stale"  # too old to mean anything
    UNTRUE = "untrue"  # it is not so any more
    UNWISHED = "unwished"  # they do not want to hear of such things any more
    CROWDED = "crowded"  # there was no room for so many


class HeldNotice(Base):
    """One notice that waits for the end of its person's quiet hours. Closed, it is kept for a while: the page says what was left out."""

    __tablename__ = "held_notices"
    __table_args__ = (Index("ix_held_notices_due_at", "due_at"), Index("ix_held_notices_closed_at", "closed_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    facts: Mapped[dict[str, str]] = mapped_column(JSON)  # what fills the places of its words
    at: Mapped[datetime] = mapped_column(default=utc_now)  # when it happened, or was found
    due_at: Mapped[datetime]  # when the hours are over, as far as was known when that was last looked at
    event_id: Mapped[int | None] = mapped_column(ForeignKey("gate_events.id", ondelete="SET NULL"), index=True)
    pass_id: Mapped[str | None] = mapped_column(ForeignKey("passes.id", ondelete="SET NULL"), index=True)
    foot_id: Mapped[int | None] = mapped_column(ForeignKey("foot_passes.id", ondelete="SET NULL"), index=True)
    asker_id: Mapped[int | None] = mapped_column(ForeignKey("memberships.id", ondelete="SET NULL"), index=True)
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="")

    member: Mapped[Membership] = relationship(foreign_keys=[member_id])

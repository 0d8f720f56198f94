"""The table of letters: what is to be mailed, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base, utc_now
from cloud.db.couriers import Addressed
from cloud.db.gates import BigKey


class LetterState(StrEnum):
    """`FAILED` is final: the address was refused, or nobody took the letter for days."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Letter(Addressed, Base):
    """One message to one address. Its text holds links that open things: it is blanked when the letter is sent."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=LetterState.WAITING)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    next_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_until: Mapped[datetime | None]  # some worker is sending it; after that it is anybody's again
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]

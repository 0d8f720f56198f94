"""The table of calls from gates: who was rung, who answered, how it ended. Picture and sound are stored nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now
from cloud.db.gates import Gate


class Call(Base):
    """One call. `offer` and `answer` hold network addresses and are wiped at its end; each change raises `version`."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_territory_id_rang_at", "territory_id", "rang_at"),
        Index("ix_calls_gate_id_rang_at", "gate_id", "rang_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"))
    lane: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))  # button | car
    plate: Mapped[str | None] = mapped_column(String(16))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    host_rung_at: Mapped[datetime | None]  # since then the host can see and answer it
    rang_at: Mapped[datetime] = mapped_column(default=utc_now)
    gate_at: Mapped[datetime] = mapped_column(default=utc_now)  # when the gate was last heard
    device_id: Mapped[int | None]  # the session that talks; it may be gone while the record stays
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    answered_by_name: Mapped[str] = mapped_column(String(120), default="")
    answered_at: Mapped[datetime | None]
    person_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=0)  # offers made so far: a reloaded page makes another
    offer: Mapped[str] = mapped_column(Text, default="")
    answered_attempt: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(Text, default="")
    problem: Mapped[str] = mapped_column(String(200), default="")  # why the gate cannot talk
    gate_told: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    person_told: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    gate: Mapped[Gate] = relationship()
    answered_by: Mapped[Account | None] = relationship(foreign_keys=[answered_by_id])

"""Tables of gates: the devices, their pairing codes, what they reported and the commands for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, trigram_index, utc_now
from cloud.db.territories import Territory

# SQLite auto-increments only INTEGER keys; PostgreSQL gets the wide type.
MOST_AHEAD = timedelta(minutes=5)
"""How far a trusted clock may be ahead of ours."""
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Gate(Base):
    """A barrier controller of a territory. It has access only while `token_hash` is set and it is not revoked."""

    __tablename__ = "gates"

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    lanes: Mapped[list[Any]] = mapped_column(JSON, default=list)  # [{name, direction}]
    version: Mapped[str] = mapped_column(String(64), default="")
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    next_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # also valid, until its first use
    token_at: Mapped[datetime | None]  # when the current token was issued
    token_wanted_at: Mapped[datetime | None]  # tokens issued before this are to be replaced
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    health: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    health_at: Mapped[datetime | None]
    grade: Mapped[int | None]  # of the newest report (`cloud.fleet.standing`); None = unknown
    list_cursor: Mapped[str | None] = mapped_column(String(64))
    anti_passback_h: Mapped[int] = mapped_column(default=0)  # chosen by the manager; 0 = off
    convoy: Mapped[bool] = mapped_column(default=False)  # likewise

    territory: Mapped[Territory] = relationship()


class PairingCode(Base):
    """A one-time code that binds a device to a gate; only its hash is stored."""

    __tablename__ = "pairing_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)

    gate: Mapped[Gate | None] = relationship()


def place_in_time(at: datetime, received_at: datetime, *, trusted: bool) -> datetime:
    """Position of a visit in the journal: its own time, unless that is not trusted or in the future."""
    return at if trusted and at <= received_at + MOST_AHEAD else received_at


def _placed(context: Any) -> datetime:
    told = context.get_current_parameters()
    return place_in_time(told["at"], told.get("received_at") or utc_now(), trusted=told.get("clock_trusted", True))


class GateEvent(Base):
    """One event at a gate, as its journal reported it; repeats of `event_id` are dropped."""

    __tablename__ = "gate_events"
    __table_args__ = (
        UniqueConstraint("gate_id", "event_id"),
        # With the decision in the index, the monthly chart is counted from the index alone.
        Index("ix_gate_events_territory_id_placed_at", "territory_id", "placed_at", "decision"),
        Index("ix_gate_events_territory_id_plate", "territory_id", "plate"),
        # Other programs page by id: without this index a page scans the territory's whole journal, or everybody's
        # newest visits.
        Index("ix_gate_events_territory_id_id", "territory_id", "id"),
        Index("ix_gate_events_pass_id", "pass_id"),
        trigram_index("ix_gate_events_plate_trigrams", "territory_id", "plate"),
        trigram_index("ix_gate_events_object_trigrams", "territory_id", "object_label"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(32), default="visit")
    at: Mapped[datetime]
    clock_trusted: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    placed_at: Mapped[datetime] = mapped_column(default=_placed)  # position in the journal: see `place_in_time`
    lane: Mapped[str] = mapped_column(String(64), default="")
    plate: Mapped[str | None] = mapped_column(String(16))
    decision: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    pass_id: Mapped[str | None] = mapped_column(String(36))
    object_label: Mapped[str | None] = mapped_column(String(120))
    confidence: Mapped[float | None]
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    snapshot_path: Mapped[str | None] = mapped_column(String(200))  # relative to the data folder
    conflict: Mapped[bool] = mapped_column(default=False)  # a one-time pass used twice, at gates that were offline

    gate: Mapped[Gate] = relationship()


class EventNote(Base):
    """What an operator wrote about a visit."""

    __tablename__ = "event_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(BigKey, ForeignKey("gate_events.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    author_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    text: Mapped[str] = mapped_column(Text)


class Command(Base):
    """A command for a gate, void after `expires_at`. The gate answers with its outcome."""

    __tablename__ = "commands"
    __table_args__ = (Index("ix_commands_gate_id_created_at", "gate_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid4()))
    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))  # open | hold | release
    lane: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    outcome: Mapped[str | None] = mapped_column(String(16))  # done | refused | expired
    outcome_detail: Mapped[str] = mapped_column(String(200), default="")
    acked_at: Mapped[datetime | None]
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id", ondelete="SET NULL"), index=True)
    picture: Mapped[str | None] = mapped_column(String(8))  # during a call: yes | no | unknown, at the press
    sound: Mapped[str | None] = mapped_column(String(8))
    visit_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("gate_events.id", ondelete="SET NULL"), index=True)

    gate: Mapped[Gate] = relationship()
    created_by: Mapped[Account | None] = relationship()

"""Tables of the fleet: releases with their files in pieces, rollouts, and what each gate in a rollout reported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.base import Base, utc_now


class Release(Base):
    """A signed bundle as submitted. The portal has no key: each gate verifies the signature itself."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("name", "python", "machine"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))  # version-built_at
    version: Mapped[str] = mapped_column(String(40))
    python: Mapped[str] = mapped_column(String(8))
    machine: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(default=utc_now)


class ReleasePiece(Base):
    """`wire.PIECE_BYTES` of a release's file; in the database, so that every worker on every host has it."""

    __tablename__ = "release_pieces"

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Rollout(Base):
    """A release being rolled out, ring by ring (`cloud.fleet.rings`)."""

    __tablename__ = "rollouts"
    __table_args__ = (Index("ix_rollouts_phase", "phase"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    phase: Mapped[str] = mapped_column(String(16))
    ring: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(String(16), default="")
    rings: Mapped[list[Any]] = mapped_column(JSON)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)

    release: Mapped[Release] = relationship()


class RolloutGate(Base):
    """What is known about a gate since the release was offered to it (`cloud.fleet.rings.Seen`)."""

    __tablename__ = "rollout_gates"
    __table_args__ = (Index("ix_rollout_gates_gate_id", "gate_id"),)

    rollout_id: Mapped[int] = mapped_column(ForeignKey("rollouts.id", ondelete="CASCADE"), primary_key=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), primary_key=True)
    ring: Mapped[int]
    given_at: Mapped[datetime] = mapped_column(default=utc_now)
    heard_at: Mapped[datetime]
    before: Mapped[int | None]
    running: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[str] = mapped_column(String(16), default="")
    good_since: Mapped[datetime | None]
    worse_since: Mapped[datetime | None]
    forgiven: Mapped[bool] = mapped_column(default=False)

"""Tables of moves between cells: territories that have left, and those that are coming in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base, utc_now


class Departure(Base):
    """The tombstone of a territory that lives in another cell now."""

    __tablename__ = "departures"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    cell_url: Mapped[str] = mapped_column(String(200))
    serial: Mapped[int]
    """Which move of this territory it was, over all cells."""
    document: Mapped[str] = mapped_column(Text, default="")  # what gates are told; empty = nobody signed it
    signature: Mapped[str] = mapped_column(Text, default="")
    gates: Mapped[list[int]] = mapped_column(JSON, default=list)  # whose pictures are still to be cleared away
    at: Mapped[datetime] = mapped_column(default=utc_now)


class DepartedCredential(Base):
    """The hash of a token, a pairing code or a link of a territory that has left: whoever brings it is led there."""

    __tablename__ = "departed_credentials"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("departures.code", ondelete="CASCADE"), index=True)


class ArrivalState(StrEnum):
    """`COPYING` may be taken back; from `OPEN` on the territory lives here."""

    COPYING = "copying"
    OPEN = "open"


class Arrival(Base):
    """A territory that comes, or came, from another cell."""

    __tablename__ = "arrivals"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    run: Mapped[str] = mapped_column(String(36))
    """Of the command that is copying: a later one takes over, and an earlier one then changes nothing more."""
    state: Mapped[str] = mapped_column(String(16))
    serial: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class ArrivalRow(Base):
    """Which row here a row of the other cell has become; forgotten when the territory is open."""

    __tablename__ = "arrival_rows"

    code: Mapped[str] = mapped_column(ForeignKey("arrivals.code", ondelete="CASCADE"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(32), primary_key=True)
    old_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    new_id: Mapped[str] = mapped_column(String(36))
    made: Mapped[bool] = mapped_column(default=True)
    """False: an account that was here already."""

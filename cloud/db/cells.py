"""Tables of moves between cells: territories that have left, and those that are arriving."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base, utc_now


class Departure(Base):
    """Tombstone of a territory that now lives in another cell."""

    __tablename__ = "departures"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    cell_url: Mapped[str] = mapped_column(String(200))
    serial: Mapped[int]
    """Number of the move, counted for this territory across all cells."""
    document: Mapped[str] = mapped_column(Text, default="")  # the signed text for gates; empty = nobody signed it
    signature: Mapped[str] = mapped_column(Text, default="")
    gates: Mapped[list[int]] = mapped_column(JSON, default=list)  # gates whose pictures are still to be deleted
    at: Mapped[datetime] = mapped_column(default=utc_now)


class DepartedCredential(Base):
    """Hash of a token, pairing code or link of a territory that has left; whoever presents it is redirected there."""

    __tablename__ = "departed_credentials"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("departures.code", ondelete="CASCADE"), index=True)


class ArrivalState(StrEnum):
    """`COPYING` can be undone; from `OPEN` on the territory lives here; `GONE`: it was deleted here since, for good."""

    COPYING = "copying"
    OPEN = "open"
    GONE = "gone"


class Arrival(Base):
    """A territory that is arriving, or has arrived, from another cell."""

    __tablename__ = "arrivals"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    run: Mapped[str] = mapped_column(String(36))
    """Id of the copying command. A later command takes over; the earlier one can then change nothing more."""
    state: Mapped[str] = mapped_column(String(16))
    serial: Mapped[int]
    from_url: Mapped[str] = mapped_column(String(200), default="")
    """Address of the cell that it comes from, until the move has ended there too. Also empty if it began before migration 0039."""
    at: Mapped[datetime] = mapped_column(default=utc_now)


class ArrivalRow(Base):
    """Maps a row of the other cell to its row here; deleted once the territory is open."""

    __tablename__ = "arrival_rows"

    code: Mapped[str] = mapped_column(ForeignKey("arrivals.code", ondelete="CASCADE"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(32), primary_key=True)
    old_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    new_id: Mapped[str] = mapped_column(String(36))
    made: Mapped[bool] = mapped_column(default=True)
    """False: an account that existed here before."""

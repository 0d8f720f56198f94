"""A courier: messages are stored in the transaction that causes them, and separate threads post them (ADR 120).

Each waiting message is a row, so a restart loses nothing. A lease lets only one worker at a time post to a receiver, so
its messages arrive in order. A failing receiver is retried at growing intervals, and only its own messages wait.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from cloud.db.couriers import LaterParcel
from cloud.db.engine import Database
from cloud.db.leases import free
from cloud.db.models import utc_now
from cloud.domain.addressed import hearing
from cloud.rounds import Rounds
from posting.post import AskAgain, Gone, NotTaken

BATCH = 16
"""Messages to one receiver before others get a turn. They fit in the lease even if each takes the longest time allowed."""
LEASE = timedelta(minutes=6)
FIRST_REST = timedelta(seconds=30)
AFTER_QUIET = timedelta(hours=2)
"""How long news delayed by quiet hours are still worth sending after those end."""
log = logging.getLogger(__name__)


class Round(Protocol):
    """What one courier sends, and to whom."""

    name: str
    longest_rest: timedelta
    """Longest pause before a failing receiver is tried again: its messages may lose their value."""
    receivers: Any
    """Mapped class with the columns of `cloud.db.couriers.Receiver`."""
    parcels: Any
    """Mapped class with the columns of `Parcel` and a `receiver_id`."""

    def send(self, receiver: Any, parcel: Any) -> None:
        """Deliver one message. Raises `posting.post.NotTaken`."""

    def failed(self, session: Session, receiver: Any, error: NotTaken, *, now: datetime) -> bool:
        """Called after a failure. Returns whether the receiver was given up (removed or switched off)."""


@dataclass(frozen=True, slots=True)
class CourierStanding:
    """State of a courier: messages waiting, age of the oldest, and number of failing receivers."""

    waiting: int
    oldest_s: float
    failing: int


class Courier(Rounds):
    """Call `wake_after` in every transaction that adds a parcel."""

    def __init__(self, database: Database, round_: Round, *, threads: int = 2) -> None:
        super().__init__(round_.name, threads=threads)
        self._database = database
        self._round = round_
        self._later = issubclass(round_.parcels, LaterParcel)

    def go_round(self) -> int:
        return self.deliver_due()

    def deliver_due(self, *, now: datetime | None = None) -> int:
        """Post due messages until none is left. Returns how many were taken."""
        taken = 0
        while not self.stopping:
            at = now or utc_now()
            receiver, parcels = self._claim(at)
            if receiver is None:
                break
            taken += self._serve(receiver, parcels, now=at)
        return taken

    def _serve(self, receiver: Any, parcels: Sequence[Any], *, now: datetime) -> int:
        taken = 0
        for parcel in parcels:
            if not self._wanted(receiver, parcel, now=now):
                continue
            try:
                self._round.send(receiver, parcel)
            except NotTaken as error:
                if self._failed(receiver, parcel, error, now=now):
                    return taken
            except Exception as error:  # noqa: BLE001 - no answer of one receiver may end the thread that serves all
                log.error("%s: a message cannot be posted: %s", self.name, type(error).__name__)  # noqa: TRY400 - its text may be an address
                if self._failed(receiver, parcel, AskAgain(type(error).__name__), now=now):
                    return taken
            else:
                taken += 1
                self._close(receiver, parcel, now=now)
        self._release(receiver, {"next_at": now})
        return taken

    def _claim(self, now: datetime) -> tuple[Any | None, Sequence[Any]]:
        """A receiver with due messages, leased to this thread, and its next messages; (None, []) if there is none."""
        kind, parcels = self._round.receivers, self._round.parcels
        with self._database.write() as session:
            receiver = session.scalar(
                select(kind)
                .where(
                    kind.id.in_(select(parcels.receiver_id).where(self._ripe(now))),
                    kind.next_at <= now,
                    free(kind.leased_until, LEASE, now),
                )
                .order_by(kind.next_at, kind.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if receiver is None:
                return None, []
            session.execute(delete(parcels).where(parcels.receiver_id == receiver.id, parcels.expires_at <= now))
            query: Select[Any] = select(parcels).where(parcels.receiver_id == receiver.id, self._ripe(now))
            found = session.scalars(query.order_by(parcels.id).limit(BATCH)).all()
            receiver.leased_until = now + LEASE
            return receiver, found

    def _ripe(self, now: datetime) -> ColumnElement[bool]:
        """SQL: messages that are not waiting for the end of quiet hours."""
        parcels = self._round.parcels
        return or_(parcels.not_before.is_(None), parcels.not_before <= now) if self._later else true()

    def _wanted(self, receiver: Any, parcel: Any, *, now: datetime) -> bool:
        """Whether the message is still to be sent, and now.

        A batch takes minutes: a receiver or member removed meanwhile must get nothing more, and quiet hours may begin.
        """
        kind, parcels = self._round.receivers, self._round.parcels
        waits = (
            select(parcels)
            .join(kind, kind.id == parcels.receiver_id)
            .where(parcels.id == parcel.id, parcels.created_at == parcel.created_at, _same(kind, receiver))
        )
        with self._database.read() as session:
            found = session.scalar(waits)
            if found is None or not self._later:
                return found is not None
            heard, until = hearing(session, found, now)
        if heard and until is None:
            return True
        with self._database.write() as session:
            mine = parcels.id == parcel.id, parcels.created_at == parcel.created_at
            if until is None:
                session.execute(delete(parcels).where(*mine))
            else:
                values: dict[str, Any] = {"not_before": until}
                if not found.urgent:  # news state their time, so they are useful in the morning; a question is not
                    values["expires_at"] = max(found.expires_at, until + AFTER_QUIET)
                session.execute(update(parcels).where(*mine).values(**values))
        return False

    def _close(self, receiver: Any, parcel: Any, *, now: datetime) -> None:
        values = {"attempts": 0, "failing_since": None, "taken_at": now, "error": ""}
        receiver.attempts, receiver.failing_since = 0, None
        self._forget(receiver, parcel, values)

    def _failed(self, receiver: Any, parcel: Any, error: NotTaken, *, now: datetime) -> bool:
        """Record a failure. True: leave this receiver for now (its lease was released); False: go on with its messages."""
        with self._database.write() as session:
            fresh = session.scalar(select(self._round.receivers).where(_same(self._round.receivers, receiver)))
            if fresh is None:
                return True
            fresh.error = str(error)[:200]
            if isinstance(error, AskAgain | Gone):
                fresh.failing_since = fresh.failing_since or now
            if self._round.failed(session, fresh, error, now=now):
                fresh.leased_until = None
                return True
            if isinstance(error, AskAgain | Gone):
                rest = min(FIRST_REST * 2 ** min(fresh.attempts, 10), self._round.longest_rest)
                asked = timedelta(seconds=error.wait_s if isinstance(error, AskAgain) else 0)
                fresh.next_at = now + max(rest, asked)
                fresh.attempts += 1
                fresh.leased_until = None
                return True
            fresh.refused += 1
            fresh.attempts, fresh.failing_since = 0, None  # the receiver answers; it only refused this message
        self._forget(receiver, parcel, {})
        return False

    def _forget(self, receiver: Any, parcel: Any, values: dict[str, Any]) -> None:
        kind, parcels = self._round.receivers, self._round.parcels
        with self._database.write() as session:
            session.execute(delete(parcels).where(parcels.id == parcel.id, parcels.created_at == parcel.created_at))
            if values:
                session.execute(update(kind).where(_same(kind, receiver)).values(**values))

    def _release(self, receiver: Any, values: dict[str, Any]) -> None:
        kind = self._round.receivers
        with self._database.write() as session:
            session.execute(update(kind).where(_same(kind, receiver)).values(leased_until=None, **values))

    def standing(self, session: Session, *, now: datetime) -> CourierStanding:
        """The courier's state, for `/healthz`."""
        kind, parcels = self._round.receivers, self._round.parcels
        waiting, oldest = session.execute(select(func.count(), func.min(parcels.created_at))).one()
        failing = session.scalar(select(func.count()).where(kind.failing_since.is_not(None))) or 0
        return CourierStanding(waiting, 0.0 if oldest is None else (now - oldest).total_seconds(), failing)


def _same(kind: Any, receiver: Any) -> ColumnElement[bool]:
    """Matches the claimed row and not a later one: SQLite reuses the id of a deleted row."""
    return and_(kind.id == receiver.id, kind.created_at == receiver.created_at)

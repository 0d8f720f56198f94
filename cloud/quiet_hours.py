"""Sends what was held back during quiet hours once they end. Every worker looks; each row is taken by one (ADR 180)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.cells.freeze import frozen, is_frozen
from cloud.db.engine import Database
from cloud.db.models import utc_now
from cloud.domain import held
from cloud.domain.held import Morning
from cloud.rounds import Rounds

TellMorning = Callable[[Session, Morning], None]
log = logging.getLogger(__name__)


class QuietHours(Rounds):
    """`tell` queues letters and notices in the transaction that takes the held items, so none is sent twice or lost."""

    def __init__(self, database: Database, tell: TellMorning) -> None:
        super().__init__("quiet hours", threads=1)
        self._database = database
        self._tell = tell

    def go_round(self) -> int:
        return self.tell_due()

    def tell_due(self, *, now: datetime | None = None) -> int:
        """Sends to all members whose quiet hours are over. Returns how many there were."""
        told = 0
        at = now or utc_now()
        with self._database.read() as session:
            members = held.due(session, now=at)
        if not members:  # the usual case: skip the query for moving territories
            return 0
        while not self.stopping and members:
            moving = frozen(self._database)  # anew each time: one that begins to move meanwhile stays due here
            with self._database.read() as session:
                members = held.due(session, now=at, moving=moving)
            told += sum(self._tell_one(member_id, at) for member_id in members)
            if len(members) < held.BATCH:
                break
        return told

    def _tell_one(self, member_id: int, at: datetime) -> bool:
        try:
            with self._database.write() as session:
                morning = held.take(session, member_id, now=at)
                if morning is not None:
                    self._tell(session, morning)
                return morning is not None
        except IntegrityError as error:
            if not is_frozen(error):
                raise
            return False  # its territory has just begun to move: the new cell will send it

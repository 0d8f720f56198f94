"""The table of openings in `journal.db`: which were told by the relay process, and which visit has each (ADR 183).

A visit that is stored marks its openings by itself, by a trigger of the schema.
"""

from __future__ import annotations

import logging
from pathlib import Path

from sqlite_utils import Database

from core.decision.record import VisitRecord
from core.events import BarrierActed
from edge.store.errors import told_as_store_errors
from edge.store.pass_schema import has_table
from edge.store.record_json import from_json, to_json

MOST_UNRECORDED = 1000
"""Openings without a visit that are told at once. A gate that was killed left one or two."""

log = logging.getLogger(__name__)


class Openings:
    """Of one journal, on its connection."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path

    def add(self, event: BarrierActed, at: str) -> None:
        """Keep it until a visit has it; nothing changes if it is known. Within the caller's transaction.

        `at`: its wall time as the journal writes it.
        """
        self._db.conn.execute(
            "INSERT OR IGNORE INTO opening VALUES (?, ?, ?, NULL)", (event.request_id, at, to_json(event))
        )

    def known(self, *, most: int) -> frozenset[str]:
        """The request ids of the newest `most`. None in a file of an older version."""
        with told_as_store_errors(self._path):
            if not has_table(self._db, "opening"):
                return frozenset()
            rows = self._db.conn.execute("SELECT request_id FROM opening ORDER BY at DESC LIMIT ?", (most,)).fetchall()
        return frozenset(request_id for (request_id,) in rows)

    def unrecorded(self) -> tuple[BarrierActed, ...]:
        """What was told and is in no visit, oldest first. A row that cannot be read is left out."""
        query = "SELECT request_id, told FROM opening WHERE visit_id IS NULL ORDER BY at LIMIT ?"
        with told_as_store_errors(self._path):
            rows = self._db.conn.execute(query, (MOST_UNRECORDED,)).fetchall()
        found = []
        for request_id, text in rows:
            try:
                found.append(from_json(BarrierActed, text))
            except (ValueError, TypeError) as error:
                log.warning("открытие %s не читается: %s", request_id, error)
        return tuple(found)

    def elsewhere(self, record: VisitRecord) -> bool:
        """Whether all openings of `record` are in other visits. Within the caller's transaction."""
        query = "SELECT count(*) FROM opening WHERE request_id = ? AND visit_id <> ?"
        return bool(record.openings) and all(
            self._db.conn.execute(query, (one.request_id, record.visit_id)).fetchone()[0] for one in record.openings
        )

    def forget(self, before: str) -> None:
        """Delete what is older. Within the caller's transaction."""
        self._db.conn.execute("DELETE FROM opening WHERE at < ?", (before,))

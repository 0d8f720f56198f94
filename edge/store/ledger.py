"""The table that makes each cloud command run only once: `sync.seams.CommandLedger` over `journal.db`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from edge.language import say
from edge.store.errors import told_as_store_errors
from sync.wire import Command, Outcome

INTERRUPTED = say("gate run перезапускался; открылся ли шлагбаум, неизвестно")


class Ledger:
    """See `sync.seams.CommandLedger` for the rules. A command claimed by an earlier process counts as interrupted."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._claimed_here: set[str] = set()

    def claim(self, command: Command) -> bool:
        with told_as_store_errors(self._path), self._db.atomic():
            claimed = self._db.conn.execute(
                "INSERT OR IGNORE INTO command VALUES (?, ?, NULL, '', 0)", (command.id, datetime.now(UTC).isoformat())
            ).rowcount
        if claimed:
            self._claimed_here.add(command.id)
        return bool(claimed)

    def finish(self, command_id: str, outcome: Outcome, detail: str) -> None:
        with told_as_store_errors(self._path), self._db.atomic():
            self._db.conn.execute(
                "UPDATE command SET outcome = ?, detail = ? WHERE id = ?", (outcome, detail, command_id)
            )
        self._claimed_here.discard(command_id)

    def unacknowledged(self) -> tuple[tuple[str, Outcome, str], ...]:
        query = "SELECT id, outcome, detail FROM command WHERE NOT acknowledged ORDER BY claimed_at, rowid"
        with told_as_store_errors(self._path):
            rows = self._db.conn.execute(query).fetchall()
        return tuple(
            (command_id, outcome or "refused", detail if outcome else INTERRUPTED)
            for command_id, outcome, detail in rows
            if outcome is not None or command_id not in self._claimed_here
        )

    def acknowledged(self, command_id: str) -> None:
        with told_as_store_errors(self._path), self._db.atomic():
            self._db.conn.execute("UPDATE command SET acknowledged = 1 WHERE id = ?", (command_id,))

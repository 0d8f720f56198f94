"""What waits to be sent to the cloud: `sync.seams.Outbox` over `journal.db`.

An event is stored in the same transaction as its record, so there is never one without the other. The picture stays a
file of the journal; the row has its name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from edge.store.errors import told_as_store_errors
from edge.store.snapshots import Snapshots
from sync.seams import Dropped, OutboxSize
from sync.wire import GateEvent, WireError, decode, encode

log = logging.getLogger(__name__)


class JournalOutbox:
    """See `sync.seams.Outbox` for the rules."""

    def __init__(self, db: Database, path: Path, snapshots: Snapshots) -> None:
        self._db = db
        self._path = path
        self._snapshots = snapshots
        self._unread: set[str] = set()
        """Events whose picture is there and cannot be read now. They wait: unread is not gone."""

    def put(self, event: GateEvent, *, picture: str | None = None) -> None:
        """Add an event with the name of its picture; within the caller's transaction if there is one."""
        jpeg = None if picture is None else self._snapshots.read(picture)
        with told_as_store_errors(self._path), self._db.atomic():
            self._db.conn.execute(
                "INSERT OR IGNORE INTO outgoing (id, body, picture, picture_bytes) VALUES (?, ?, ?, ?)",
                (event.id, encode(event), None if jpeg is None else picture, 0 if jpeg is None else len(jpeg)),
            )

    def events(self, *, limit: int) -> tuple[GateEvent, ...]:
        query = "SELECT id, body FROM outgoing WHERE body IS NOT NULL ORDER BY seq LIMIT ?"
        while True:
            with told_as_store_errors(self._path):
                rows = self._db.conn.execute(query, (limit,)).fetchall()
            events, rotten = [], []
            for event_id, body in rows:
                try:
                    events.append(decode(GateEvent, body))
                except WireError as error:  # left in place, it would end the thread at every start
                    log.warning("событие %s не будет отправлено: %s", event_id, error)
                    rotten.append(event_id)
            if not rotten:
                return tuple(events)
            self.settle((), rotten)

    def settle(self, accepted: Sequence[str], rejected: Sequence[str]) -> None:
        with told_as_store_errors(self._path), self._db.atomic():
            execute = self._db.conn.executemany
            execute("UPDATE outgoing SET body = NULL WHERE id = ?", ((event_id,) for event_id in accepted))
            execute("DELETE FROM outgoing WHERE id = ?", ((event_id,) for event_id in rejected))
            self._drop_settled()

    def snapshot(self) -> tuple[str, bytes] | None:
        query = "SELECT id, picture FROM outgoing WHERE body IS NULL AND picture IS NOT NULL ORDER BY seq LIMIT ?"
        while True:
            with told_as_store_errors(self._path):
                rows = self._db.conn.execute(query, (len(self._unread) + 1,)).fetchall()
            row = next((one for one in rows if one[0] not in self._unread), None)
            if row is None:
                return None
            jpeg = self._snapshots.read(row[1])
            if jpeg is not None:
                return row[0], jpeg
            if self._snapshots.unreadable(row[1]):
                log.warning("снимок %s не читается и пока не послан", row[1])
                self._unread.add(row[0])
                continue
            self.settle_snapshot(row[0])  # retention deleted it before it was sent

    def settle_snapshot(self, event_id: str) -> None:
        with told_as_store_errors(self._path), self._db.atomic():
            self._forget_pictures("id = ?", event_id)
            self._drop_settled()

    def size(self) -> OutboxSize:
        query = (
            "SELECT count(body), count(picture), coalesce(sum(length(body)), 0) + coalesce(sum(picture_bytes), 0)"
            " FROM outgoing"
        )
        with told_as_store_errors(self._path):
            events, snapshots, weight = self._db.conn.execute(query).fetchone()
        return OutboxSize(events=events, snapshots=snapshots, bytes=weight)

    def shrink(self, max_bytes: int) -> Dropped:
        before = self.size()
        over = before.bytes - max_bytes
        if over <= 0:
            return Dropped()
        with told_as_store_errors(self._path), self._db.atomic():
            over -= self._drop_oldest("picture_bytes", "picture IS NOT NULL", over)
            self._drop_oldest("length(body)", "body IS NOT NULL", over)
            self._drop_settled()
        after = self.size()
        return Dropped(events=before.events - after.events, snapshots=before.snapshots - after.snapshots)

    def _drop_oldest(self, weight: str, kind: str, over: int) -> int:
        """Drop the oldest of one kind until `over` bytes are freed. Returns the bytes freed."""
        if over <= 0:
            return 0
        freed = 0
        last = -1
        for seq, size in self._db.conn.execute(f"SELECT seq, {weight} FROM outgoing WHERE {kind} ORDER BY seq"):  # noqa: S608  # our own words
            freed, last = freed + size, seq
            if freed >= over:
                break
        if "picture" in kind:
            self._forget_pictures("seq <= ?", last)
        else:
            self._db.conn.execute("UPDATE outgoing SET body = NULL WHERE seq <= ?", (last,))
        return freed

    def _forget_pictures(self, which: str, value: object) -> None:
        self._db.conn.execute(f"UPDATE outgoing SET picture = NULL, picture_bytes = 0 WHERE {which}", (value,))  # noqa: S608  # our own words

    def _drop_settled(self) -> None:
        self._db.conn.execute("DELETE FROM outgoing WHERE body IS NULL AND picture IS NULL")

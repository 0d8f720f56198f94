"""`journal.db`: every visit once, and whatever else a technician must know. One connection per thread.

The writer thread records; command line and console read at the same time. Nothing here delays the barrier: a full or
broken disk costs the record, never the opening.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.decision.record import VisitRecord
from core.events import BarrierActed
from edge.store import journal_room
from edge.store.database import identity_of, open_database, open_to_read
from edge.store.errors import told_as_store_errors
from edge.store.journal_schema import journal_migrations
from edge.store.ledger import Ledger
from edge.store.openings import Openings
from edge.store.outbox import JournalOutbox
from edge.store.record_json import from_json, to_json
from edge.store.snapshots import Snapshots
from edge.store.visit_search import VisitSearch
from sync.wire import GateEvent

FILE_NAME = "journal.db"
SNAPSHOT_FOLDER = "snapshots"
_ROTTEN_AT_MOST = 20
"""How many rows `newest` reads at most, in case some are unreadable."""


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A record with the names of its pictures, for `Snapshots.read`."""

    record: VisitRecord
    frame: str | None
    plate_crop: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """An event other than a visit: a camera lost, a barrier forced, a button stuck, a list dropped."""

    id: str
    at: datetime
    kind: str
    lane: str
    detail: str


class Journal:
    """The open database with its pictures, its outbox, its openings and its ledger of cloud commands."""

    def __init__(self, path: Path, *, to_read: bool = False) -> None:
        """Open or create `path`. `to_read`: open an existing file without changing it. Raises StoreError."""
        self.path = path
        opened = open_to_read(path) if to_read else open_database(path, journal_migrations)
        self._db = opened.db
        self._identity = opened.identity
        self.set_aside = opened.set_aside
        self.snapshots = Snapshots(path.parent / SNAPSHOT_FOLDER)
        self.outbox = JournalOutbox(self._db, path, self.snapshots)
        self.ledger = Ledger(self._db, path)
        self.openings = Openings(self._db, path)

    @property
    def stale(self) -> bool:
        """The file was set aside and another has taken its name: what is written here is lost."""
        return identity_of(self.path) != self._identity

    def record(
        self,
        record: VisitRecord,
        *,
        frame: str | None = None,
        plate_crop: str | None = None,
        outgoing: GateEvent | None = None,
    ) -> bool:
        """Store the visit and its event for the cloud in one transaction. Returns whether it is new.

        Storing a visit again changes nothing. An opening without a vehicle is not stored if another visit contains it:
        the relay process reported it twice.
        """
        with told_as_store_errors(self.path), self._db.atomic():
            if not record.frames and self.openings.elsewhere(record):
                return False
            added = self._db.conn.execute(
                "INSERT OR IGNORE INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    record.visit_id,
                    _sortable(record.first.wall),
                    record.lane,
                    record.plate,
                    record.decision.value,
                    record.reason.value,
                    record.pass_id,
                    frame,
                    plate_crop,
                    to_json(record),
                ),
            ).rowcount
            if added and outgoing is not None:
                self.outbox.put(outgoing, picture=frame)
        return bool(added)

    def note(
        self,
        kind: str,
        at: datetime,
        *,
        lane: str = "",
        detail: str = "",
        outgoing: bool = False,
        event_id: str = "",
        opening: BarrierActed | None = None,
    ) -> Notice:
        """Store a notice; `outgoing` also sends it to the cloud as a `fault` event.

        `event_id` is the id of a relay event, which may arrive again; storing it again changes nothing. `opening` is the
        opening that the event reports; it must end up in a visit.
        """
        notice = Notice(event_id or str(uuid.uuid4()), at, kind, lane, detail)
        with told_as_store_errors(self.path), self._db.atomic():
            added = self._db.conn.execute(
                "INSERT OR IGNORE INTO notice VALUES (?, ?, ?, ?, ?)", (notice.id, _sortable(at), kind, lane, detail)
            ).rowcount
            if opening is not None:
                self.openings.add(opening, _sortable(opening.at.wall))
            if added and outgoing:
                self.outbox.put(_fault(notice))
        return notice

    def visit(self, id_prefix: str) -> StoredVisit | None:
        """The visit whose id begins with this; None if none or several do."""
        found = tuple(self._visits("WHERE id LIKE ? ESCAPE '\\' LIMIT 2", (_beginning(id_prefix),)))
        return found[0] if len(found) == 1 else None

    def ids(self, id_prefix: str, *, limit: int) -> tuple[str, ...]:
        """At most `limit` ids of visits that begin with this."""
        query = "SELECT id FROM visit WHERE id LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?"
        with told_as_store_errors(self.path):
            rows = self._db.conn.execute(query, (_beginning(id_prefix), limit)).fetchall()
        return tuple(visit_id for (visit_id,) in rows)

    def visits(
        self,
        *,
        since: datetime | None = None,
        plate: str | None = None,
        part: str | None = None,
        lane: str | None = None,
        limit: int = 1000,
    ) -> tuple[StoredVisit, ...]:
        """The newest `limit` matching visits, oldest first. `plate` is canonical; `part` occurs anywhere in a plate."""
        query = (
            "WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR plate = ?2) AND (?3 IS NULL OR lane = ?3)"
            " AND (?5 IS NULL OR instr(plate, ?5) > 0) ORDER BY at DESC, rowid DESC LIMIT ?4"
        )
        values = (None if since is None else _sortable(since), plate, lane, limit, part)
        return tuple(self._visits(query, values))[::-1]

    def lanes(self) -> frozenset[str]:
        """Every lane with a recorded visit."""
        with told_as_store_errors(self.path):
            return frozenset(lane for (lane,) in self._db.conn.execute("SELECT DISTINCT lane FROM visit") if lane)

    def newest_row(self) -> tuple[int, str] | None:
        """Row number and id of the visit recorded last; None if the journal is empty."""
        with told_as_store_errors(self.path):
            row = self._db.conn.execute("SELECT rowid, id FROM visit ORDER BY rowid DESC LIMIT 1").fetchone()
        return None if row is None else (row[0], row[1])

    def rows_after(self, row: int, visit_id: str, *, limit: int) -> tuple[tuple[int, StoredVisit], ...]:
        """The visits recorded after `row`, oldest first; all of them if the journal was replaced since.

        The journal counts as replaced if `row` holds a visit other than `visit_id` or lies beyond the last row. A row
        that retention deleted does not count as a replacement.
        """
        with told_as_store_errors(self.path):
            found = self._db.conn.execute("SELECT id FROM visit WHERE rowid = ?", (row,)).fetchone()
            (highest,) = self._db.conn.execute("SELECT coalesce(max(rowid), 0) FROM visit").fetchone()
            fresh = (found is not None and found[0] != visit_id) or highest < row
            rows = self._db.conn.execute(
                "SELECT rowid, record, frame, plate_crop FROM visit WHERE rowid > ? ORDER BY rowid LIMIT ?",
                (0 if fresh else row, limit),
            ).fetchall()
        return tuple((row[0], StoredVisit(from_json(VisitRecord, row[1]), row[2], row[3])) for row in rows)

    def search(self, wanted: VisitSearch, *, limit: int) -> tuple[StoredVisit, ...]:
        """The newest `limit` matching visits, newest first."""
        query, values = wanted.query(limit)
        return tuple(self._visits(query, tuple(values)))

    def notices(
        self, *, since: datetime | None = None, kind: str | None = None, limit: int = 1000
    ) -> tuple[Notice, ...]:
        """The newest `limit` notices (of that kind, if given), oldest first."""
        query = (
            "SELECT id, at, kind, lane, detail FROM notice WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR kind = ?2)"
            " ORDER BY at DESC LIMIT ?3"
        )
        with told_as_store_errors(self.path):
            rows = self._db.conn.execute(query, (None if since is None else _sortable(since), kind, limit)).fetchall()
        return tuple(Notice(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in reversed(rows))

    def notice_ids(self, kind: str, *, most: int) -> frozenset[str]:
        """The ids of the newest `most` notices of this kind: for those of the relay process, the ids of its events."""
        with told_as_store_errors(self.path):
            rows = self._db.conn.execute(
                "SELECT id FROM notice WHERE kind = ? ORDER BY at DESC LIMIT ?", (kind, most)
            ).fetchall()
        return frozenset(notice_id for (notice_id,) in rows)

    def newest(self) -> datetime | None:
        """Wall time of the newest readable record, None if there is none; the clock never goes behind it (design, section 5)."""
        query = (
            "SELECT at FROM (SELECT at FROM visit ORDER BY at DESC LIMIT ?1) UNION ALL"
            " SELECT at FROM (SELECT at FROM notice ORDER BY at DESC LIMIT ?1)"
        )
        with told_as_store_errors(self.path):
            rows = self._db.conn.execute(query, (_ROTTEN_AT_MOST,)).fetchall()
        return max((at for (text,) in rows if (at := _moment(text)) is not None), default=None)

    def forget(self, *, keep_days: int, now: datetime) -> int:
        """Delete what is past its retention, sent or not; truncate the WAL. Returns the number of deleted visits."""
        horizon = _sortable(now - timedelta(days=keep_days))
        with told_as_store_errors(self.path):
            with self._db.atomic():
                gone = self._db.conn.execute("DELETE FROM visit WHERE at < ?", (horizon,)).rowcount
                self._db.conn.execute("DELETE FROM notice WHERE at < ?", (horizon,))
                self.openings.forget(horizon)
                self._db.conn.execute("DELETE FROM command WHERE acknowledged AND claimed_at < ?", (horizon,))
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def fit(self, max_bytes: int, *, may_grow: bool = True) -> int:
        """Delete a portion of the oldest records if all take more room than `max_bytes`. Returns how many; 0 = they fit.

        Call it until it returns 0. It needs no date. Nothing that waits to be sent goes (see `journal_room`).
        `may_grow`: whether the disk has room for a larger file; if not, records make way before it would grow.
        """
        with told_as_store_errors(self.path):
            if journal_room.fits(self._db, max_bytes, may_grow=may_grow):
                return 0
            with self._db.atomic():
                gone = journal_room.drop_oldest(self._db)
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _visits(self, where: str, values: tuple[Any, ...]) -> Iterator[StoredVisit]:
        with told_as_store_errors(self.path):
            rows = self._db.conn.execute(f"SELECT record, frame, plate_crop FROM visit {where}", values).fetchall()  # noqa: S608  # `where` is ours
        for text, frame, crop in rows:
            yield StoredVisit(from_json(VisitRecord, text), frame, crop)


def _sortable(at: datetime) -> str:
    """A moment as text that sorts by time: UTC, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime | None:
    """A stored moment; None if the text is damaged, as on a worn card."""
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None else None


def _beginning(text: str) -> str:
    """What LIKE takes for everything that begins with `text`, whatever signs it has; with a backslash to escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _fault(notice: Notice) -> GateEvent:
    return GateEvent(
        id=notice.id,
        kind="fault",
        at=notice.at,
        clock_trusted=False,
        lane=notice.lane or None,
        detail=f"{notice.kind}: {notice.detail}"[:200],
    )

"""The cloud's pass list on this disk: `sync.seams.PassCache` over `passes.db`. Owned by the sync thread."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.plates.canonical import PlateInvalid, canonical
from edge.store.errors import StoreBroken, told_as_store_errors
from edge.store.gone import name_gone
from sync.seams import ListState
from sync.wire import PassItem

TOMBSTONE_DAYS = 30
"""How long a withdrawn pass is kept, so that the gate can answer `pass_revoked` instead of `no_pass`."""

_UPSERT = """
    INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)
    ON CONFLICT (id) DO UPDATE SET typed = excluded.typed, plate = excluded.plate, valid_from = excluded.valid_from,
        valid_until = excluded.valid_until, one_time = excluded.one_time, blocked = excluded.blocked,
        object = excluded.object, revoked_at = NULL, seq = excluded.seq
"""

log = logging.getLogger(__name__)


class CloudPasses:
    """See `sync.seams.PassCache` for the rules; every method is one transaction."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self.damaged = False
        """A damaged page was found. The file is set aside the next time it is opened, not before."""

    def state(self) -> ListState:
        with self._store_errors():
            cursor, synced_at, staging_cursor = self._one("SELECT cursor, synced_at, staging_cursor FROM list_state")
            # Two counts that SQLite answers from its indexes; a count that reads every row is expensive on a long list.
            (named,) = self._one("SELECT count(*) FROM cloud_pass")
            (revoked,) = self._one("SELECT count(*) FROM cloud_pass WHERE revoked_at IS NOT NULL")
            (staged,) = self._one("SELECT count(*) FROM staged_pass")
        return ListState(
            cursor=cursor,
            count=named - revoked,
            synced_at=None if synced_at is None else datetime.fromisoformat(synced_at),
            staging_cursor=staging_cursor,
            staging_count=staged,
        )

    def count_live(self, ids: Sequence[str]) -> int:
        with self._store_errors():
            query = (
                "SELECT count(*) FROM cloud_pass WHERE revoked_at IS NULL AND id IN (SELECT value FROM json_each(?))"
            )
            (count,) = self._one(query, json.dumps(list(ids)))
        return int(count)

    def apply(self, items: Sequence[PassItem], *, cursor: str, at: datetime) -> None:
        with self._store_errors(), self._db.atomic():
            items = _last_words(items)
            execute = self._db.conn.execute
            seq = self._next_seq() if items else 0  # "nothing new" changes nothing
            for item in items:
                if item.deleted:
                    execute("UPDATE cloud_pass SET revoked_at = ?, seq = ? WHERE id = ?", (_text(at), seq, item.id))
                if item.used:
                    execute("INSERT OR IGNORE INTO used_pass SELECT id, '', ? FROM cloud_pass WHERE id = ?",
                            (_text(at), item.id))  # fmt: skip
            self._put("cloud", (item for item in items if not item.deleted), seq)
            execute("UPDATE list_state SET cursor = ?, synced_at = ?", (cursor, _text(at)))
            old = (_text(at - timedelta(days=TOMBSTONE_DAYS)),)
            forgotten = [row[0] for row in execute("SELECT id FROM cloud_pass WHERE revoked_at < ?", old)]
            if forgotten:
                execute("DELETE FROM cloud_pass WHERE revoked_at < ?", old)
                _forget_orphans(execute)
                name_gone(self._db, (f"cloud:{name}" for name in forgotten))

    def begin_staging(self) -> None:
        with self._store_errors(), self._db.atomic():
            self._db.conn.execute("DELETE FROM staged_pass")
            self._db.conn.execute("DELETE FROM staged_hours")
            self._db.conn.execute("UPDATE list_state SET staging_cursor = ''")

    def stage(self, items: Sequence[PassItem], *, cursor: str) -> None:
        with self._store_errors(), self._db.atomic():
            items = _last_words(items)
            for item in items:
                if item.deleted:
                    self._db.conn.execute("DELETE FROM staged_pass WHERE id = ?", (item.id,))
            self._put("staged", (item for item in items if not item.deleted), 0)
            self._db.conn.execute("UPDATE list_state SET staging_cursor = ?", (cursor,))

    def commit_staging(self, *, at: datetime) -> None:
        with self._store_errors(), self._db.atomic():
            seq = self._next_seq()
            execute = self._db.conn.execute
            execute("UPDATE staged_pass SET seq = ?", (seq,))
            execute("DELETE FROM cloud_pass")
            execute("INSERT INTO cloud_pass SELECT * FROM staged_pass")
            execute("DELETE FROM staged_pass")
            execute("DELETE FROM cloud_hours")
            execute("INSERT INTO cloud_hours SELECT h.* FROM staged_hours h JOIN cloud_pass USING (id)")
            execute("DELETE FROM staged_hours")
            _forget_orphans(execute)
            execute(
                "UPDATE list_state SET cursor = staging_cursor, staging_cursor = NULL, synced_at = ?,"
                " generation = generation + 1",
                (_text(at),),
            )

    def mark_used(self, pass_id: str, visit_id: str, *, at: datetime) -> None:
        """A one-time pass let its car in: from now on it lets in nobody, whatever the cloud already knows."""
        with self._store_errors(), self._db.atomic():
            seq = self._next_seq()
            self._db.conn.execute("INSERT OR IGNORE INTO used_pass VALUES (?, ?, ?)", (pass_id, visit_id, _text(at)))
            self._db.conn.execute("UPDATE cloud_pass SET seq = ? WHERE id = ?", (seq, pass_id))
            self._db.conn.execute(
                "UPDATE local_rule SET seq = ?, used_at = coalesce(used_at, ?) WHERE id = ?", (seq, _text(at), pass_id)
            )

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        try:
            with told_as_store_errors(self._path):
                yield
        except StoreBroken as error:
            self.damaged = self.damaged or error.damaged
            raise

    def _put(self, part: str, items: Iterable[PassItem], seq: int) -> None:
        items = tuple(items)
        self._db.conn.executemany(_UPSERT.format(table=f"{part}_pass"), (_row(item, seq) for item in items))
        self._db.conn.executemany(f"DELETE FROM {part}_hours WHERE id = ?", ((item.id,) for item in items))  # noqa: S608
        self._db.conn.executemany(
            f"INSERT INTO {part}_hours VALUES (?, ?)",  # noqa: S608 - our own names
            ((item.id, item.hours) for item in items if item.hours),
        )

    def _next_seq(self) -> int:
        self._db.conn.execute("UPDATE list_state SET seq = seq + 1")
        (seq,) = self._one("SELECT seq FROM list_state")
        return int(seq)

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._db.conn.execute(query, values).fetchone()
        return row


def _forget_orphans(execute: Callable[[str], object]) -> None:
    """Delete what belonged to passes that no longer exist. A used local pass carries its mark in its own row."""
    execute("DELETE FROM used_pass WHERE id NOT IN (SELECT id FROM cloud_pass)")
    execute("DELETE FROM cloud_hours WHERE id NOT IN (SELECT id FROM cloud_pass)")


def _last_words(items: Sequence[PassItem]) -> Sequence[PassItem]:
    """If a page names a pass twice, the last item counts."""
    return tuple({item.id: item for item in items}.values())


def _row(item: PassItem, seq: int) -> tuple[object, ...]:
    try:
        plate = canonical(item.plate)
    except PlateInvalid as error:
        log.warning("пропуск %s из облака не подойдёт никому: %s", item.id, error)
        plate = None
    if item.hours:  # kept in `cloud_hours`; a version that does not look there must find no plate here (ADR 106)
        plate = None
    period = (_text(item.valid_from), _text(item.valid_until))
    return (item.id, item.plate, plate, *period, item.one_time, item.blocked, item.object, seq)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

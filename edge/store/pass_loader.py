"""Loads `passes.db` into the core's `PassList`: everything the first time, later only what has changed.

Reading 100,000 passes takes about a second, but a resident's new pass must work at the barrier at once. Owned by the
calling thread.
"""

from __future__ import annotations

import logging
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.passes.line_table import EMPTY, LineTable
from core.passes.pass_list import Pass, PassList, PassSource
from core.passes.schedule import NEVER, Schedule, ScheduleInvalid, kept
from core.plates.canonical import PlateInvalid, canonical
from edge.store.errors import told_as_store_errors
from edge.store.gone import gone_since
from edge.store.local_passes import moment
from edge.store.pass_schema import has_rules

_CLOUD = """
    SELECT c.id, c.plate, c.valid_from, c.valid_until, c.one_time, c.blocked, c.revoked_at IS NOT NULL,
        u.id IS NOT NULL, c.object, h.hours, c.typed
    FROM cloud_pass c LEFT JOIN used_pass u ON u.id = c.id LEFT JOIN cloud_hours h ON h.id = c.id
    WHERE c.seq > ?
"""
_LOCAL = """
    SELECT id, plate, valid_from, valid_until, note, 0, 0, 0, '' FROM local_pass WHERE seq > ?1 UNION ALL
    SELECT id, plate, valid_from, valid_until, note, one_time, blocked, used_at IS NOT NULL, hours
    FROM local_rule WHERE seq > ?1
"""

_CLOUD_BEFORE = """
    SELECT c.id, c.plate, c.valid_from, c.valid_until, c.one_time, c.blocked, c.revoked_at IS NOT NULL,
        u.id IS NOT NULL, c.object, NULL, c.typed
    FROM cloud_pass c LEFT JOIN used_pass u ON u.id = c.id
    WHERE c.seq > ?
"""
_LOCAL_BEFORE = "SELECT id, plate, valid_from, valid_until, note, 0, 0, 0, '' FROM local_pass WHERE seq > ?1"

log = logging.getLogger(__name__)


class PassLoader:
    """Keeps the list it has read and the plate of each pass in it, so that a later load costs only what has changed."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._list = PassList()
        self._plates = EMPTY
        """Plates by a digest of the pass's key, 20 bytes a pass. Digests may collide, so each hit is checked by key."""
        self._spoiled: dict[str, str] = {}
        """Plates of blocks whose period cannot be read, by the key of their pass."""
        self._seq = -1
        self._generation = -1

    @property
    def spoiled_blocks(self) -> tuple[str, ...]:
        """Plates with a block whose period cannot be read. The block holds, and somebody should be told."""
        return tuple(plate for _, plate in sorted(self._spoiled.items()))

    def load(self) -> PassList:
        """The list as it is now. Raises StoreError; the caller then keeps the list it has."""
        with told_as_store_errors(self._path), self._db.atomic():  # one view of all tables and their counters
            cursor, synced_at, seq, generation = self._db.conn.execute(
                "SELECT cursor, synced_at, seq, generation FROM list_state"
            ).fetchone()
            version, fetched_at = cursor or f"local-{seq}", _fetched(synced_at)
            gone = None if self._seq < 0 else gone_since(self._db, self._generation, generation)
            if gone is None:
                self._seq, self._plates = -1, EMPTY  # free the old index first; a load that fails starts from scratch
                self._list, self._plates = self._whole(version, fetched_at)
            else:
                spoiled: dict[str, str] = {}
                changes = {**dict.fromkeys(gone), **dict(self._rows_after(self._seq, spoiled))}
                self._take(changes, version, fetched_at)
                self._spoiled = {k: plate for k, plate in self._spoiled.items() if k not in changes} | spoiled
        self._seq, self._generation = seq, generation
        return self._list

    def _rows_after(self, seq: int, spoiled: dict[str, str]) -> Iterator[tuple[str, Pass | None]]:
        """Every pass written after change `seq`, by its key. Adds the plates of unreadable blocks to `spoiled`."""
        cloud, local = (_CLOUD, _LOCAL) if has_rules(self._db) else (_CLOUD_BEFORE, _LOCAL_BEFORE)
        for part, query, read, block in (("cloud", cloud, _cloud_pass, 5), ("local", local, _local_pass, 6)):
            for row in self._db.conn.execute(query, (seq,)):
                key = f"{part}:{row[0]}"
                yield key, _readable(read, row, key, spoiled, is_block=bool(row[block]))

    def _whole(self, version: str, fetched_at: datetime | None) -> tuple[PassList, LineTable]:
        """Read everything, one pass at a time, so that a million passes never exist as objects at once."""
        plates, spoiled = EMPTY.draft(), dict[str, str]()

        def passes() -> Iterator[Pass]:
            for key, item in self._rows_after(-1, spoiled):
                if item is not None:
                    plates.add(_digest(key), item.plate)
                    yield item

        whole = PassList(passes(), version=version, fetched_at=fetched_at)
        self._spoiled = spoiled
        return whole, plates.done()

    def _take(self, changes: Mapping[str, Pass | None], version: str, fetched_at: datetime | None) -> None:
        """Apply `changes` by key, all or nothing. None = the pass is gone."""
        plates, gone = self._plates.draft(), []
        for key, item in changes.items():
            digest = _digest(key)
            for plate in self._plates.under(digest):
                before = [one for one in self._list.for_plate(plate) if _key(one) == key]
                gone += before
                if before:
                    plates.remove(digest, plate)
            if item is not None:
                plates.add(digest, item.plate)
        come = [item for item in changes.values() if item is not None]
        self._list = self._list.changed(gone=gone, come=come, version=version, fetched_at=fetched_at)
        self._plates = plates.done()


def _key(item: Pass) -> str:
    return f"{'cloud' if item.source is PassSource.CLOUD else 'local'}:{item.id}"


def _digest(key: str) -> str:
    return b2a_base64(blake2b(key.encode(), digest_size=8).digest(), newline=False).decode()


def _fetched(text: str | None) -> datetime | None:
    """When the list was fetched; None if unknown or damaged."""
    try:
        return moment(text)
    except (ValueError, TypeError):
        return None


def _readable(
    read: Callable[[tuple[Any, ...]], Pass | None],
    row: tuple[Any, ...],
    key: str,
    spoiled: dict[str, str],
    *,
    is_block: bool,
) -> Pass | None:
    """The row's pass. One bad row, with a wrong period or spoiled by a worn card, must not take the others with it.

    An unreadable permission permits nothing. An unreadable block still blocks: from now, without an end.
    """
    try:
        return read(row)
    except (ValueError, TypeError) as error:
        why = error
    if is_block:
        with suppress(ValueError, TypeError):
            block = read((*row[:2], None, None, *row[4:]))
            log.warning("запрет %s: срок не прочитан, запрет действует: %s", row[0], why)
            if block is not None and not block.revoked:
                spoiled[key] = block.plate
            return block
    log.warning("пропуск %s не подойдёт никому: %s", row[0], why)
    return None


def _cloud_pass(row: tuple[Any, ...]) -> Pass | None:
    """None if the cloud's text cannot be a plate; a pass edited to such a text must still replace the earlier one."""
    plate, hours = row[1], row[9]
    if hours and plate is None:
        with suppress(PlateInvalid):
            plate = canonical(row[10])
    if plate is None:
        return None
    return Pass(
        id=_text_of(row[0]),
        plate=plate,
        valid_from=moment(row[2]),
        valid_until=moment(row[3]),
        one_time=bool(row[4]),
        blocked=bool(row[5]),
        revoked=bool(row[6]),
        used=bool(row[7]),
        source=PassSource.CLOUD,
        note=_text_of(row[8]),
        hours=hours_of(row[0], hours),
    )


def _local_pass(row: tuple[Any, ...]) -> Pass:
    return Pass(
        id=_text_of(row[0]),
        plate=row[1],
        valid_from=moment(row[2]),
        valid_until=moment(row[3]),
        one_time=bool(row[5]),
        blocked=bool(row[6]),
        used=bool(row[7]),
        source=PassSource.LOCAL,
        note=_text_of(row[4]),
        hours=hours_of(row[0], row[8]),
    )


def _text_of(value: object) -> str:
    """A text that a worn card may have changed into another type; no decision depends on it."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def hours_of(pass_id: str, text: str | None) -> Schedule | None:
    """The schedule of a pass. Hours that this version cannot read make the pass never valid, not always valid."""
    if not text:
        return None
    try:
        return kept(text)
    except ScheduleInvalid:
        log.warning("пропуск %s: дни и часы не прочитаны: %s", pass_id, text)
        return NEVER

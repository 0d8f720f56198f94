"""From `passes.db` to the core's `PassList`: the first load reads everything, later ones only what has changed.

A list of 100,000 passes is read in about a second, but a resident's new pass must be at the barrier at once. Owned by
the thread that asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.passes import Pass, PassList, PassSource
from core.plates import PlateInvalid, canonical
from core.schedule import NEVER, Schedule, ScheduleInvalid, kept
from edge.store.errors import told_as_store_errors
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
    """Keeps the passes it has read, by id, and the list made of them: a later load costs what has changed."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._passes: dict[str, Pass] = {}
        self._list = PassList()
        self._spoiled: set[str] = set()
        self._seq = -1
        self._generation = -1

    @property
    def spoiled_blocks(self) -> tuple[str, ...]:
        """Plates prohibited by a line whose period cannot be read: the prohibition holds, and somebody should know."""
        held = (self._passes.get(key) for key in sorted(self._spoiled))
        return tuple(item.plate for item in held if item is not None and not item.revoked)

    def load(self) -> PassList:
        """The list as it is now. Raises StoreError; the caller then keeps the list it has."""
        with told_as_store_errors(self._path), self._db.atomic():  # one view of both tables and their counters
            cursor, synced_at, seq, generation = self._db.conn.execute(
                "SELECT cursor, synced_at, seq, generation FROM list_state"
            ).fetchone()
            known = self._seq if generation == self._generation else -1
            changed: dict[str, Pass | None] = {}
            cloud, local = (_CLOUD, _LOCAL) if has_rules(self._db) else (_CLOUD_BEFORE, _LOCAL_BEFORE)
            spoiled: set[str] = set()
            for row in self._db.conn.execute(cloud, (known,)):
                changed[f"cloud:{row[0]}"] = _readable(_cloud_pass, row, "cloud", spoiled, is_block=bool(row[5]))
            for row in self._db.conn.execute(local, (known,)):
                changed[f"local:{row[0]}"] = _readable(_local_pass, row, "local", spoiled, is_block=bool(row[6]))
        if known < 0:
            self._passes, self._list, self._spoiled = {}, PassList(), set()
        self._spoiled = (self._spoiled - changed.keys()) | spoiled
        # Nothing below can fail on the way: what was read whole is taken whole.
        gone = [self._passes[key] for key in changed if key in self._passes]
        come = {key: item for key, item in changed.items() if item is not None}
        self._list = self._list.changed(
            gone=gone, come=come.values(), version=cursor or f"local-{seq}", fetched_at=_fetched(synced_at)
        )
        for key in changed:
            self._passes.pop(key, None)
        self._passes |= come
        self._seq, self._generation = seq, generation
        return self._list


def _fetched(text: str | None) -> datetime | None:
    """When the list came; unknown where a worn card has spoiled it."""
    try:
        return moment(text)
    except (ValueError, TypeError):
        return None


def _readable(
    read: Callable[[tuple[Any, ...]], Pass | None],
    row: tuple[Any, ...],
    part: str,
    spoiled: set[str],
    *,
    is_block: bool,
) -> Pass | None:
    """The row's pass. One bad pass must not take the others with it: its period is wrong, or a worn card spoiled it.

    A permission that cannot be read permits nothing; a prohibition is not lost by that: begun, and without an end.
    """
    try:
        return read(row)
    except (ValueError, TypeError) as error:
        why = error
    if is_block:
        with suppress(ValueError, TypeError):
            block = read((*row[:2], None, None, *row[4:]))
            log.warning("запрет %s: срок не прочитан, запрет действует: %s", row[0], why)
            spoiled.add(f"{part}:{row[0]}")
            return block
    log.warning("пропуск %s не подойдёт никому: %s", row[0], why)
    return None


def _cloud_pass(row: tuple[Any, ...]) -> Pass | None:
    """None where the cloud's text cannot be a plate; what the pass was before it was edited must go all the same."""
    plate, hours = row[1], row[9]
    if hours and plate is None:
        with suppress(PlateInvalid):
            plate = canonical(row[10])
    if plate is None:
        return None
    return Pass(
        id=row[0],
        plate=plate,
        valid_from=moment(row[2]),
        valid_until=moment(row[3]),
        one_time=bool(row[4]),
        blocked=bool(row[5]),
        revoked=bool(row[6]),
        used=bool(row[7]),
        source=PassSource.CLOUD,
        note=row[8],
        hours=hours_of(row[0], hours),
    )


def _local_pass(row: tuple[Any, ...]) -> Pass:
    return Pass(
        id=row[0],
        plate=row[1],
        valid_from=moment(row[2]),
        valid_until=moment(row[3]),
        one_time=bool(row[5]),
        blocked=bool(row[6]),
        used=bool(row[7]),
        source=PassSource.LOCAL,
        note=row[4],
        hours=hours_of(row[0], row[8]),
    )


def hours_of(pass_id: str, text: str | None) -> Schedule | None:
    """Hours that this version cannot read are hours all the same: such a pass holds never."""
    if not text:
        return None
    try:
        return kept(text)
    except ScheduleInvalid:
        log.warning("пропуск %s: дни и часы не прочитаны: %s", pass_id, text)
        return NEVER

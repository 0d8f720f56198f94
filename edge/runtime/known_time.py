"""The latest moment that the box knows has passed, read from its disk; and the clock that all commands share.

A Pi without a battery-backed clock starts years in the past after a power cut without network. But what is already on
disk proves how far time has come: journal records, the list's last sync, local passes, file times. Any of them may be
missing; the latest one is the clock's floor.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.instant import Instant
from edge.runtime.clock import Clock
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.database import may_be_there, open_existing
from edge.store.errors import StoreError, told_as_store_errors
from edge.store.good_copy import good_copies
from edge.store.journal import Journal
from edge.store.place import StorePlace, find

_TIMESYNC = Path("/var/lib/systemd/timesync/clock")
"""timesyncd touches this file while it is synchronised."""

log = logging.getLogger(__name__)


def newest_known(place: StorePlace) -> datetime | None:
    """The latest moment found in the files of `place`; None on a box that has none yet."""
    return max((at for found in (_of_journal, _of_list, _of_files) for at in found(place)), default=None)


def now_of(state_dir: Path) -> Instant:
    """The current moment according to the running gate, otherwise by a clock with the same floor."""
    with contextlib.suppress(GateAbsent, ValueError):
        status = ControlClient(state_dir).status()
        if status.clock_trusted is not None:
            return Instant(time.monotonic(), datetime.fromisoformat(status.wall), status.clock_trusted)
    return clock_of(state_dir).now()


def clock_of(state_dir: Path) -> Clock:
    """A clock whose floor comes from the files of the folder."""
    return Clock(floor=newest_known(find(state_dir)))


def _of_journal(place: StorePlace) -> Iterator[datetime]:
    if not may_be_there(place.journal_file):
        return
    try:
        with Journal(place.journal_file, to_read=True) as journal:
            newest = journal.newest()
    except StoreError as error:
        log.warning("журнал не прочитан: %s", error)
        return
    if newest is not None:
        yield newest


def _of_list(place: StorePlace) -> Iterator[datetime]:
    path = place.passes_file
    if not may_be_there(path):
        return
    query = "SELECT synced_at FROM list_state UNION ALL SELECT max(added_at) FROM local_pass"
    try:
        with told_as_store_errors(path), contextlib.closing(open_existing(path)) as db:
            texts = [text for (text,) in db.conn.execute(query) if text]
    except (StoreError, sqlite3.Error) as error:
        log.debug("%s", error)  # the list's own reader reports the fault
        return
    for text in texts:
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                yield at


def _of_files(place: StorePlace) -> Iterator[datetime]:
    """When the files were last written. A clock that was behind then only makes the floor lower, which is harmless."""
    databases = (place.passes_file, place.journal_file)
    logs = (path.with_name(f"{path.name}-wal") for path in databases)
    for path in (*databases, *logs, *good_copies(place.passes_file), place.journal / "snapshots", _TIMESYNC):
        with contextlib.suppress(OSError, ValueError, OverflowError):
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC) - timedelta(seconds=1)

"""The newest moment that a box knows to have passed, read off its disk; and the one clock of all commands.

After a power cut without network a Pi wakes up years ago. What was written before that has passed: records, the list's
last word from the cloud, local passes, the files themselves. Each alone may be missing; the newest of them is the floor.
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
from edge.store.database import open_existing
from edge.store.errors import StoreError, told_as_store_errors
from edge.store.good_copy import good_copies
from edge.store.journal import Journal
from edge.store.place import StorePlace, find

_TIMESYNC = Path("/var/lib/systemd/timesync/clock")
"""timesyncd touches it while it is synchronised."""

log = logging.getLogger(__name__)


def newest_known(place: StorePlace) -> datetime | None:
    """The newest of all that the files of `place` tell; None on a box that has none yet."""
    return max((at for found in (_of_journal, _of_list, _of_files) for at in found(place)), default=None)


def now_of(state_dir: Path) -> Instant:
    """This moment as the gate of the folder has it: the running gate's clock, else one with the same floor."""
    with contextlib.suppress(GateAbsent, ValueError):
        status = ControlClient(state_dir).status()
        if status.clock_trusted is not None:
            return Instant(time.monotonic(), datetime.fromisoformat(status.wall), status.clock_trusted)
    return clock_of(state_dir).now()


def clock_of(state_dir: Path) -> Clock:
    """A clock with the floor of what the folder knows."""
    return Clock(floor=newest_known(find(state_dir)))


def _of_journal(place: StorePlace) -> Iterator[datetime]:
    if not place.journal_file.exists():
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
    if not path.exists():
        return
    query = "SELECT synced_at FROM list_state UNION ALL SELECT max(added_at) FROM local_pass"
    try:
        with told_as_store_errors(path), contextlib.closing(open_existing(path)) as db:
            texts = [text for (text,) in db.conn.execute(query) if text]
    except (StoreError, sqlite3.Error) as error:
        log.debug("%s", error)  # the list's own reader tells what ails it
        return
    for text in texts:
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                yield at


def _of_files(place: StorePlace) -> Iterator[datetime]:
    """When the files were last written, by a clock that may have been behind: as a floor that does no harm."""
    databases = (place.passes_file, place.journal_file)
    logs = (path.with_name(f"{path.name}-wal") for path in databases)
    for path in (*databases, *logs, *good_copies(place.passes_file), place.journal / "snapshots", _TIMESYNC):
        with contextlib.suppress(OSError, ValueError, OverflowError):
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC) - timedelta(seconds=1)

"""The gate's clock: monotonic time for durations, wall time that never runs behind what is known to have passed.

Any thread may ask. Whether the system's clock is to be believed is looked up at most once a second.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.events import Instant
from core.wallclock import FloorClock
from edge.store.errors import StoreError
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.journal import Journal

log = logging.getLogger(__name__)

RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
"""No gate of this version can live before this day."""

_TIME_ERROR = 5
_TIMEX_BYTES = 512  # larger than any struct timex
_SYNC_FILE = Path("/run/systemd/timesync/synchronized")
_RTC_SECONDS = Path("/sys/class/rtc/rtc0/since_epoch")
_BOARD_MODEL = Path("/proc/device-tree/model")
_RTC_SLACK_S = 120.0


def system_is_synchronised() -> bool:
    """Whether the system's wall clock can be believed.

    It can where the kernel says that somebody disciplines it (adjtimex without TIME_ERROR), where timesyncd has left
    its mark, where a clock with a battery agrees, and on a machine that is no single-board computer: those have a
    clock that runs on when the power is off.
    """
    if _SYNC_FILE.exists() or not _BOARD_MODEL.exists():
        return True
    try:
        timex = (ctypes.c_byte * _TIMEX_BYTES)()
        if ctypes.CDLL(None).adjtimex(timex) not in {-1, _TIME_ERROR}:
            return True
    except (OSError, AttributeError):
        pass
    try:
        return abs(float(_RTC_SECONDS.read_text(encoding="ascii")) - time.time()) < _RTC_SLACK_S
    except (OSError, ValueError):
        return False


def newest_record(state_dir: Path) -> datetime | None:
    """The newest moment the journal knows of: the clock never runs behind it."""
    path = state_dir / JOURNAL_FILE
    if not path.exists():
        return None
    try:
        with Journal(path) as journal:
            return journal.newest()
    except StoreError as error:
        log.warning("журнал не прочитан: %s", error)
        return None


class Clock:
    """`sync.seams.Clock`: asked by every thread, corrected by the sync threads."""

    def __init__(
        self,
        *,
        floor: datetime | None = None,
        mono: Callable[[], float] = time.monotonic,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
        synchronised: Callable[[], bool] = system_is_synchronised,
    ) -> None:
        """`floor`: the newest moment the journal knows of, if any."""
        self._mono = mono
        self._system = system
        self._ask = synchronised
        self._lock = threading.Lock()
        start = mono()
        self._floor = FloorClock(max(RELEASED, floor or RELEASED), start)
        self._server: FloorClock | None = None
        self._synchronised = synchronised()
        self._asked_at = start

    def now(self) -> Instant:
        mono = self._mono()
        with self._lock:
            if mono - self._asked_at >= 1.0:
                self._synchronised = self._ask()
                self._asked_at = mono
            instant = self._floor.instant(mono=mono, system=self._system(), synchronised=self._synchronised)
            if not instant.wall_trusted and self._server is not None:
                instant = Instant(mono, max(self._server.at(mono), self._floor.at(mono)), wall_trusted=True)
            self._floor = self._floor.raised(instant.wall, mono=mono)
            return instant

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        """The cloud's clock said `date` at `mono`; only an authenticated one makes ours trusted."""
        with self._lock:
            self._floor = self._floor.raised(date, mono=mono)
            if authenticated:
                self._server = FloorClock(date, mono)

"""The gate's clock: monotonic time for durations, wall time from the best available source (`core.wallclock`).

Any thread may ask. The state of the system clock is checked at most once a second.
"""

from __future__ import annotations

import ctypes
import platform
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.events import Instant
from core.wallclock import Source, System, WallClock

RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
"""Release date: the present cannot be earlier than this for this version."""

_TIME_ERROR = 5
_TIMEX_BYTES = 512  # larger than any struct timex
_SYNC_FILE = Path("/run/systemd/timesync/synchronized")
_RTC_SECONDS = Path("/sys/class/rtc/rtc0/since_epoch")
_BOARD_MODEL = Path("/proc/device-tree/model")
_RTC_SLACK_S = 120.0
_ORDINARY = frozenset({"x86_64", "i686", "i586", "i386"})


def system_source() -> Source:
    """How far the system's wall clock can be trusted.

    SYNCHRONISED: the kernel reports a disciplined clock (adjtimex without TIME_ERROR), or timesyncd has left its marker
    file. BATTERY: a battery-backed clock agrees with the system clock, or the machine is a PC, which keeps the time
    while the power is off. A board whose model is hidden, as within a container, is no PC.
    """
    if _SYNC_FILE.exists() or _disciplined():
        return Source.SYNCHRONISED
    if not _BOARD_MODEL.exists() and platform.machine() in _ORDINARY:
        return Source.BATTERY
    try:
        agrees = abs(float(_RTC_SECONDS.read_text(encoding="ascii")) - time.time()) < _RTC_SLACK_S
    except (OSError, ValueError):
        return Source.NONE
    return Source.BATTERY if agrees else Source.NONE


def _disciplined() -> bool:
    try:
        timex = (ctypes.c_byte * _TIMEX_BYTES)()
        return ctypes.CDLL(None).adjtimex(timex) not in {-1, _TIME_ERROR}
    except (OSError, AttributeError):
        return False


class Clock:
    """`sync.seams.Clock`: asked by every thread, corrected by the sync threads."""

    def __init__(
        self,
        *,
        floor: datetime | None = None,
        mono: Callable[[], float] = time.monotonic,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
        source: Callable[[], Source] = system_source,
        doubted: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`floor`: the latest moment known to have passed, if any. `doubted(what)`: a rejected date; '' = resolved."""
        self._mono = mono
        self._system = system
        self._ask = source
        self._doubted = doubted
        self._lock = threading.Lock()
        start = mono()
        self._state = WallClock.start(built=RELEASED, known=floor, mono=start)
        self._source = source()
        self._asked_at = start

    def now(self) -> Instant:
        with self._lock:
            mono = self._mono()
            if mono - self._asked_at >= 1.0:
                self._source = self._ask()
                self._asked_at = mono
            self._state, instant = self._state.look(mono=mono, system=System(self._system(), self._source))
            return instant

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        """The cloud's clock said `date` at time `mono`. Only an authenticated date can make our clock trusted."""
        with self._lock:
            before = self._state.doubt
            system = System(self._system(), self._source)
            self._state = self._state.heard(date, mono=mono, authenticated=authenticated, system=system)
            doubt = self._state.doubt
        if doubt != before:
            self._doubted(doubt)

"""A service that cannot start says why where it is looked for, and does not say it a hundred times a minute.

systemd starts each part of the gate anew for ever, the relay after half a second: with a mistake in the settings that was
a core and ten lines of log a second, and `systemctl status` had none of the reason: the journal no longer knows whose
the words of a process are that has gone by the time it reads them. So the reason is told to systemd too ("Status:"), and
the process stays a moment; with a mistake in the settings longer, but only until somebody has changed them.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from relay.process import sd_notify

SETTINGS_REST_S = 5.0
"""Below what a unit has for its start. At this pace a box does nothing else worse for it."""
REST_S = 1.0
"""Shorter than the relay's watchdog: whatever ended it, it is back in time."""
LOOK_S = 0.2
MOST_SYMBOLS = 300


def rest_after(
    why: str,
    argv: Sequence[str],
    *,
    settings: bool,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Tell systemd and wait a moment; nothing outside of a unit that listens. `settings`: they are what is wrong."""
    if "NOTIFY_SOCKET" not in os.environ:
        return
    for number in (signal.SIGTERM, signal.SIGINT):  # whoever stops the service now does not wait
        signal.signal(number, signal.SIG_DFL)
    sd_notify.tell(f"STATUS={one_line(why)}")
    file = named(argv) if settings else None
    before, end = stamp(file), clock() + (SETTINGS_REST_S if settings else REST_S)
    while clock() < end and stamp(file) == before:
        rest(LOOK_S)


def one_line(why: str) -> str:
    """The first of several mistakes, and how many more there are."""
    first, *more = why.strip().splitlines() or [""]
    return first[:MOST_SYMBOLS] + (f" (+{len(more)})" if more else "")


def named(argv: Sequence[str]) -> Path | None:
    """The settings that the unit names."""
    for word, following in pairwise(argv):
        if word == "--config":
            return Path(following)
    return None


def stamp(file: Path | None) -> tuple[int, ...]:
    """Another one when the file is another; empty where there is none to look at."""
    if file is None:
        return ()
    try:
        found = file.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid, found.st_gid)

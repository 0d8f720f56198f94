"""A service that cannot start reports the reason to systemd and waits a little before it exits.

systemd restarts each part of the gate for ever, the relay after half a second. A mistake in the settings used to cost one
CPU core and ten log lines a second, and `systemctl status` did not show the reason: journald cannot attribute lines to a
process that has exited by the time it reads them. So the reason also goes to systemd ("Status:"), and the process waits
before it exits. It waits longer if the settings are wrong, but only until somebody changes the file.
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
"""Shorter than a unit's start timeout. Restarts at this pace do not slow down anything else on the box."""
REST_S = 1.0
"""Shorter than the relay's watchdog: whatever ended the process, it is back in time."""
LOOK_S = 0.2
MOST_SYMBOLS = 300


def report_and_pause(
    why: str,
    argv: Sequence[str],
    *,
    settings: bool,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Report `why` to systemd, then wait. Does nothing without NOTIFY_SOCKET. `settings`: the settings are at fault."""
    if "NOTIFY_SOCKET" not in os.environ or "--off" in argv:  # a unit that is being stopped has only seconds
        return
    for number in (signal.SIGTERM, signal.SIGINT):  # stopping the service must not have to wait
        signal.signal(number, signal.SIG_DFL)
    sd_notify.notify(f"STATUS={one_line(why)}")
    file = named(argv) if settings else None
    before, end = stamp(file), clock() + (SETTINGS_REST_S if settings else REST_S)
    while clock() < end and stamp(file) == before:
        rest(LOOK_S)


def one_line(why: str) -> str:
    """The first line of `why`, and how many more there are."""
    first, *more = why.strip().splitlines() or [""]
    return first[:MOST_SYMBOLS] + (f" (+{len(more)})" if more else "")


def named(argv: Sequence[str]) -> Path | None:
    """The settings file named on the command line; None if there is none."""
    for word, following in pairwise(argv):
        if word == "--config":
            return Path(following)
    return None


def stamp(file: Path | None) -> tuple[int, ...]:
    """A fingerprint that changes when the file is changed or replaced; empty if there is no file to look at."""
    if file is None:
        return ()
    try:
        found = file.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid, found.st_gid)

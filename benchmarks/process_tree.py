"""The processes below a process, and the processor time of processes, from /proc (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def process_tree(pid: int) -> list[int]:
    """A process and all of its descendants."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += process_tree(int(child))
    return found


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, user and system, in seconds. Raises OSError if there is no such process."""
    return sum(_ticks(pid)[:2]) / _TICKS_A_SECOND


def cpu_with_children_s(pids: Iterable[int]) -> float:
    """The same of several processes together with those of their children that have ended. One that is gone counts 0."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            ticks += sum(_ticks(pid))
    return ticks / _TICKS_A_SECOND


def _ticks(pid: int) -> list[int]:
    """User and system time of a process, then both of its children that have ended, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]

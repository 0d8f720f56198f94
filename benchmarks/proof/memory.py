"""Memory of processes, in bytes: what would be free without them (proportional set size, from /proc)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def memory(pids: Iterable[int]) -> int:
    """The sum over these processes; pages that they share count once."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            total += _pss(f"{pid}")
    return total


def own_memory() -> int:
    return _pss("self")


def _pss(name: str) -> int:
    lines = Path(f"/proc/{name}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

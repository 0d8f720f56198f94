"""The processes below a process, from /proc."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def process_tree(pid: int) -> list[int]:
    """A process and all of its descendants."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += process_tree(int(child))
    return found

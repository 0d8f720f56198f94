"""Pictures of visits: `snapshots/2026-11-22/ID.jpg` (the frame) and `ID.plate.jpg` (the rectified plate).

A picture is written under a temporary name and renamed, so that a reader never sees half of one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from edge.store.database import may_be_there
from edge.store.errors import told_as_store_errors

SAFE_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stored picture: its path, its day and its size."""

    path: Path
    day: date
    size_bytes: int


class Snapshots:
    """The folder of pictures. Any thread may use it: its only state is the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, visit_id: str, at: datetime, jpeg: bytes, *, plate: bool = False) -> str:
        """Store one picture and return its name relative to the folder. Raises StoreFull, StoreReadOnly."""
        if not SAFE_NAME.fullmatch(visit_id):
            raise ValueError(f"not an id: {visit_id!r}")
        name = f"{at:%Y-%m-%d}/{visit_id}{'.plate' if plate else ''}.jpg"
        final = self.folder / name
        with told_as_store_errors(final):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            final.parent.mkdir(mode=0o700, exist_ok=True)
            partial = final.with_suffix(".part")
            try:
                partial.write_bytes(jpeg)
                partial.replace(final)
            except OSError:
                partial.unlink(missing_ok=True)
                raise
        return name

    def read(self, name: str) -> bytes | None:
        """The picture, or None if it is gone or the name leads out of the folder."""
        try:
            path = (self.folder / name).resolve()
            return path.read_bytes() if path.is_relative_to(self.folder.resolve()) else None
        except (OSError, ValueError):  # ValueError: a name with a zero byte
            return None

    def unreadable(self, name: str) -> bool:
        """Whether it may be there although it cannot be read now: a worn card, or a file of another user."""
        try:
            path = (self.folder / name).resolve()
        except (OSError, ValueError):  # no file has such a name
            return False
        return path.is_relative_to(self.folder.resolve()) and may_be_there(path)

    def remove(self, name: str) -> None:
        """Delete one picture; one that is already gone is no error."""
        (self.folder / name).unlink(missing_ok=True)

    def oldest_first(self) -> Iterator[Snapshot]:
        """Every stored picture, by day and then by time of writing."""
        for folder in sorted(self._day_folders()):
            day = date.fromisoformat(folder.name)
            with os.scandir(folder) as entries:
                found = sorted((entry.stat().st_mtime, entry.path, entry.stat().st_size) for entry in entries)
            for _, path, size in found:
                yield Snapshot(Path(path), day, size)

    def drop_empty_days(self) -> None:
        for folder in self._day_folders():
            if not any(folder.iterdir()):
                folder.rmdir()

    def _day_folders(self) -> Iterator[Path]:
        if not self.folder.is_dir():
            return
        for entry in self.folder.iterdir():
            if entry.is_dir() and re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry.name):
                yield entry

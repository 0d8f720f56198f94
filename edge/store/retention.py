"""Disk space: deletes what is too old or too much, and keeps a full disk cleanable.

Order of deletion: pictures past their days, pictures over the byte limit (oldest first), pictures while the disk is
below its floor of free space, then journal rows past their days, and the oldest over the journal's own limit. What goes
by its days needs a date that is believed; the limits in bytes hold without. SQLite needs free space to delete rows, because its
WAL grows first. So a ballast file is kept, deleted when the disk is full, and written again when there is space.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from edge.store.errors import told_as_store_errors
from edge.store.settings import StoreSettings
from edge.store.snapshots import Snapshots

MB = 1 << 20
NARROW_BYTES = 8 * MB
"""With less free space than this, SQLite's own files may not fit."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one round removed, and what is free afterwards."""

    snapshots: int
    free_bytes: int
    below_floor: bool


def free_bytes(folder: Path) -> int:
    """Bytes that an unprivileged user can still write where `folder` lies."""
    return shutil.disk_usage(folder).free


def prune_snapshots(snapshots: Snapshots, settings: StoreSettings, *, now: datetime | None) -> Pruned:
    """Delete pictures until the limits on age, bytes and free space hold. Raises StoreError.

    `now` is aware; None if nobody knows the date. Then no picture is too old: a clock years ahead must not delete them all.
    """
    with told_as_store_errors(snapshots.folder):
        return _prune(snapshots, settings, now)


def _prune(snapshots: Snapshots, settings: StoreSettings, now: datetime | None) -> Pruned:
    stored = list(snapshots.oldest_first())
    total = sum(item.size_bytes for item in stored)
    horizon = (now - timedelta(days=settings.keep_days)).date() if now is not None else date.min
    floor = settings.free_floor_mb * MB
    free = free_bytes(_existing(snapshots.folder))
    removed = 0
    for item in stored:
        if item.day >= horizon and total <= settings.snapshots_max_mb * MB and free >= floor:
            break
        try:
            item.path.unlink(missing_ok=True)
        except OSError:  # go on with the others
            continue
        total -= item.size_bytes
        free += item.size_bytes
        removed += 1
    snapshots.drop_empty_days()
    free = free_bytes(_existing(snapshots.folder))
    return Pruned(removed, free, below_floor=free < floor)


class Ballast:
    """A file of zeros that exists only to be deleted when the disk is full."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes

    @property
    def laid(self) -> bool:
        return self.path.exists()

    def lay(self, *, spare_bytes: int) -> bool:
        """Write the file if missing and if `spare_bytes` stay free. Returns whether it is there. Raises StoreError."""
        if self.laid or self.size_bytes == 0:
            return self.laid
        with told_as_store_errors(self.path):
            if free_bytes(_existing(self.path.parent)) < self.size_bytes + spare_bytes:
                return False
            self._write()
        return True

    def _write(self) -> None:
        partial = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                # Written in full, not sparse: deleting a sparse file would free nothing.
                for _ in range(self.size_bytes // MB):
                    file.write(bytes(MB))
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def drop(self) -> bool:
        """Delete the file. Returns whether that worked: it may be gone, or the disk read-only as well as full."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True


def make_room(ballast: Path) -> None:
    """Delete the ballast of a full disk before anything is opened: SQLite needs space even to read."""
    with contextlib.suppress(OSError):
        if free_bytes(ballast.parent) < NARROW_BYTES and Ballast(ballast, 0).drop():
            log.warning("%s: диск полон, запасной файл удалён", ballast.parent)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder

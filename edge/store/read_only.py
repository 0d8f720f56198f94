"""Reads the pass list without writing anything: for commands that only look, and for a gate whose disk is read-only.

SQLite cannot read a WAL where it cannot write beside it. There the database and its WAL are copied into memory; if even
that fails, the main file is read as it stands. A damaged or lost file is replaced by the good copy.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from core.passes.pass_list import PassList
from edge.language import say
from edge.store.database import may_be_there, open_existing
from edge.store.errors import StoreBroken, StoreError, told_as_store_errors
from edge.store.good_copy import is_lost, once_had_a_list, restore_good_copy
from edge.store.local_passes import LocalPass, LocalPasses
from edge.store.pass_loader import PassLoader
from edge.store.pass_schema import pass_migrations

SQLITE_HEADER_BYTES = 100


@dataclass(frozen=True, slots=True)
class ListRead:
    """The list, and where it came from."""

    passes: PassList
    local: tuple[LocalPass, ...]
    from_copy: bool = False
    """The file is lost or damaged; this is its last good copy."""


def read_list(path: Path) -> ListRead:
    """The list in `path`, by whatever way works; an empty one if there never was a list.

    Raises StoreError, also for a list that was lost: an empty file in its place is not an empty list.
    """
    if not may_be_there(path) and not once_had_a_list(path):
        return ListRead(PassList(), ())
    first: StoreError | None = None
    for way in (_beside, _copied, _as_it_stands, _good_copy):
        try:
            with told_as_store_errors(path):
                return way(path)
        except StoreError as error:
            first = first or error
    assert first is not None
    raise first


def _beside(path: Path) -> ListRead:
    _wants_content(path)
    return _all_of(open_existing(path), path)


def _copied(path: Path) -> ListRead:
    _wants_content(path)
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(f"{path.name}-wal"), copy.with_name(f"{copy.name}-wal"))
        return _all_of(Database(sqlite3.connect(copy)), path)


def _as_it_stands(path: Path) -> ListRead:
    _wants_content(path)
    return _all_of(Database(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)), path)


def _good_copy(path: Path) -> ListRead:
    db = Database(memory=True)
    pass_migrations.apply(db)
    if not restore_good_copy(db, path):
        db.close()
        raise StoreBroken(path, say("нет и целой копии"))
    found = _all_of(db, path)
    return ListRead(found.passes, found.local, from_copy=True)


def _all_of(db: Database, path: Path) -> ListRead:
    with contextlib.closing(db):
        found = ListRead(PassLoader(db, path).load(), LocalPasses(db, path).all())
        if not len(found.passes) and found.passes.fetched_at is None and is_lost(db, path):
            raise StoreBroken(path, say("список пропусков потерян, целой копии нет"))
        return found


def _wants_content(path: Path) -> None:
    """Raise StoreBroken for a missing or empty file. To SQLite an empty file is a new database, to us a lost list."""
    if not may_be_there(path):
        raise StoreBroken(path, say("файла нет"), damaged=True)
    if path.stat().st_size < SQLITE_HEADER_BYTES:
        raise StoreBroken(path, say("файл пуст"), damaged=True)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a fresh folder of our own in it

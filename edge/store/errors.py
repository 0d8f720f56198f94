"""What can go wrong with the disk. None of it may hold up the barrier: the caller reports it and goes on.

StoreError (GateError)
├── StoreFull (OSError)      no space left, below the reserved free space, or another failure to write
├── StoreReadOnly (OSError)  the disk, folder or file is not writable: a worn card, or another owner
├── StoreBroken (OSError)    the file cannot be read; a damaged one is set aside the next time it is opened
└── StoreLocked (OSError)    another process held the file longer than the busy timeout, or too many files are open
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import GateError
from core.words.system import system_words
from edge.language import say

CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
"""Error numbers that mean that a place is not writable."""


class StoreError(GateError):
    """Root of the store's errors; `path` is the file concerned."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path}: {why}")

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class StoreFull(StoreError, OSError):
    """There is no room for what should be written."""


class StoreReadOnly(StoreError, OSError):
    """The place can be read but not written."""


class StoreBroken(StoreError, OSError):
    """The file cannot be read as our database. `damaged`: its pages are corrupt; the next opening sets it aside."""

    def __init__(self, path: Path, why: str, *, damaged: bool = False) -> None:
        self.damaged = damaged
        super().__init__(path, why)


class StoreLocked(StoreError, OSError):
    """Another process holds the file."""


@contextmanager
def told_as_store_errors(path: Path) -> Iterator[None]:
    """Turn errors of sqlite3 and the file system into the errors above.

    SQLite's result codes: https://sqlite.org/rescode.html
    """
    try:
        yield
    except sqlite3.Error as error:
        code = (error.sqlite_errorcode if hasattr(error, "sqlite_errorcode") else 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise StoreFull(path, say("диск полон")) from error
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
            raise StoreReadOnly(path, say("сюда нельзя писать")) from error
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreLocked(path, say("файл занят другим процессом")) from error
        damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        raise StoreBroken(path, say("база не читается ({error})", error=error), damaged=damaged) from error
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise StoreLocked(path, say("не открывается ({strerror})", strerror=system_words(error))) from error
        if error.errno in CLOSED:
            raise StoreReadOnly(path, say("сюда нельзя писать ({strerror})", strerror=system_words(error))) from error
        raise StoreFull(path, say("нельзя записать ({strerror})", strerror=system_words(error))) from error

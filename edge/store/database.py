"""Opens SQLite files that must survive power cuts, full disks and their own corruption.

WAL mode, because readers (console, command line) must not stop the writer. `synchronous=FULL`, because after a power
cut the journal must contain every decision that was acted on. A damaged file is set aside with the time in its name and
replaced by a fresh one: a gate with an empty journal is better than no gate. The last few damaged files are kept for
analysis; a worn card damages files again and again, and they must not fill up what is left of it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from sqlite_utils import Database, Migrations

from edge.store.errors import StoreBroken, StoreLocked, told_as_store_errors

BUSY_TIMEOUT_S = 5.0
JOURNAL_SIZE_LIMIT_BYTES = 4 << 20
COMPANIONS = ("", "-wal", "-shm")
_LOOK_AGAIN_S = 0.02
_KEPT_ASIDE = 3
_OTHERS = 0o007

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A database for the thread that opened it. `set_aside` is where the damaged file went that it replaced, if any."""

    db: Database
    set_aside: Path | None = None
    identity: tuple[int, int] | None = None
    """Device and inode of the opened file; another file may have taken its name since (`identity_of`)."""


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file that has this name now; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def may_be_there(path: Path) -> bool:
    """False only if there is certainly no such file: a folder that cannot be read is not an empty one."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def open_database(path: Path, migrations: Migrations) -> Opened:
    """Open or create `path` and bring its schema up to date.

    Raises StoreFull, StoreReadOnly, StoreLocked, or StoreBroken if not even a fresh file can be made.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            with told_as_store_errors(path):
                return _open(path, migrations)
        except (StoreLocked, StoreBroken) as error:
            # Several may create the file at once. SQLite does not wait for a change of the journal mode, and a table
            # that another process has created meanwhile is simply there on the next attempt.
            made_by_another = isinstance(error, StoreLocked) or "already exists" in str(error)
            if not made_by_another or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)


def _open(path: Path, migrations: Migrations) -> Opened:
    _make_private(path)
    found = identity_of(path)
    damaged = found is not None and _is_damaged(path)
    # Another thread or process may have found the same damage and replaced the file: leave its fresh file alone.
    aside = _set_aside(path) if damaged and identity_of(path) == found else None
    db = _connect(path)
    try:
        migrations.apply(db)
    except BaseException:
        db.close()
        raise
    return Opened(db, aside, identity_of(path))


def _make_private(path: Path) -> None:
    """Restrict data about residents and their visits to the gate's own user and group, whatever the umask.

    SQLite gives the WAL the permissions of the database, so setting those is enough.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        for part in (path.with_name(path.name + companion) for companion in COMPANIONS):
            with suppress(OSError):  # from an earlier version, or owned by somebody else
                mode = part.stat().st_mode
                if mode & _OTHERS:
                    part.chmod(mode & 0o770)


def open_existing(path: Path) -> Database:
    """Open for reading next to the owner, without touching the schema. Raises StoreBroken if the file is missing."""
    with told_as_store_errors(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)
        connection.execute("PRAGMA query_only = on")
        return Database(connection)


def open_to_read(path: Path) -> Opened:
    """Open for reading, even where nothing can be written; then without the WAL, which cannot be read there.

    Raises StoreError. Raises PermissionError if the caller may not enter the folder: nothing is wrong with the file
    then.
    """
    try:
        path.stat()
    except PermissionError:
        raise
    except OSError as error:  # opening it, below, says what is wrong
        log.debug("%s: %s", path, error)
    with told_as_store_errors(path):
        db = open_existing(path)
        try:
            db.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
            db = Database(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True))
        return Opened(db, None, identity_of(path))


def _connect(path: Path) -> Database:
    db = Database(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S))
    try:
        db.enable_wal()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = on")
        db.execute(f"PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT_BYTES}")
    except BaseException:
        db.close()
        raise
    return db


def _is_damaged(path: Path) -> bool:
    """Read the schema and check the pages. A plain `select 1` proves nothing: it succeeds on a garbage file."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        # Busy, full or read-only is not damage. A malformed schema is reported as plain SQLITE_ERROR or as CORRUPT.
        code = error.sqlite_errorcode & 0xFF
        return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()
    return verdict is None or verdict[0] != "ok"


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.corrupt.{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt.{stamp}.{count}")
    for companion in COMPANIONS:
        part = path.with_name(path.name + companion)
        if part.exists():
            part.rename(aside.with_name(aside.name + companion))
    log.error("%s повреждён, отложен как %s; начат новый", path, aside.name)
    _forget_oldest(path, newest=aside)
    return aside


def _forget_oldest(path: Path, *, newest: Path) -> None:
    """Delete all but the last few damaged files. Failures to delete are ignored.

    Names alone would mislead: a gate that has lost its clock may stamp `newest` with a past date.
    """
    named = (
        file for file in path.parent.glob(f"{escape(path.name)}.corrupt.*") if not file.name.endswith(COMPANIONS[1:])
    )
    for file in sorted(file for file in named if file != newest)[: 1 - _KEPT_ASIDE]:
        for companion in COMPANIONS:
            with suppress(OSError):
                file.with_name(file.name + companion).unlink(missing_ok=True)

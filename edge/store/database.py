"""Opening a SQLite file that must survive power cuts, full disks and its own corruption.

WAL, because readers (console, command line) must not stop the writer; `synchronous=FULL`, because a decision that
was acted upon must be in the journal after a power cut. A damaged file is set aside with the time in its name and a
fresh one takes its place: a gate with an empty journal is better than no gate. The last few stay for whoever wants to look:
a worn card damages files again and again, and they must not fill what is left of it.
"""

from __future__ import annotations

import contextlib
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
    """A database ready for use by the thread that opened it; `set_aside` names the damaged file it replaced."""

    db: Database
    set_aside: Path | None = None
    identity: tuple[int, int] | None = None
    """Which file was opened; another may have taken its name since (`identity_of`)."""


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file lies under this name now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def may_be_there(path: Path) -> bool:
    """Whether a file has this name, or it cannot be seen whether one has: a closed folder is no empty one."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def open_database(path: Path, migrations: Migrations) -> Opened:
    """Open or create `path` and bring its schema up to date.

    Raises StoreFull, StoreLocked, or StoreBroken when not even a fresh file can be made.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            with told_as_store_errors(path):
                return _open(path, migrations)
        except (StoreLocked, StoreBroken) as error:
            # Several may make the file at once: SQLite does not wait for a change of the journal's mode, and a table
            # that another has made meanwhile is there at the next look.
            made_by_another = isinstance(error, StoreLocked) or "already exists" in str(error)
            if not made_by_another or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)


def _open(path: Path, migrations: Migrations) -> Opened:
    _make_private(path)
    found = identity_of(path)
    damaged = found is not None and _is_damaged(path)
    # Another thread or process may have met the same damage: what it has put in place must not go too.
    aside = _set_aside(path) if damaged and identity_of(path) == found else None
    db = _connect(path)
    try:
        migrations.apply(db)
    except BaseException:
        db.close()
        raise
    return Opened(db, aside, identity_of(path))


def _make_private(path: Path) -> None:
    """What names residents and their comings is for the gate's own user, whatever the umask says.

    SQLite gives its log the permissions of the database, so it is enough that the database is made with them.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        for part in (path.with_name(path.name + companion) for companion in COMPANIONS):
            with suppress(OSError):  # one of an earlier version, or of somebody else
                mode = part.stat().st_mode
                if mode & _OTHERS:
                    part.chmod(mode & 0o770)


def open_existing(path: Path) -> Database:
    """Open for reading beside the owner, without touching the schema. Raises StoreBroken when it is not there."""
    with told_as_store_errors(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)
        connection.execute("PRAGMA query_only = on")
        return Database(connection)


def open_to_read(path: Path) -> Opened:
    """Open for reading, also where nothing can be written: then without the log (`-wal`), which cannot be read there.

    Raises StoreError, and PermissionError where the folder is closed to whoever asks: no fault of the file.
    """
    with contextlib.suppress(FileNotFoundError):
        path.stat()
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
    """Read the schema and check the pages: `select 1` succeeds on a garbage file, so it proves nothing."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        # Busy, full or read-only is no damage; a malformed schema is reported as plain SQLITE_ERROR or CORRUPT.
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
    """Remove the damaged files beyond the last few. What cannot be removed stays: it stops nothing.

    By their names alone `newest` could be the oldest: a gate that has lost its clock stamps them with the past.
    """
    named = (
        file for file in path.parent.glob(f"{escape(path.name)}.corrupt.*") if not file.name.endswith(COMPANIONS[1:])
    )
    for file in sorted(file for file in named if file != newest)[: 1 - _KEPT_ASIDE]:
        for companion in COMPANIONS:
            with suppress(OSError):
                file.with_name(file.name + companion).unlink(missing_ok=True)

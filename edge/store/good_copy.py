"""The last good copies of the pass list: `passes.good.json` beside the database, and older ones beside it.

The first line holds the SHA-256 of the rest, the list's change counter and its number of passes. Then follow the tables
as JSON, one row per line, so that a long list is written and read row by row. The file is written atomically
(`edge.whole_file`): a power cut leaves the old copy or the new one. The previous copy is kept as `passes.good.1.json` if
the list shrinks to under half, and otherwise at most once a day, so that passes removed by mistake can be restored.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlite_utils import Database

from edge.store import copy_rows
from edge.store.database import may_be_there
from edge.store.errors import StoreFull, StoreLocked, StoreReadOnly, told_as_store_errors
from edge.whole_file import PRIVATE, whole_file

FIRST_TABLES = ("cloud_pass", "used_pass", "local_pass")
TABLES = (*FIRST_TABLES, "cloud_hours", "local_rule")
OLDER_COPIES = 3
KEPT_EVERY_S = 86400.0
MARK = "passes.kept"
"""Mark file: there has been a list on this box."""
_HEADER_BYTES = 200
_BY_LINES = "lines"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copied:
    """What `write_good_copy` did. `shrunk_from`: passes in the previous copy, if the list shrank to under half."""

    wrote: bool
    passes: int = 0
    shrunk_from: int | None = None


@dataclass(frozen=True, slots=True)
class _Header:
    digest: str
    seq: int
    passes: int | None
    """None if written by a version that did not count passes."""
    by_lines: bool = False
    """One row per line; earlier versions wrote everything on one line."""


def good_copy_path(database: Path) -> Path:
    """The newest copy."""
    return database.with_suffix(".good.json")


def good_copies(database: Path) -> tuple[Path, ...]:
    """All existing copies, newest first; they may be damaged."""
    names = [good_copy_path(database), *_older(database)]
    return tuple(path for path in names if may_be_there(path))


def once_had_a_list(database: Path) -> bool:
    """Whether this box has ever had a list. If there is none now, it was lost."""
    return bool(good_copies(database)) or may_be_there(database.parent / MARK)


def is_lost(db: Database, database: Path) -> bool:
    """Whether `db`, open in place of `database`, has never held a list although this box had one."""
    (seq,) = db.conn.execute("SELECT seq FROM list_state").fetchone()
    return not seq and copied_seq(database) != 0 and once_had_a_list(database)


def write_good_copy(db: Database, database: Path) -> Copied:
    """Write the copy if the list differs from the one in it. Raises StoreError."""
    path = good_copy_path(database)
    with told_as_store_errors(path):
        before = _header_of(path)
        with db.atomic():
            cursor, synced_at, seq = db.conn.execute("SELECT cursor, synced_at, seq FROM list_state").fetchone()
            if before is not None and before.seq == seq:
                return Copied(wrote=False)
            counts = (f"(SELECT count(*) FROM {table})" for table in ("cloud_pass", "local_pass", "local_rule"))  # noqa: S608
            (passes,) = db.conn.execute(f"SELECT {' + '.join(counts)}").fetchone()
            had = None if before is None else before.passes
            shrunk = had is not None and passes * 2 < had
            with whole_file(path, mode=PRIVATE) as file:
                _write(file, seq, passes, copy_rows.written(db, TABLES, cursor=cursor, synced_at=synced_at))
                if before is not None and (shrunk or _is_due(database)):
                    file.flush()
                    os.fsync(file.fileno())  # a full disk must fail here, before older copies move
                    _push_down(database)
        if passes:
            with suppress(OSError):
                (path.parent / MARK).touch(mode=0o600)
    return Copied(wrote=True, passes=passes, shrunk_from=had if shrunk else None)


def copied_seq(database: Path) -> int | None:
    """The change counter of the list in the newest copy; None if there is no copy or its header is damaged."""
    header = _header_of(good_copy_path(database))
    return None if header is None else header.seq


def restore_good_copy(db: Database, database: Path) -> bool:
    """Fill the tables from the newest undamaged copy. Returns whether there was one. Raises StoreError."""
    for path in good_copies(database):
        try:
            with path.open("rb") as file:
                read = _parsed(file.readline())
                if read is None or copy_rows.digest(file) != read.digest:
                    log.error("%s не годится: контрольная сумма не сходится", path)
                    continue
                file.seek(0)
                file.readline()
                with told_as_store_errors(database), db.atomic():
                    _fill(db, copy_rows.read(file, by_lines=read.by_lines), seq=read.seq)
        except (StoreFull, StoreReadOnly, StoreLocked):
            raise  # a problem of the disk, not of the copy
        except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
            # Also StoreBroken: rows of another version that do not fit these tables.
            log.error("%s не годится: %s", path, error)  # noqa: TRY400  # the damage is the news, not our stack
            continue
        return True
    return False


def _fill(db: Database, copy: copy_rows.Copy, *, seq: int) -> None:
    for table in TABLES:
        db.conn.execute(f"DELETE FROM {table}")  # noqa: S608  # our own names
    had = set[str]()
    for table, row in copy.rows:
        had.add(table)
        if row is not None and table in TABLES:
            db.conn.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608  # our own names
    if not had >= set(FIRST_TABLES):
        raise KeyError(*FIRST_TABLES)
    # A copy from before the later tables lacks their content: clear the cursor, so that the list is pulled again.
    cursor = copy.cursor if had >= set(TABLES) else ""
    # Count on from the copy: a lower counter could reach the copy's value again with a different list.
    db.conn.execute(
        "UPDATE list_state SET cursor = ?, synced_at = ?, staging_cursor = NULL, seq = max(seq, ?) + 1,"
        " generation = generation + 1",
        (cursor, copy.synced_at, seq),
    )


def _older(database: Path) -> list[Path]:
    return [database.with_suffix(f".good.{number}.json") for number in range(1, OLDER_COPIES + 1)]


def _is_due(database: Path) -> bool:
    """Whether the newest of the older copies is a day old, or there is none."""
    try:
        return time.time() - _older(database)[0].stat().st_mtime >= KEPT_EVERY_S
    except OSError:
        return True


def _push_down(database: Path) -> None:
    """Copy the newest copy to the first of the older ones; it also stays under its own name."""
    older = _older(database)
    for path, next_path in zip(older[-2::-1], older[:0:-1], strict=True):
        with suppress(FileNotFoundError):
            path.replace(next_path)
    partial = older[0].with_suffix(".part")
    shutil.copy(good_copy_path(database), partial)  # with its permissions
    partial.replace(older[0])


def _write(file: BinaryIO, seq: int, passes: int, body: Iterable[bytes]) -> None:
    digest = hashlib.sha256()
    file.write(_header(digest.hexdigest(), seq, passes))
    for part in body:
        digest.update(part)
        file.write(part)
    file.write(b"\n")
    file.seek(0)
    file.write(_header(digest.hexdigest(), seq, passes))  # same length as the placeholder


def _header(digest: str, seq: int, passes: int) -> bytes:
    return f"{digest} {seq} {passes} {_BY_LINES}\n".encode()


def _header_of(path: Path) -> _Header | None:
    try:
        with path.open("rb") as file:
            return _parsed(file.readline(_HEADER_BYTES))
    except FileNotFoundError:
        return None


def _parsed(line: bytes) -> _Header | None:
    words: Iterator[bytes] = iter(line.split())
    try:
        digest, seq = next(words).decode("ascii"), int(next(words))
        passes = next(words, None)
        by_lines = next(words, b"") == _BY_LINES.encode()
        return _Header(digest, seq, None if passes is None else int(passes), by_lines)
    except (StopIteration, ValueError):
        return None

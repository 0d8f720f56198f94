"""The last good copy of the pass list: `passes.good.json` beside the database.

Two lines: the SHA-256 of the second with the list's change counter, and the tables as JSON. It is written beside its name, synced and renamed, with
the folder synced after, so that a power cut leaves the old copy or the new one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

from sqlite_utils import Database

from edge.store.errors import told_as_store_errors

TABLES = ("cloud_pass", "used_pass", "local_pass")

log = logging.getLogger(__name__)


def good_copy_path(database: Path) -> Path:
    return database.with_suffix(".good.json")


def write_good_copy(db: Database, database: Path) -> bool:
    """Write the copy if the list differs from the one in it. Tells whether it wrote. Raises StoreError."""
    path = good_copy_path(database)
    with told_as_store_errors(path):
        with db.atomic():
            cursor, synced_at, seq = db.conn.execute("SELECT cursor, synced_at, seq FROM list_state").fetchone()
            if _seq_of(path) == seq:
                return False
            tables = {
                table: db.conn.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # our own names
                for table in TABLES
            }
        body = json.dumps({"cursor": cursor, "synced_at": synced_at, "tables": tables}, ensure_ascii=False).encode()
        header = f"{hashlib.sha256(body).hexdigest()} {seq}\n".encode()
        partial = path.with_suffix(".part")
        try:
            with partial.open("wb") as file:
                file.write(header + body + b"\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return True


def restore_good_copy(db: Database, database: Path) -> bool:
    """Fill the fresh tables from the copy. Tells whether there was a whole one."""
    path = good_copy_path(database)
    try:
        header, body = path.read_bytes().rstrip(b"\n").split(b"\n", 1)
        if hashlib.sha256(body).hexdigest().encode() != header.split()[0]:
            log.error("%s не годится: контрольная сумма не сходится", path)
            return False
        copy = json.loads(body)
        with told_as_store_errors(database), db.atomic():
            for table in TABLES:
                for row in copy["tables"][table]:
                    marks = ", ".join("?" * len(row))
                    db.conn.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608  # our own names
            # Counted on from the copy: a lower count could meet the copy's again, with another list behind it.
            db.conn.execute(
                "UPDATE list_state SET cursor = ?, synced_at = ?, seq = ?, generation = 1",
                (copy["cursor"], copy["synced_at"], int(header.split()[1]) + 1),
            )
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        log.error("%s не годится: %s", path, error)  # noqa: TRY400  # the damage is the news, not our stack
        return False
    return True


def _seq_of(path: Path) -> int | None:
    """The change counter of the list in the copy; None when there is no copy to speak of."""
    try:
        with path.open("rb") as file:
            return int(file.readline(200).split()[1])
    except (FileNotFoundError, ValueError, IndexError):
        return None

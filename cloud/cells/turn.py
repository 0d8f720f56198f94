"""One command at a time for one territory: a lock at both cells that the operating system ends with its process (ADR 196).

A lease in a table would outlive a killed command until it ends, and a slow command would have to renew it. What is used
here ends by itself with the process: a transaction that holds an advisory lock, or a locked file beside the database.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from cloud.cells.cell import Cell
from cloud.cells.errors import TakenOver
from cloud.db.engine import Database

_NOTICED_MS = 1500
"""The server notices a moment later that a command was killed: its lock is waited for that long before it is another's."""
_LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE after `lock_timeout` (PostgreSQL, appendix A)."""
Check = Callable[[], None]
"""Raises `SQLAlchemyError` if the lock has been lost, with its connection."""


@contextmanager
def turn(code: str, *cells: Cell) -> Iterator[Check]:
    """The right to move the territory with this code in or out of these cells. Raises TakenOver if another command has it."""
    with ExitStack() as held:
        checks = [held.enter_context(_held(cell.database, code)) for cell in cells]

        def check() -> None:
            for one in checks:
                one()

        yield check


@contextmanager
def _held(database: Database, code: str) -> Iterator[Check]:
    with _file(database, code) if database.is_sqlite else _transaction(database, code) as check:
        yield check


@contextmanager
def _file(database: Database, code: str) -> Iterator[Check]:
    """`okter.db.moving-123-456`. It stays, empty: if it were removed, two commands could lock two files of one name."""
    path = Path(f"{make_url(database.url).database}.moving-{code}")
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenOver(code) from None
        yield lambda: None


@contextmanager
def _transaction(database: Database, code: str) -> Iterator[Check]:
    """An open transaction, because a pgbouncer may give every transaction another connection."""
    with database.engine.connect() as connection:
        number = int.from_bytes(hashlib.sha256(f"okter move {code}".encode()).digest()[:8], signed=True)
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text(f"SET LOCAL lock_timeout = {_NOTICED_MS}"))
        try:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise TakenOver(code) from None
        yield lambda: connection.execute(text("SELECT 1")).close()

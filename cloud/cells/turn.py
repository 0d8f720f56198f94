"""One command at a time for one territory: a lock at both cells that ends with its process, or its host (ADR 196, 209).

A lease in a table would outlive a killed command until it ends. What is used here ends by itself: a transaction that holds
an advisory lock, or a locked file beside the database. Of a host that lost its power or its network PostgreSQL may hear
nothing for hours, so the holder of an advisory lock has to ping the server every few seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.cells.cell import Cell
from cloud.cells.errors import TakenOver
from cloud.db.engine import Database

_NOTICED_S = 1.5
"""The server notices a moment later that a command was killed: its lock is waited for that long before it is another's."""
_AGAIN_S = 0.05
_PING_S = 10.0
"""How often the holder of a lock pings the server, in seconds."""
_SILENT_S = 60.0
"""PostgreSQL ends the connection of a holder that has said nothing for so long, and so its lock."""
_LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE after `lock_timeout` (PostgreSQL, appendix A)."""
_HELD = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND (classid::bigint << 32 | objid::bigint) = :number
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""How pg_locks shows the 64 bits of a lock: PostgreSQL's manual, 54.12."""
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


def is_taken(database: Database, code: str) -> bool:
    """Whether a command has the turn at this cell just now."""
    if not database.is_sqlite:
        row = database.one(_HELD, {"number": _number(code)})
        return row is not None and row[0] > 0
    try:
        with _path(database, code).open() as file:
            return not _locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


@contextmanager
def _held(database: Database, code: str) -> Iterator[Check]:
    with _file(database, code) if database.is_sqlite else _transaction(database, code) as check:
        yield check


@contextmanager
def _file(database: Database, code: str) -> Iterator[Check]:
    """The file stays, empty: if it were removed, two commands could lock two files of one name."""
    with _path(database, code).open("a") as file:
        deadline = time.monotonic() + _NOTICED_S
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise TakenOver(code)
            time.sleep(_AGAIN_S)  # `is_taken` may have it for a moment
        yield lambda: None


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(database: Database, code: str) -> Path:
    """`okter.db.moving-123-456`."""
    return Path(f"{make_url(database.url).database}.moving-{code}")


@contextmanager
def _transaction(database: Database, code: str) -> Iterator[Check]:
    """An open transaction, because a pgbouncer may give every transaction another connection."""
    with database.engine.connect() as connection:
        connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {round(_SILENT_S * 1000)}"))
        connection.execute(text(f"SET LOCAL lock_timeout = {round(_NOTICED_S * 1000)}"))
        try:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _number(code)})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise TakenOver(code) from None
        _bound_answers(connection)
        with _kept_alive(connection, code) as check:
            yield check


def _number(code: str) -> int:
    """The number of the advisory lock, signed, 64 bits."""
    return int.from_bytes(hashlib.sha256(f"okter move {code}".encode()).digest()[:8], signed=True)


def _bound_answers(connection: Connection) -> None:
    """The lock's connection fails when its network is gone for `_SILENT_S`, not after the kernel's quarter of an hour.

    The server may be beside the command, behind a Unix socket, which knows no such option.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    with socket.socket(fileno=fcntl.fcntl(driver.fileno(), fcntl.F_DUPFD_CLOEXEC)) as mine, suppress(OSError):
        mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(_SILENT_S * 1000))


@contextmanager
def _kept_alive(connection: Connection, code: str) -> Iterator[Check]:
    """Owns the connection and the thread `turn-CODE`, which pings the server every `_PING_S`."""
    one_at_a_time, over = threading.Lock(), threading.Event()

    def ping() -> None:
        with one_at_a_time:
            connection.execute(text("SELECT 1")).close()

    def keep_pinging() -> None:
        with suppress(SQLAlchemyError):  # the lock is lost, and whoever asks next gets the same error
            while not over.wait(_PING_S):
                ping()

    thread = threading.Thread(target=keep_pinging, name=f"turn-{code}", daemon=True)
    thread.start()
    try:
        yield ping
    finally:
        over.set()
        thread.join()

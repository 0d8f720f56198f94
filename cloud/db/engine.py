"""The engine: SQLite with an immediate write lock, or PostgreSQL by URL. Sessions belong to one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import URL, Connection, Engine, TextClause, UpdateBase, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from cloud.db.reticence import say_no_values

BUSY_TIMEOUT_S = 15.0
IDLE_S = 1.0
"""A pooled connection that was used more recently than this is used again without asking whether it still lives."""


def database_url(data_dir: Path, url: str | None) -> str:
    """The configured URL with the driver that this project ships; without one, SQLite in the data folder."""
    if url is None:
        return f"sqlite:///{data_dir / 'okter.db'}"
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def conninfo(url: str) -> str:
    """The URL of a PostgreSQL database in the driver's own form."""
    plain, _ = _without_prepare(url)
    return plain.set(drivername="postgresql").render_as_string(hide_password=False)


def _without_prepare(url: str) -> tuple[URL, dict[str, Any]]:
    """Handles our own URL parameter `prepare=off`: no prepared statements on the server.

    Behind pgbouncer in transaction mode the next statement may reach another server process, which does not have them.
    """
    parsed = make_url(url)
    off = parsed.query.get("prepare") == "off"
    return parsed.difference_update_query(["prepare"]), {"prepare_threshold": None} if off else {}


def make_engine(url: str) -> Engine:
    """An engine. SQLite connections wait for each other instead of failing."""
    if not url.startswith("sqlite"):
        plain, driver = _without_prepare(url)
        made = create_engine(plain, pool_size=10, max_overflow=20, connect_args=driver, hide_parameters=True)
        say_no_values(made)
        _ask_idle_ones(made)
        return made
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves: the driver's own would come too late
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own lower() knows only ASCII: a search for «дом» would not find «Дом».
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that has read before it writes cannot wait for another writer (SQLITE_BUSY_SNAPSHOT). So one
        # that is going to write says so at its beginning.
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _ask_idle_ones(engine: Engine) -> None:
    """A connection taken from the pool is asked whether it still lives, like with `pool_pre_ping`, unless it was just used.

    The question is a round trip of its own, a third of what the statement of a poll costs.
    """

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def _used(_connection: object, record: Any) -> None:
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _proxy: object) -> None:
        if monotonic() - record.info.get("used", 0.0) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            if not engine.dialect.is_disconnect(error, connection, None):
                raise
            raise InvalidatePoolError from error  # the pool then connects anew, as for all its connections


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


@cache
def _statement(sql: str) -> TextClause:
    return text(sql)


class Database:
    """Sessions over one engine: `read()` sees a snapshot, `write()` commits at its end or leaves no trace."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.readers = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite's own waiting polls and is unfair, so threads of one process queue here instead.
        self._turn = Lock() if self.is_sqlite else nullcontext()
        self._plain = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.writers = sessionmaker(self.engine.execution_options(immediate=True), expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.readers() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._turn, self.writers.begin() as session:
            yield session

    def one(self, sql: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The one row of a query that runs thousands of times a minute; None if there is none.

        `sql` is SQL with `:names`. It runs without a session, and on PostgreSQL without a transaction, since a single
        statement is atomic by itself.
        """
        with self._plain.connect() as connection:
            row = connection.execute(_statement(sql), values).one_or_none()
            return None if row is None else tuple(row)

    def change(self, statement: UpdateBase, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The one row that a single writing statement returns; None if it found nothing to write.

        Like `one`, it needs no session, and on PostgreSQL no transaction around it. Nobody is told of it at commit.
        """
        with self._turn, self._plain.execution_options(immediate=True).begin() as connection:
            row = connection.execute(statement, values).one_or_none()
            return None if row is None else tuple(row)

    def close(self) -> None:
        self.engine.dispose()

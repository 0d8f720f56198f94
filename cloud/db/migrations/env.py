"""Run by Alembic: passes on the engine given to `cloud.db.migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection, Engine, text

from cloud.db.base import TRIGRAMS
from cloud.db.models import Base

engine = context.config.attributes["engine"]
assert isinstance(engine, Engine)


def _is_here(name: str | None, kind: str, _parents: object) -> bool:
    """Trigram indexes exist only on PostgreSQL, and there only where its extensions may be used."""
    return not (kind == "index" and (name or "").endswith(TRIGRAMS) and engine.dialect.name == "sqlite")


@contextmanager
def _copied_without_cascades(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off during a migration.

    SQLite alters a table by copying it and dropping the old one, which would delete all rows that refer to it. Every
    reference is checked before the commit instead (https://sqlite.org/lang_altertable.html, 7).
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")  # has an effect only outside of a transaction
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _triggers_stand_again(connection: Connection) -> Iterator[None]:
    """Drop the triggers of SQLite during a migration and restore them afterwards.

    A table that SQLite copies loses its triggers, and a trigger on a table that is missing just then aborts the copy.
    The only triggers are those of a territory frozen for its move (ADR 146), which must stay frozen during a migration.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    found = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    here = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    for _, table, words in found:
        if table in here:  # it may be one that an earlier version does not have
            connection.exec_driver_sql(words)


def _check_references(connection: Connection) -> None:
    if engine.dialect.name == "sqlite" and (lost := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise RuntimeError(
            f"the migration would leave a row of {lost[0]} without its row of {lost[2]}: nothing was changed"
        )


with engine.execution_options(immediate=True).connect() as connection, _copied_without_cascades(connection):
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",  # SQLite alters a table by copying it
        compare_type=True,
        transactional_ddl=True,  # SQLite can roll back DDL too: an interrupted upgrade changes nothing
        include_name=_is_here,
        include_object=lambda _object, name, kind, *_: _is_here(name, kind, {}),
    )
    with context.begin_transaction():
        if (
            engine.dialect.name == "postgresql"
        ):  # if several hosts start together, one migrates and the others find it done
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('okter-migrate'))"))
        with _triggers_stand_again(connection):
            context.run_migrations()
        _check_references(connection)

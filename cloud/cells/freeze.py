"""Freezes a territory: the database itself rejects every write to its rows (ADR 146).

Checking a flag would not be enough: a transaction that checked it earlier could commit after the copy was read. Creating a
trigger waits for the transactions that write to its table, and applies to every later one, whichever module issues it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from cloud.cells.inventory import PARTS, TERRITORIES, Part
from cloud.db.engine import Database

MARK = "okter: this territory is moving"
AGAIN_S = 5
"""Seconds after which a rejected caller may retry."""
LOCK_S = 2
"""Lock timeout for one table. It is short because all writers of the table, of any territory, queue behind our request."""
TRIES = 60
LOCKED = "55P03"
"""PostgreSQL's `lock_not_available`."""
_OPERATIONS = ("INSERT", "UPDATE", "DELETE")
_ANY = rf"okter_frozen_([0-9]+)_{TERRITORIES}(?:_update)?"
"""One trigger name per frozen territory: `territories` is frozen first, and all tables are thawed together."""


def is_frozen(error: DBAPIError) -> bool:
    """Whether a statement failed because its territory is moving."""
    return isinstance(error, IntegrityError) and MARK in str(error.orig)


def frozen(database: Database) -> frozenset[int]:
    """The ids of the territories that are frozen now. Jobs that go through all territories skip these."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'okter%'"
    )
    with database.read() as session:
        found = [re.fullmatch(_ANY, name) for name in session.scalars(text(names))]
    return frozenset(int(name[1]) for name in found if name)


def freeze(database: Database, territory_id: int, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Freezes the territory. Once this returns, none of its rows change. Calling it again is harmless.

    Each table is frozen in its own transaction, so that this cannot deadlock with a transaction that holds one table and
    wants the next. Raises OperationalError if others keep a table locked for about two minutes (`TRIES` × `LOCK_S`).
    """
    for part in PARTS:
        for attempt in range(1, TRIES + 1):
            try:
                with database.write() as session:
                    if not database.is_sqlite:
                        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_S}s'"))
                    for statement in _made(part, territory_id, sqlite=database.is_sqlite):
                        session.execute(text(statement))
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", "") != LOCKED or attempt == TRIES:
                    raise
                pause(0.2)  # let the writers that queued behind us go first


def thaw(session: Session, territory_id: int, *, sqlite: bool) -> None:
    """Removes the triggers in the session's transaction. Writes are allowed again once it commits."""
    for part in PARTS:
        name = _name(part, territory_id)
        if sqlite:
            for operation in _OPERATIONS:
                session.execute(text(f"DROP TRIGGER IF EXISTS {name}_{operation.lower()}"))
        else:
            session.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {part.table}"))
            session.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))


def _name(part: Part, territory_id: int) -> str:
    return f"okter_frozen_{int(territory_id)}_{part.table}"


def _made(part: Part, territory_id: int, *, sqlite: bool) -> list[str]:
    """The DDL of one table's trigger. It holds only our own identifiers and an integer, so there is nothing to escape."""
    name = _name(part, territory_id)
    old, new = (_condition(part, territory_id, row) for row in ("OLD", "NEW"))
    if sqlite:
        when = {"INSERT": new, "UPDATE": f"({old}) OR ({new})", "DELETE": old}
        return [
            f"CREATE TRIGGER IF NOT EXISTS {name}_{operation.lower()} BEFORE {operation} ON {part.table}"
            f" WHEN {when[operation]} BEGIN SELECT RAISE(ABORT, '{MARK}'); END"
            for operation in _OPERATIONS
        ]
    refuse = f"RAISE EXCEPTION '{MARK}' USING ERRCODE = 'integrity_constraint_violation';"
    function = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN IF {old} THEN {refuse} END IF; END IF;"
        f" IF TG_OP <> 'DELETE' THEN IF {new} THEN {refuse} END IF; RETURN NEW; END IF;"
        " RETURN OLD; END $$"
    )
    operations = " OR ".join(_OPERATIONS)
    trigger = f"CREATE TRIGGER {name} BEFORE {operations} ON {part.table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    return [function, f"DROP TRIGGER IF EXISTS {name} ON {part.table}", trigger]


def _condition(part: Part, territory_id: int, row: str) -> str:
    number = int(territory_id)
    if part.table == TERRITORIES or part.refs[part.belongs] == TERRITORIES:
        return f"{row}.{part.belongs} = {number}"
    parent = part.refs[part.belongs]
    return f"{row}.{part.belongs} IN (SELECT id FROM {parent} WHERE territory_id = {number})"  # noqa: S608  # our own words

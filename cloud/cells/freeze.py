"""A frozen territory: the database itself refuses every write to what belongs to it (ADR 146).

A look at a flag would not do: a transaction that looked before may commit after the copy was read. Making a trigger waits
for the transactions that write to its table, and every later one meets it, whichever module wrote the statement.
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
"""Seconds after which whoever was refused may try again."""
LOCK_S = 2
"""How long the table of all territories may be waited for at a time: whoever writes to it waits behind us."""
TRIES = 60
LOCKED = "55P03"
"""PostgreSQL's `lock_not_available`."""
_OPERATIONS = ("INSERT", "UPDATE", "DELETE")
_ANY = rf"okter_frozen_([0-9]+)_{TERRITORIES}(?:_update)?"
"""Of each frozen territory one trigger: that table is frozen first, and all thaw together."""


def is_frozen(error: DBAPIError) -> bool:
    """Whether a statement failed because its territory is moving."""
    return isinstance(error, IntegrityError) and MARK in str(error.orig)


def frozen(database: Database) -> frozenset[int]:
    """The territories that are frozen now: whoever goes through all of them goes around these."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger"
    )
    with database.read() as session:
        found = [re.fullmatch(_ANY, name) for name in session.scalars(text(names))]
    return frozenset(int(name[1]) for name in found if name)


def freeze(database: Database, territory_id: int, *, pause: Callable[[float], None] = time.sleep) -> None:
    """From the return on nothing of the territory changes. Done again it changes nothing.

    Table by table: a transaction that holds one and wants the next cannot wait for us in a circle. Raises
    OperationalError when a table stays locked by others for two minutes.
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
                pause(0.2)  # those behind us have their turn


def thaw(session: Session, territory_id: int, *, sqlite: bool) -> None:
    """Within the session's transaction: whatever may be written again is so at its commit."""
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
    """DDL; everything in it is our own word or a number."""
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

"""A move and what two cells hold of a territory, for tests."""

from __future__ import annotations

from sqlalchemy import select

from cloud.cells.inventory import PARTS, TABLES, within
from cloud.cells.move import Move
from cloud.db.models import (
    Account,
    Pass,
    Territory,
)
from tests.cloud.cells.conftest import Pair

STEPS = ("begin", "copy", "freeze", "catch up", "open", "leave", "announce", "clear")
TAKEN_BACK = STEPS[:4]


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


def told(cell, code: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a territory without numbers of the cell's own, so that two cells can be compared."""
    found = {}
    with cell.database.read() as session:
        territory_id = session.scalar(select(Territory.id).where(Territory.code == code))
        assert territory_id is not None
        for part in PARTS:
            own = {*part.refs, *(() if part.keeps_key else ("id",)), "snapshot_path"}
            columns = [column for column in TABLES[part.table].c if column.name not in own]
            rows = session.execute(select(*columns).where(within(part, territory_id)))
            found[part.table] = sorted((tuple(row) for row in rows), key=repr)
    found["audit"] = [row for row in found["audit"] if "territory-arrived" not in row]
    return found


def owners(cell, code: str) -> list[tuple[str, str]]:
    with cell.database.read() as session:
        query = (
            select(Pass.plate, Account.email)
            .join(Account, Account.id == Pass.owner_id)
            .join(Territory, Territory.id == Pass.territory_id)
            .where(Territory.code == code)
        )
        return sorted(tuple(row) for row in session.execute(query))


def move(pair: Pair, **words) -> Move:
    return Move(pair.east, pair.west, pair.code, **words)

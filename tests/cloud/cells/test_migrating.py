"""An upgrade while a territory is frozen: a move that was cut off is finished by the newer program."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from cloud.cells import freeze as freezing
from cloud.cells.freeze import freeze, frozen, is_frozen, thaw
from cloud.cells.inventory import PARTS
from cloud.db.engine import Database
from cloud.db.migrate import downgrade, migrate
from cloud.db.models import Gate, GateEvent, Territory
from tests.cloud.places import place_in

BEFORE = "0027"
"""The version after it alters the table of territories, which SQLite does by copying it."""


def changes(database: Database, territory_id: int) -> dict[str, str]:
    """What becomes of a write to each of three tables of a territory."""
    found = {}
    for kind, key, value in (
        (Territory, Territory.id, {"name": "Другая"}),
        (Gate, Gate.territory_id, {"name": "Другие"}),
        (GateEvent, GateEvent.territory_id, {"plate": "A111AA77"}),
    ):
        try:
            with database.write() as session:
                assert session.query(kind).filter(key == territory_id).update(value)
            found[kind.__tablename__] = "written"
        except IntegrityError as error:
            found[kind.__tablename__] = "refused" if is_frozen(error) else str(error)
    return found


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_frozen_territory_stays_frozen_through_a_migration(database, way, monkeypatch):
    """Whatever a migration does with the tables, the database still refuses writes to it, and to no other, until it thaws."""
    with database.write() as session:
        moving = place_in(session, "e1").territory.id
        other = place_in(session, "e2").territory.id
    if way == "up":
        downgrade(database.engine, BEFORE)
        here = inspect(database.engine).get_table_names()  # the program of then knew no others
        monkeypatch.setattr(freezing, "PARTS", [part for part in PARTS if part.table in here])
    freeze(database, moving)
    monkeypatch.undo()
    (migrate if way == "up" else downgrade)(database.engine, *(() if way == "up" else (BEFORE,)))
    if way == "down":
        migrate(database.engine)

    assert {moving} == frozen(database)
    assert {"territories": "refused", "gates": "refused", "gate_events": "refused"} == changes(database, moving)
    assert {"territories": "written", "gates": "written", "gate_events": "written"} == changes(database, other)
    with database.write() as session:
        thaw(session, moving, sqlite=database.is_sqlite)
    assert {"territories": "written", "gates": "written", "gate_events": "written"} == changes(database, moving)

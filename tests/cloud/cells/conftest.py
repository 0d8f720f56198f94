"""Two cells, each with a database and pictures of its own, and a territory with something of everything in one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from cloud.cells.cell import Cell
from cloud.db.engine import Database
from cloud.db.models import (
    Command,
    EventNote,
    Gate,
    GateEvent,
    ObjectQuota,
    PairingCode,
    Territory,
    WebhookEvent,
    utc_now,
)
from cloud.domain import audit
from cloud.pictures.files import FilePictures
from tests.cloud.places import Place, again, place_in

JPEG = b"\xff\xd8\xff a car"


@dataclass(frozen=True)
class Pair:
    """The cell where the territory is, and the one where it goes."""

    east: Cell
    west: Cell
    place: Place

    @property
    def code(self) -> str:
        return self.place.ids["code"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def cells(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[Cell, Cell]]:
    """Two empty, migrated cells on one kind of database."""
    with ExitStack() as lent:
        made = []
        for name in ("east", "west"):
            folder = tmp_path / name
            folder.mkdir()
            if request.param == "sqlite":
                shutil.copyfile(migrated_sqlite, folder / "okter.db")
                url = f"sqlite:///{folder / 'okter.db'}"
            else:
                url = lent.enter_context(request.getfixturevalue("postgres_server").lent())
            made.append(Cell(name, f"https://{name}.example.ru", Database(url), FilePictures(folder)))
        yield made[0], made[1]
        for cell in made:
            cell.close()


@pytest.fixture
def pair(cells: tuple[Cell, Cell]) -> Pair:
    """A territory with a row in every table that moves; and in both cells others, so that no number fits by chance."""
    east, west = cells
    with west.database.write() as session:
        again(session, "west", lambda session: [place_in(session, tag) for tag in ("w1", "w2")][-1])
    with east.database.write() as session:
        place = again(session, "east", _filled)
    gate, event = int(place.ids["gate_id"]), f"{'e2':0>36}"
    key = f"snapshots/{gate}/{event[:2]}/{event}.jpg"
    east.pictures.put(key, JPEG)
    with east.database.write() as session:
        session.query(GateEvent).filter_by(gate_id=gate).update({"snapshot_path": key})
    return Pair(east, west, place)


def _filled(session) -> Place:
    place_in(session, "e1")
    place = place_in(session, "e2")
    fill(session, place)
    session.flush()
    return place


def fill(session, place: Place) -> None:
    """Rows of the tables that `place_in` leaves empty."""
    now, gate = utc_now(), int(place.ids["gate_id"])
    session.add(ObjectQuota(territory_id=place.territory.id, object_key="дом 1", most=3))
    session.add(PairingCode(
        territory_id=place.territory.id, gate_id=gate, code_hash=uuid4().hex, expires_at=now + timedelta(hours=1),
    ))  # fmt: skip
    session.add(EventNote(
        event_id=int(place.ids["event_id"]), author_id=place.operator.id, author_name="O", text="курьер",
    ))  # fmt: skip
    session.add(Command(
        gate_id=gate, kind="open", lane="entry", expires_at=now + timedelta(seconds=20), created_by_id=place.manager.id,
    ))  # fmt: skip
    session.add(WebhookEvent(
        receiver_id=int(place.ids["webhook_id"]), body="{}", message_id=str(uuid4()), expires_at=now + timedelta(days=1),
    ))  # fmt: skip
    audit.record(session, "left", actor=place.resident, territory=place.territory)


def territory_in(cell: Cell, code: str) -> Territory | None:
    with cell.database.read() as session:
        return session.query(Territory).filter_by(code=code).one_or_none()


def gates_in(cell: Cell, code: str) -> list[Gate]:
    with cell.database.read() as session:
        return session.query(Gate).join(Gate.territory).filter(Territory.code == code).order_by(Gate.id).all()

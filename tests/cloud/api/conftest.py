"""The edge API on a small app of its own, with a territory and a gate in it."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import State

from cloud import push
from cloud.api import router
from cloud.db.engine import Database
from cloud.db.models import Gate, PairingCode, Pass, Territory, utc_now
from cloud.domain.pairing import code_hash, make_code, make_token
from cloud.domain.tokens import token_hash
from cloud.pictures.files import FilePictures
from tests.patience import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Place:
    """A territory with one enrolled gate, and the hands to change it."""

    database: Database
    territory_id: int
    gate_id: int
    token: str

    def add_pass(self, plate: str = "A777AA77", **fields: object) -> str:
        with self.database.write() as session:
            rev = push.next_rev(session, self.territory_id)
            added = Pass(territory_id=self.territory_id, plate=plate, plate_display=plate, rev=rev, **fields)
            session.add(added)
            session.flush()
            push.passes_changed(session, self.territory_id)
            return added.id

    def change_pass(self, pass_id: str, **fields: object) -> None:
        with self.database.write() as session:
            changed = session.get_one(Pass, pass_id)
            for name, value in fields.items():
                setattr(changed, name, value)
            changed.rev = push.next_rev(session, self.territory_id)
            push.passes_changed(session, self.territory_id)

    def pairing_code(self, *, gate_id: int | None = None, expires_at: datetime | None = None) -> str:
        code = make_code()
        ends = expires_at or utc_now() + timedelta(minutes=15)
        with self.database.write() as session:
            session.add(
                PairingCode(territory_id=self.territory_id, gate_id=gate_id, code_hash=code_hash(code), expires_at=ends)
            )
        return code

    def revoke(self) -> None:
        with self.database.write() as session:
            session.get_one(Gate, self.gate_id).revoked_at = utc_now()
            push.gate_revoked(session, self.gate_id)


def make_place(database: Database, *, code: str = "123-456") -> Place:
    token = make_token()
    with database.write() as session:
        territory = Territory(code=code, name="Сосновый бор", timezone="Europe/Moscow")
        session.add(territory)
        session.flush()
        gate = Gate(
            territory_id=territory.id,
            name="КПП-1",
            token_hash=token_hash(token),
            token_at=utc_now(),
            enrolled_at=utc_now(),
        )
        session.add(gate)
        session.flush()
        return Place(database, territory.id, gate.id, token)


@pytest.fixture
def place(database: Database) -> Place:
    return make_place(database)


def make_routes() -> FastAPI:
    """An app with the edge API's paths and no state."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.hub.start()
        yield
        await app.state.hub.stop()

    made = FastAPI(lifespan=lifespan, openapi_url="/api/openapi.json", docs_url=None)
    made.include_router(router)
    return made


@pytest.fixture(scope="session")
def routes() -> FastAPI:
    """The edge API's paths, looked at once: what they need of a request is the same for every database."""
    return make_routes()


@pytest.fixture
def app(routes: FastAPI, database: Database, tmp_path: Path) -> FastAPI:
    """The API over this test's database; nothing of the test before is left in its state."""
    routes.state = State()
    routes.state.database = database
    routes.state.hub = push.make_hub(database)
    routes.state.pictures = FilePictures(tmp_path / "data")
    return routes


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A real server on loopback, in a thread; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"  # connections queue in the listener until it runs
    finally:
        app.state.hub.stopping = True  # the streams end by themselves; uvicorn would wait for them
        app.state.hub.publish(push.Missed())
        server.should_exit = True
        thread.join(PATIENCE_S)
        listener.close()
        assert not thread.is_alive()


@pytest.fixture
def server(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def client(server: str, place: Place) -> Iterator[httpx.Client]:
    """An HTTP client that carries the gate's token."""
    headers = {"Authorization": f"Bearer {place.token}"}
    with httpx.Client(base_url=server, headers=headers, timeout=20, trust_env=False) as made:
        yield made


@pytest.fixture
def new_place(database: Database) -> Callable[[str], Place]:
    """Makes a further territory, with a gate of its own, by its code."""
    return lambda code: make_place(database, code=code)

"""Shared parts of the sync benchmarks: the real portal on loopback, a territory, gates with tokens, percentiles.

The server runs in a thread of this process, because with SQLite the push goes through the hub of the serving process.
Gates run in processes of their own. Times are CLOCK_MONOTONIC, which all processes of one machine share.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy import insert, select, update

from cloud import push
from cloud.app import create_app
from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import Account, Gate, Pass, Territory, utc_now
from cloud.domain.pairing import make_token
from cloud.domain.passes import PassRequest, file
from cloud.domain.periods import Period
from cloud.domain.tokens import token_hash
from cloud.plates import read_plate
from cloud.settings import Settings

LETTERS = "ABEKMHOPCTYX"


@dataclass(frozen=True, slots=True)
class Rig:
    """A running portal."""

    url: str
    app: FastAPI
    database: Database
    data_dir: Path

    def add_territories(self, count: int, *, gates: int) -> list[list[str]]:
        """Make territories 1 to `count` with `gates` enrolled gates each; returns their tokens by territory."""
        tokens = [[make_token() for _ in range(gates)] for _ in range(count)]
        with self.database.write() as session:
            filer = Account(email="bench@example.org", name="Bench", phone="+70000000000", password_hash="x")
            session.add(filer)
            for number, each in enumerate(tokens, start=1):
                code = f"{number // 1000:03}-{number % 1000:03}"
                territory = Territory(code=code, name=f"Territory {number}", timezone="Europe/Moscow")
                session.add(territory)
                session.flush()
                session.add_all(
                    Gate(territory_id=territory.id, name="gate", token_hash=token_hash(token), enrolled_at=utc_now())
                    for token in each
                )
        return tokens

    def fill(self, territory_id: int, count: int) -> None:
        """Add `count` passes, as an import would."""
        with self.database.write() as session:
            for begin in range(0, count, 5000):
                numbers = range(begin, min(count, begin + 5000))
                rows = [
                    {
                        "territory_id": territory_id,
                        "plate": plate(number),
                        "plate_display": plate(number),
                        "object_label": f"Участок {number % 2000}",
                        "rev": number + 1,
                    }
                    for number in numbers
                ]
                session.execute(insert(Pass), rows)
            session.execute(update(Territory).where(Territory.id == territory_id).values(pass_rev=count))

    def file_pass(self, territory_id: int, typed: str) -> None:
        """Do what the portal does when a resident presses «Добавить»."""
        with self.database.write() as session:
            territory, filer = session.get_one(Territory, territory_id), session.scalars(select(Account)).first()
            assert filer is not None
            request = PassRequest(read_plate(typed), Period(None, None), one_time=False, object_label="Участок 1")
            file(session, territory, request, owner=filer, filed_by=filer, limited=False, now=utc_now())


@contextmanager
def running() -> Iterator[Rig]:
    """The whole portal on a fresh SQLite database."""
    with tempfile.TemporaryDirectory(prefix="okter-bench-") as name:
        data_dir = Path(name)
        url = database_url(data_dir, None)
        database = Database(url)
        migrate(database.engine)
        database.close()
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(Settings(data_dir, url, address, b"bench"))
        config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1, backlog=2048)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        try:
            yield Rig(address, app, app.state.database, data_dir)
        finally:
            app.state.hub.stopping = True
            app.state.hub.publish(push.Missed())
            server.should_exit = True
            thread.join(20)


def plate(number: int) -> str:
    """Number `number` of two million Russian plates."""
    number, digits = divmod(number, 1000)
    number, third = divmod(number, 12)
    number, second = divmod(number, 12)
    return f"{LETTERS[number % 12]}{digits:03}{LETTERS[second]}{LETTERS[third]}{77 if number < 12 else 99}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that the given share of `values` does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6

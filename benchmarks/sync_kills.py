"""200 syncs against a real `okter serve` that is killed with -9 at random moments; nothing may be lost or duplicated.

This process adds passes directly to the server's SQLite file, so gates learn of them by polling. After every attempt
the gate's list must equal the cloud's list at some revision. In the end it must be the last one, and every event must
be in the cloud's journal exactly once. Prints one JSON line.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from cloud_rig import Rig
from sqlalchemy import select

from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import GateEvent, Pass, Territory, utc_now
from cloud.domain.passes import end
from edge.runtime.clock import Clock
from edge.store.journal import Journal
from edge.store.passes import PassStore
from sync import wire
from sync.api import CloudApi
from sync.drain import Drainer
from sync.errors import CloudError
from sync.http import CloudHttp
from sync.pull import Puller
from sync.settings import CloudSettings

SYNCS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
KILL_SHARE = 0.25


class Server:
    """`okter serve` on one port, restarted after each kill."""

    def __init__(self, data_dir: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [sys.executable, "-m", "cloud", "serve", "--data", str(data_dir), "--port", str(self.port)]
        self.kills = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}{wire.BASE}/passes", trust_env=False)
                return
            time.sleep(0.05)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@contextlib.contextmanager
def killed_meanwhile(server: Server, dice: random.Random) -> Iterator[bool]:
    """Sometimes kill the server at a random moment of the block; afterwards it is running again."""
    if dice.random() >= KILL_SHARE:
        yield False
        return
    timer = threading.Timer(dice.random() * 0.03, server.kill)
    timer.start()
    try:
        yield True
    finally:
        timer.join()
        server.start()


def main() -> None:
    dice = random.Random(4)
    with tempfile.TemporaryDirectory() as name:
        data, state = Path(name) / "cloud", Path(name) / "gate"
        data.mkdir()
        database = Database(database_url(data, None))
        migrate(database.engine)
        rig = Rig("", None, database, data)  # type: ignore[arg-type]  # only its methods are used
        ((token,),) = rig.add_territories(1, gates=1)
        server = Server(data)
        settings = CloudSettings(url=server.url, request_s=5.0)
        api = CloudApi(CloudHttp(settings, clock=Clock(), token=lambda: token, version="1"))
        history: dict[str, set[str]] = {"": set()}
        failures = 0
        events = []
        with PassStore(state / "passes.db") as store, Journal(state / "journal.db") as journal:
            puller, drainer = Puller(api, store.cloud, Clock()), Drainer(api, journal.outbox)
            for number in range(SYNCS):
                change(rig, dice, number)
                history[newest(database)] = live(database)
                events.append(f"00000000-0000-4000-8000-{number:012}")
                journal.outbox.put(wire.GateEvent(id=events[-1], kind="visit", at=utc_now(), clock_trusted=True))
                with killed_meanwhile(server, dice):
                    try:
                        puller.pull()
                        while drainer.step():
                            pass
                    except CloudError:
                        failures += 1
                held = {item.id for item in store.load() if not item.revoked}
                assert held == history[store.cloud.state().cursor], number
            puller.pull()
            while drainer.step():
                pass
            held = {item.id for item in store.load() if not item.revoked}
            waiting = journal.outbox.size().events
        server.stop()
        with database.read() as session:
            arrived = list(session.scalars(select(GateEvent.event_id)))
        assert held == live(database)
        assert sorted(arrived) == events
        assert waiting == 0
    print(json.dumps({"bench": "kills", "syncs": SYNCS, "kills": server.kills, "failed_syncs": failures, "lost": 0, "doubled": 0}))  # fmt: skip


def change(rig: Rig, dice: random.Random, number: int) -> None:
    if number % 3 == 2:
        with rig.database.write() as session:
            end(session, session.scalars(select(Pass).where(Pass.deleted_at.is_(None))).first(), now=utc_now())
    else:
        rig.file_pass(1, f"A{number:03}{dice.choice('ABEK')}A77")


def newest(database: Database) -> str:
    with database.read() as session:
        row = session.get_one(Territory, 1)
        return f"{row.pass_epoch}-{row.pass_rev}"


def live(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(Pass.id).where(Pass.deleted_at.is_(None))))


if __name__ == "__main__":
    main()

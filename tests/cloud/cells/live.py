"""Two real portals over sockets and a real gate with its store, for tests of a move that is watched from outside."""

from __future__ import annotations

import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cloud.app import create_app
from cloud.cells.cell import Cell
from cloud.db.models import GateEvent, Pass, Territory
from cloud.settings import Settings
from edge.config import load
from edge.credential import Credential, read_credential, write_credential
from edge.runtime.clock import Clock
from edge.runtime.status import GateStatus, JournalStatus, LinkStatus
from edge.runtime.syncing import CloudWorker
from edge.store.journal import Journal
from edge.store.passes import PassStore
from relay.fake import FakeRelay
from sync import wire
from tests.cloud.api.conftest import serving
from tests.patience import PATIENCE_S

CONFIG = """
[site]
name = "КПП-1"
timezone = "Europe/Moscow"
state_dir = "{state}"
[[lane]]
name = "entry"
direction = "entry"
camera = "file:clip.mp4"
barrier = "main"
[[barrier]]
name = "main"
driver = "simulated"
[cloud]
poll_s = 1.0
poll_push_s = 1.0
retry_low_s = 0.1
retry_high_s = 1.0
health_s = 5.0
"""


def signing_key(folder: Path, name: str = "moves") -> tuple[Path, str]:
    """A new key: the file of the private one, and the public one as gates are given it."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path, " ".join(path.with_suffix(".pub").read_text().split()[:2])


@contextmanager
def portal_of(cell: Cell, data_dir: Path, *, move_key: str = "") -> Iterator[Cell]:
    """The cell's portal on loopback; the cell with its true address."""
    settings = Settings(
        data_dir=data_dir, database_url=cell.database.url, public_url=cell.url, secret=b"x" * 32, move_key=move_key
    )
    app = create_app(settings)
    with serving(app) as address:
        yield Cell(cell.name, address, cell.database, cell.pictures)


@dataclass
class LiveGate:
    """A gate with a store on disk, without cameras; it may be restarted."""

    folder: Path
    events: list[str] = field(default_factory=list)
    shrunk: list[tuple[int, int]] = field(default_factory=list)
    """Whenever its list had fewer passes than before."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    worker: CloudWorker | None = None
    _most: int = 0

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def enrol(self, url: str, token: str, *, code: str, key: str = "") -> None:
        """`code` and `key` are empty in a credential of before there were moves."""
        write_credential(self.state, Credential(url, "Сосновый бор", "Europe/Moscow", token, code=code, move_key=key))

    @property
    def credential(self) -> Credential:
        found = read_credential(self.state)
        assert found is not None
        return found

    def start(self) -> None:
        path = self.folder / "gate.toml"
        path.write_text(CONFIG.format(state=self.state), encoding="utf-8")
        self._stop = threading.Event()
        self.worker = CloudWorker(
            load(path), clock=Clock(), relay=FakeRelay(), passes_changed=self.look, gate_status=gate_status
        )
        self._thread = threading.Thread(target=self.worker.run, args=(self._stop,), name="sync")
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()
            self._thread = None

    def look(self) -> None:
        """Called whenever the list has changed."""
        count = len(self.plates())
        if count < self._most:
            self.shrunk.append((self._most, count))
        self._most = max(self._most, count)

    def plates(self) -> set[str]:
        with PassStore(self.state / "passes.db") as store:
            return {found.plate for found in store.load() if not found.revoked}

    def report(self) -> str:
        """Something happens at the gate."""
        told = wire.GateEvent(id=str(uuid.uuid4()), kind="visit", at=Clock().now().wall, clock_trusted=True)
        with Journal(self.state / "journal.db") as journal:
            journal.outbox.put(told)
        self.events.append(told.id)
        if self.worker is not None:
            self.worker.poke()
        return told.id


def gate_status() -> GateStatus:
    return GateStatus(
        site="КПП-1", version="1", pid=1, up_s=1.0, relay_pid=1, cameras=(), barriers=(), passes=0, list_version="",
        list_age_s=None, wall="", clock_trusted=True, cloud=LinkStatus(configured=True),
        journal=JournalStatus(0, 0, ""), disk=None, temperatures_c=(41.5,), memory_mb=1.0, queue=0, state_dir="",
        config="",
    )  # fmt: skip


def events_in(cell: Cell) -> list[str]:
    with cell.database.read() as session:
        return sorted(row.event_id for row in session.query(GateEvent))


def plates_in(cell: Cell, code: str) -> set[str]:
    with cell.database.read() as session:
        rows = session.query(Pass).join(Territory, Territory.id == Pass.territory_id)
        return {row.plate for row in rows.filter(Territory.code == code, Pass.deleted_at.is_(None))}

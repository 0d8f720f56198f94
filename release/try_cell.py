"""Runs a highly available cell on one machine, from Debian's packages, and shows what happens when its processes die.

    apt-get install postgresql patroni etcd-server python3-etcd pgbouncer haproxy nats-server
    python release/try_cell.py [FOLDER]

The cell has two PostgreSQL servers under Patroni (etcd holds the leader lock; replication is synchronous), two portal
processes, HAProxy in front of both pairs, pgbouncer in transaction mode, and a cluster of two NATS servers. A simulated gate
sends events one after another through HAProxy and repeats each until it is accepted. Meanwhile a portal process, a NATS
server, and the leading PostgreSQL with its Patroni are killed by SIGKILL. The script prints how long the gate waited each
time and, at the end, whether every accepted event is in the database exactly once.

Everything runs in FOLDER, on ports of 127.0.0.1 from 24000 up. Root is not needed; if run as root, PostgreSQL runs as
`postgres`. This is only a trial: it uses no TLS and no passwords.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import text

from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.db.models import Gate, Territory
from cloud.domain.pairing import make_token
from cloud.domain.tokens import token_hash
from sync import wire

PORTAL, POOL, PRIMARY, STATS = 24000, 24001, 24002, 24003
WORKERS, POSTGRES, PATRONI, NATS, ROUTES, ETCD, PEER = (
    (24010, 24011),
    (24020, 24021),
    (24030, 24031),
    (24040, 24041),
    (24050, 24051),
    24060,
    24061,
)
URL = f"postgresql+psycopg://okter@127.0.0.1:{POOL}/okter?prepare=off"
PATIENCE_S = 300.0
PATRONI_YML = """
scope: cell
name: pg{n}
restapi: {{listen: 127.0.0.1:{rest}, connect_address: 127.0.0.1:{rest}}}
etcd3: {{hosts: 127.0.0.1:{etcd}}}
bootstrap:
  dcs: {{ttl: 20, loop_wait: 5, retry_timeout: 5, synchronous_mode: true, postgresql: {{use_pg_rewind: true}}}}
  initdb: [{{encoding: UTF8}}, no-locale]
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{port}
  data_dir: {home}/pg{n}
  pgpass: {home}/pgpass{n}
  bin_dir: {bin_dir}
  authentication: {{superuser: {{username: postgres}}, replication: {{username: replicator}}, rewind: {{username: postgres}}}}
  parameters: {{unix_socket_directories: "{home}", max_connections: 100}}
"""
HAPROXY_CFG = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 3s
    timeout client 10m
    timeout server 10m
    timeout check 10s
    retries 2
    option redispatch
listen portal
    bind 127.0.0.1:{portal}
    option httpchk GET /readyz
    default-server inter 1s fall 2 rise 1
    server one 127.0.0.1:{workers[0]} check
    server two 127.0.0.1:{workers[1]} check
listen primary
    bind 127.0.0.1:{primary}
    mode tcp
    option httpchk GET /primary
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
    server pg0 127.0.0.1:{postgres[0]} check port {patroni[0]}
    server pg1 127.0.0.1:{postgres[1]} check port {patroni[1]}
"""


@dataclass
class Cell:
    """The processes of the trial, by name."""

    home: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *words: object, extra: dict[str, str] | None = None) -> None:
        """Starts a process. Its output goes to FOLDER/NAME.log."""
        user = "postgres" if _as_postgres(name) else None
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603  # our own words
                [str(word) for word in words], stdout=log, stderr=log, cwd=self.home, start_new_session=True,
                env=dict(os.environ) | (extra or {}), user=user, group=user, extra_groups=[user] if user else None,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """Sends SIGKILL to the process and its children."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name.startswith("patroni"):  # PostgreSQL runs in its own session and outlives Patroni
            with suppress(OSError, ValueError):
                first = (self.home / f"pg{name.removeprefix('patroni')}" / "postmaster.pid").read_text().split("\n")[0]
                os.kill(int(first), signal.SIGKILL)

    def dead(self) -> list[str]:
        """Names of the processes that ended without being killed by us."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def stop(self) -> None:
        for name in tuple(self.running):
            self.kill(name)


def _as_postgres(name: str) -> bool:
    return os.geteuid() == 0 and name.startswith(("patroni", "pgbouncer"))


@dataclass
class GateTrial:
    """A simulated gate that sends events without pause. `waited`: longest time for one event since it was last reset."""

    token: str
    taken: list[str] = field(default_factory=list)
    waited: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        while not self.stopping.is_set():
            event = wire.GateEvent(id=str(uuid.uuid4()), kind="visit", at=datetime.now(UTC), clock_trusted=True)
            body, began = wire.encode(wire.EventBatch((event,))), time.monotonic()
            while not self._sent(body, headers) and not self.stopping.is_set():
                self.waited = max(self.waited, time.monotonic() - began)
                time.sleep(0.2)
            if self.stopping.is_set():  # it is unknown whether the last one was accepted
                return
            self.taken.append(event.id)
            self.waited = max(self.waited, time.monotonic() - began)
            time.sleep(0.05)

    def _sent(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{PORTAL}{wire.BASE}/events",
                content=body,
                headers=headers,
                timeout=10,
                trust_env=False,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK


def until(cell: Cell, what: str, holds: Callable[[], object]) -> float:
    """Waits until `holds()` is true and returns the seconds it took.

    Exits the trial after `PATIENCE_S`, or if a process has died by itself.
    """
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        with suppress(Exception):
            if holds():
                return time.monotonic() - began
        if dead := cell.dead():
            sys.exit(f"{what}: ended by itself: {', '.join(dead)}; see {cell.home}/*.log")
        time.sleep(0.2)
    sys.exit(f"not within {PATIENCE_S:.0f} s: {what}")


def answers(port: int, path: str = "/readyz") -> bool:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=3, trust_env=False).status_code == httpx.codes.OK


def leader() -> int | None:
    """The number of the leading PostgreSQL; None if none leads."""
    for number, port in enumerate(PATRONI):
        with suppress(httpx.HTTPError):
            if answers(port, "/primary"):
                return number
    return None


def begin(cell: Cell) -> None:
    """Starts everything, in order of dependency."""
    home, bin_dir = cell.home, max(Path("/usr/lib/postgresql").glob("*/bin"))
    own = [f"http://127.0.0.1:{port}" for port in (ETCD, PEER)]
    cell.start("etcd", "etcd", "--data-dir", home / "etcd", "--listen-client-urls", own[0], "--advertise-client-urls", own[0],
               "--listen-peer-urls", own[1], "--initial-advertise-peer-urls", own[1], "--initial-cluster", f"default={own[1]}")  # fmt: skip
    until(cell, "etcd", lambda: answers(ETCD, "/health"))
    for n in (0, 1):
        file = home / f"patroni{n}.yml"
        file.write_text(
            PATRONI_YML.format(n=n, rest=PATRONI[n], port=POSTGRES[n], etcd=ETCD, home=home, bin_dir=bin_dir)
        )
        cell.start(f"patroni{n}", "patroni", file)
        if n == 0:
            until(cell, "a leading PostgreSQL", lambda: leader() is not None)
    until(cell, "a synchronous standby", lambda: answers(PATRONI[1 - (leader() or 0)], "/synchronous"))
    (home / "haproxy.cfg").write_text(
        HAPROXY_CFG.format(portal=PORTAL, primary=PRIMARY, workers=WORKERS, postgres=POSTGRES, patroni=PATRONI)
    )
    cell.start("haproxy", shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", home / "haproxy.cfg")
    (home / "pgbouncer.ini").write_text(
        f"[databases]\nokter = host=127.0.0.1 port={PRIMARY} dbname=okter user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {POOL}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 20\n"
        "server_login_retry = 1\nquery_wait_timeout = 30\n"
    )
    plain = f"postgresql+psycopg://postgres@127.0.0.1:{POSTGRES[leader() or 0]}/postgres"
    first = Database(plain)
    with first.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE okter"))
    first.close()
    cell.start("pgbouncer", shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", home / "pgbouncer.ini")
    for n in (0, 1):
        other = f"nats://127.0.0.1:{ROUTES[1 - n]}"
        cell.start(f"nats{n}", shutil.which("nats-server") or "/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", NATS[n],
                   "--cluster_name", "cell", "--cluster", f"nats://127.0.0.1:{ROUTES[n]}", "--routes", other)  # fmt: skip
    until(cell, "pgbouncer", _migrated)
    secret = secrets.token_hex(32)
    for n in (0, 1):
        begin_worker(cell, n, secret)
    until(cell, "the portal", lambda: answers(PORTAL))


def _migrated() -> bool:
    database = Database(URL)
    try:
        migrate(database.engine)
        return True
    finally:
        database.close()


def begin_worker(cell: Cell, number: int, secret: str) -> None:
    servers = ",".join(f"nats://127.0.0.1:{port}" for port in NATS)
    facts = {"OKTER_DATABASE_URL": URL, "OKTER_NATS_URL": servers, "OKTER_SECRET": secret}
    words = [sys.executable, "-m", "cloud", "serve", "--data", cell.home / f"data{number}", "--port", WORKERS[number]]
    cell.start(f"portal{number}", *words, "--public-url", f"http://127.0.0.1:{PORTAL}", extra=facts)


def enrolled() -> GateTrial:
    database, token = Database(URL), make_token("123-456")
    with database.write() as session:
        place = Territory(code="123-456", name="Trial", timezone="Europe/Moscow")
        session.add(place)
        session.flush()
        session.add(Gate(territory_id=place.id, name="trial", token_hash=token_hash(token)))
    database.close()
    return GateTrial(token)


def trial(cell: Cell, gate: GateTrial) -> None:
    """Kills one process of each kind and prints how the cell recovers."""

    def seen(what: str, kill: list[str], back: Callable[[], object]) -> None:
        before, gate.waited = len(gate.taken), 0.0
        for name in kill:
            cell.kill(name)
        took = until(cell, what, back)
        until(cell, "events again", lambda: len(gate.taken) >= before + 20)
        print(f"{what}: back after {took:.1f} s, one event waited {gate.waited:.1f} s at most", flush=True)

    seen("calm", [], lambda: True)
    seen("a portal process killed", ["portal0"], lambda: answers(PORTAL))
    seen("a NATS killed", ["nats0"], lambda: answers(PORTAL))
    led = leader()
    assert led is not None
    seen("the leading PostgreSQL and its Patroni killed", [f"patroni{led}"], lambda: leader() == 1 - led)


def judge(gate: GateTrial) -> int:
    database = Database(URL)
    with database.read() as session:
        there = [str(row) for row in session.scalars(text("SELECT event_id FROM gate_events"))]
    database.close()
    lost, doubled = set(gate.taken) - set(there), len(there) - len(set(there))
    print(f"events taken {len(gate.taken)}, of them lost {len(lost)}, doubled {doubled}")
    return 1 if lost or doubled else 0


def main() -> int:
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="okter-cell-"))
    home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cell = Cell(home)
    try:
        begin(cell)
        print(f"everything is up: {', '.join(cell.running)}", flush=True)
        gate = enrolled()
        thread = threading.Thread(target=gate.run)
        thread.start()
        try:
            trial(cell, gate)
        finally:
            gate.stopping.set()
            thread.join()
        return judge(gate)
    finally:
        cell.stop()


if __name__ == "__main__":
    sys.exit(main())

"""The stage: cells of real processes and the directory, on one machine, with territories, gates, keys and passes in them."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.proof import servers
from benchmarks.proof.fill import Filled, fill
from benchmarks.proof.servers import Server
from benchmarks.proof.size import Size
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.db.models import utc_now
from cloud.directory.places import Places
from edge.demo.stage import free_port

KINDS = ("portal", "jobs", "postgres", "pgbouncer", "nats", "haproxy", "directory")
"""Kinds of process, as costs are counted by."""
BALANCERS = 2
"""Per cell with several portals."""


@dataclass
class Stage:
    """Everything that runs."""

    home: Path
    secret: str
    directory_port: int
    ports: list[int] = field(default_factory=list)
    databases: list[Database] = field(default_factory=list)
    running: dict[str, Server] = field(default_factory=dict)
    filled: Filled = field(default_factory=Filled)

    def server(self, kind: str, cell: int) -> Server:
        """The server of a kind in a cell; if there are several, the one with the most clients."""
        here = [one for one in self.of(kind) if one.cell == cell or kind == "directory"]
        return max(here, key=lambda one: one.clients())

    def of(self, kind: str) -> list[Server]:
        return [server for server in self.running.values() if server.kind == kind]

    def add(self, server: Server) -> Server:
        self.running[server.name] = server
        server.begin()
        return server


@contextmanager
def standing(size: Size, parent: Path | None = None) -> Iterator[Stage]:
    """Everything running and filled; afterwards nothing is left, except the logs if the block raised."""
    home = Path(tempfile.mkdtemp(prefix="okter-proof-", dir=parent or "/tmp"))  # the path of a socket must be short
    if os.geteuid() == 0:
        os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
    home.chmod(0o755)
    stage = Stage(home, secrets.token_hex(32), free_port())
    try:
        _begin(stage, size)
        yield stage
    finally:
        for database in stage.databases:
            database.close()
        for server in stage.running.values():
            server.kill()
        for name in [*home.glob("pg[0-9]*"), home / "directory"]:
            shutil.rmtree(name, ignore_errors=True)


def _begin(stage: Stage, size: Size) -> None:
    home = stage.home
    secret_file = home / "directory.secret"
    secret_file.write_text(stage.secret)
    common = {"OKTER_DIRECTORY_SECRET_FILE": str(secret_file), "OKTER_SECRET": secrets.token_hex(32)}
    stage.add(servers.directory(home, stage.directory_port, common)).wait()
    cells = range(size.cells)
    for cell in cells:
        stage.add(servers.postgres(cell, home))
    stage.ports = [free_port() for _ in cells]
    for cell in cells:
        stage.server("postgres", cell).wait()
        with psycopg.connect(f"postgresql://okter@/postgres?host={home}&port={5433 + cell}", autocommit=True) as own:
            own.execute("CREATE DATABASE okter")
        database = Database(f"postgresql+psycopg://okter@/okter?host={home}&port={5433 + cell}")
        migrate(database.engine)
        stage.databases.append(database)
    stage.filled = fill(stage.databases, size)
    _tell_directory(stage)
    for cell in cells:
        pool, push = free_port(), [free_port() for _ in range(size.nats)]
        stage.add(servers.pgbouncer(cell, home, pool))
        for server in servers.nats(cell, home, push):
            stage.add(server).wait()
        facts = common | {
            "OKTER_DATABASE_URL": f"postgresql://okter@127.0.0.1:{pool}/okter?prepare=off",
            "OKTER_NATS_URL": ",".join(f"nats://127.0.0.1:{port}" for port in push),
            "OKTER_DIRECTORY_URL": f"http://127.0.0.1:{stage.directory_port}",
            "OKTER_PUBLIC_URL": f"http://127.0.0.1:{stage.ports[cell]}",
        }
        stage.server("pgbouncer", cell).wait()
        portals = [free_port() for _ in range(size.hosts)] if size.hosts > 1 else [stage.ports[cell]]
        begun = [stage.add(servers.okter("portal", cell, home, port, size.workers, facts, number))
                 for number, port in enumerate(portals)]  # fmt: skip
        begun.append(stage.add(servers.okter("jobs", cell, home, free_port(), 1, facts)))
        begun += [stage.add(servers.balancer(cell, home, stage.ports[cell], portals, number))
                  for number in range(BALANCERS if size.hosts > 1 else 0)]  # fmt: skip
        for server in begun:
            server.wait()


def _tell_directory(stage: Stage) -> None:
    """Like `okter directory register`."""
    opened = Database(f"sqlite:///{stage.home / 'directory' / 'directory.db'}")
    places = Places(opened)
    for place in stage.filled.places:
        assert places.claim(place.code, f"http://127.0.0.1:{stage.ports[place.cell]}", now=utc_now())
    opened.close()

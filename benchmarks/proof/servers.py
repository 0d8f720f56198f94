"""The processes of the stage, one class each: start, kill with SIGKILL including descendants, check that it answers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from benchmarks.balancer import haproxy_cfg, haproxy_program
from benchmarks.process_tree import process_tree
from edge.demo.stage import free_port

PATIENCE_S = 180.0
PGBOUNCER_INI = """\
[databases]
okter = host={sockets} port={port} dbname=okter user=okter
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 40
max_client_conn = 500
server_login_retry = 1
query_wait_timeout = 30
"""


def until(what: str, holds: Callable[[], object], *, within_s: float = PATIENCE_S) -> float:
    """Seconds until `holds()` was true. Raises TimeoutError."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        with suppress(OSError, httpx.HTTPError, subprocess.SubprocessError):
            if holds():
                return time.monotonic() - began
        time.sleep(0.2)
    raise TimeoutError(f"not within {within_s:.0f} s: {what}")


def as_postgres() -> dict[str, object]:
    """PostgreSQL and pgbouncer refuse to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass
class Server:
    """One process with its descendants; its output goes to HOME/NAME.log."""

    kind: str
    cell: int
    home: Path
    command: Sequence[object]
    answers: Callable[[], object]
    facts: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    """If a cell has several of a kind."""
    clients: Callable[[], int] = lambda: 0
    """Number of clients, for kinds where that decides which to kill."""
    lowly: bool = False
    """Whether it runs as PostgreSQL's user if we are root."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}{self.cell}" + (f".{self.number}" if self.number else "")

    def begin(self) -> None:
        runner = as_postgres() if self.lowly else {}
        with (self.home / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in self.command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.home,
                start_new_session=True, env=dict(os.environ) | dict(self.facts), **runner,
            )  # fmt: skip

    def wait(self) -> float:
        return until(self.name, self._well)

    def _well(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended by itself: see {self.home}/{self.name}.log")
        return bool(self.answers())

    def pids(self) -> list[int]:
        return [] if self.process is None else process_tree(self.process.pid)

    def kill(self) -> None:
        """SIGKILL everything at once, the parent first, so that it replaces nobody."""
        if self.process is None:
            return
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def workers(self) -> list[int]:
        """The worker processes of a portal, without its parent and its resource tracker."""
        return [pid for pid in self.pids()[1:] if b"spawn_main" in _command_line(pid)]

    def kill_worker(self) -> int:
        """SIGKILL one worker, which its parent must replace; returns its pid."""
        pid = self.workers()[0]
        os.kill(pid, signal.SIGKILL)
        return pid


def _command_line(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def ready(port: int, path: str = "/readyz") -> bool:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5, trust_env=False).status_code == httpx.codes.OK


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def postgres(cell: int, home: Path) -> Server:
    """A separate cluster on a Unix socket in HOME; what is acknowledged is fsynced."""
    bin_dir = max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent
    runner, data = as_postgres(), home / f"pg{cell}"
    options = ["-A", "trust", "-U", "okter", "-E", "UTF8", "--no-sync", "--no-locale"]
    subprocess.run([bin_dir / "initdb", "-D", data, *options], **runner, check=True, capture_output=True, cwd=home)
    port = 5433 + cell
    settings = {"listen_addresses": "", "unix_socket_directories": home, "port": port, "max_connections": 100}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    asked = [bin_dir / "psql", "-h", home, "-p", str(port), "-U", "okter", "-d", "postgres", "-qtAc", "SELECT 1"]
    return Server("postgres", cell, home, [bin_dir / "postgres", "-D", data, *words],
                  lambda: subprocess.run(asked, check=True, capture_output=True, timeout=5), lowly=True)  # fmt: skip


def pgbouncer(cell: int, home: Path, listen: int) -> Server:
    file = home / f"pgbouncer{cell}.ini"
    file.write_text(PGBOUNCER_INI.format(sockets=home, port=5433 + cell, listen=listen))
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    return Server("pgbouncer", cell, home, [program, file], lambda: listens(listen), lowly=True)


def nats(cell: int, home: Path, ports: Sequence[int]) -> list[Server]:
    """A cluster with as many servers as there are ports."""
    program = shutil.which("nats-server") or "/usr/sbin/nats-server"
    routes, watch = [free_port() for _ in ports], [free_port() for _ in ports]
    found = []
    for number, port in enumerate(ports):
        words = [program, "-a", "127.0.0.1", "-p", port, "-m", watch[number]]
        others = ",".join(f"nats://127.0.0.1:{route}" for route in routes if route != routes[number])
        if others:
            words += [
                "--cluster_name",
                f"cell{cell}",
                "--cluster",
                f"nats://127.0.0.1:{routes[number]}",
                "--routes",
                others,
            ]
        found.append(Server("nats", cell, home, words, partial(listens, port), number=number,
                            clients=partial(_clients, watch[number])))  # fmt: skip
    return found


def _clients(port: int) -> int:
    answer = httpx.get(f"http://127.0.0.1:{port}/varz", timeout=5, trust_env=False)
    connections: int = answer.json()["connections"]
    return connections


def okter(
    kind: str, cell: int, home: Path, port: int, workers: int, facts: Mapping[str, str], number: int = 0
) -> Server:
    """`okter serve`. Kind `portal`: with its workers. Kind `jobs`: one process that gets no requests."""
    words = [sys.executable, "-m", "cloud", "serve", "--data", home / f"{kind}{cell}.{number}", "--port", port,
             "--workers", workers]  # fmt: skip
    return Server(kind, cell, home, words, lambda: ready(port), facts, number=number,
                  clients=partial(_connections, port))  # fmt: skip


def _connections(port: int) -> int:
    """Number of established TCP connections on this local port: /proc/net/tcp, state 01."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def balancer(cell: int, home: Path, listen: int, portals: Sequence[int], number: int) -> Server:
    """HAProxy with the shipped config. Several share one port, like an address that always belongs to a live one."""
    alive, file = free_port(), home / f"haproxy{cell}.{number}.cfg"
    file.write_text(haproxy_cfg(listen, portals, alive))
    words = [haproxy_program() or "/usr/sbin/haproxy", "-db", "-f", file]
    return Server("haproxy", cell, home, words, lambda: ready(alive, "/alive"), number=number)


def directory(home: Path, port: int, facts: Mapping[str, str]) -> Server:
    folder = home / "directory"
    folder.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "cloud", "directory", "serve", "--port", port, "--database",
             f"sqlite:///{folder / 'directory.db'}"]  # fmt: skip
    return Server("directory", 0, home, words, lambda: ready(port, "/healthz"), facts)

"""A portal of several workers and a PostgreSQL cluster of our own, as processes that a benchmark starts and kills."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from process_tree import process_tree


@contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """A cluster of our own on a Unix socket: its URL and its parent's pid.

    fsync is on, so acknowledged means written.
    """
    bin_dir = max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent
    runner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="okter-pg-", dir="/tmp"))  # the path of a socket must be short
    if runner:
        os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
    options = ["-A", "trust", "-U", "okter", "-E", "UTF8", "--no-sync", "--no-locale"]
    subprocess.run(
        [bin_dir / "initdb", "-D", home / "data", *options], **runner, check=True, capture_output=True, cwd=home
    )
    settings = f"-c listen_addresses= -c unix_socket_directories={home} -c max_connections=200"
    control = [bin_dir / "pg_ctl", "-D", home / "data", "-w", "-s"]
    subprocess.run([*control, "-l", home / "log", "-o", settings, "start"], **runner, check=True, cwd=home)
    try:
        pid = int((home / "data/postmaster.pid").read_text().split()[0])
        yield f"postgresql+psycopg://okter@/postgres?host={home}", pid
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **runner, check=False, cwd=home)
        shutil.rmtree(home, ignore_errors=True)


class Portal:
    """`okter serve` with several workers, in its own process group."""

    def __init__(self, url: str, folder: Path, workers: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [sys.executable, "-m", "cloud", "serve", "--data", str(folder), "--database", url,
                         "--workers", str(workers), "--port", str(self.port)]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.2)

    def workers(self) -> list[int]:
        return [
            pid
            for pid in process_tree(self.process.pid)[1:]
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def backend(url: str) -> int:
    """Pid of a PostgreSQL process that serves the portal."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        ).fetchone()
    assert row is not None
    return int(row[0])

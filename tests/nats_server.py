"""Debian's NATS server on a loopback port of its own, that can be stopped and started again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from tests.patience import until


class NatsServer:
    """`stop` and `start` as often as wanted; the address stays."""

    def __init__(self) -> None:
        self._program = shutil.which("nats-server") or "/usr/sbin/nats-server"
        if not os.access(self._program, os.X_OK):
            if os.environ.get("CI") == "true":
                pytest.fail("NATS is missing: apt-get install nats-server")
            pytest.skip("nats-server is not installed")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-a", "127.0.0.1", "-p", str(self._port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

"""Debian's HAProxy by the recipe of `systemd/haproxy.cfg`, on loopback ports, with a hand on which portal it leads to."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.balancer import haproxy_cfg, haproxy_program
from edge.demo.stage import free_port
from tests.patience import until


class Haproxy:
    """Stands before the portals of these ports, in `home`."""

    def __init__(self, home: Path, portals: Sequence[int]) -> None:
        program = haproxy_program()
        if program is None:
            if os.environ.get("CI") == "true":
                pytest.fail("HAProxy is missing: apt-get install haproxy")
            pytest.skip("haproxy is not installed")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._count = len(portals)
        self._socket = home / "haproxy.sock"
        text = haproxy_cfg(self.port, portals, free_port())
        marked = text.replace("balance leastconn", "balance leastconn\n    http-response set-header X-Portal %s")
        assert marked != text
        (home / "haproxy.cfg").write_text(f"global\n    stats socket {self._socket} level admin\n{marked}")
        self._process = subprocess.Popen([program, "-db", "-f", home / "haproxy.cfg"], stderr=subprocess.DEVNULL)
        until(self._socket.exists)

    def lead_to(self, *numbers: int) -> None:
        """New requests go to these portals alone; what is open stays."""
        for number in range(self._count):
            state = "ready" if number in numbers else "maint"
            self._asked(f"set server okter/portal{number} state {state}")
        until(lambda: all(self._leads_to(number) == (number in numbers) for number in range(self._count)))

    def _leads_to(self, number: int) -> bool:
        rows = [row.split(",") for row in self._asked("show stat").splitlines() if row]
        (found,) = [row for row in rows if row[:2] == ["okter", f"portal{number}"]]
        return found[rows[0].index("status")] == "UP"

    def _asked(self, words: str) -> str:
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(self._socket))
            way.sendall(f"{words}\n".encode())
            return way.makefile(encoding="utf-8").read()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

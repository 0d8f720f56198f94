"""The guard's page under strangers: cookies that are none, half-sent forms, guesses."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from edge.console.guard import Sessions
from tests.faults.conftest import Site, until
from tests.patience import PATIENCE_S

SCRIPT = """
import sys
from edge.cli import main
from edge.console import patience
patience.PatientProtocol.request_s = 1.0
main(sys.argv[1:])
"""


class Page:
    """The page of a real process."""

    def __init__(self, site: Site) -> None:
        site.config.write_text(site.config.read_text() + '\n[console]\npassword = "s3cret"\n')
        with site.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, "console", "--port", "0", "--config", str(site.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        found = re.search(r":(\d+)/", self._process.stdout.readline())
        assert found
        self.port = int(found[1])
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as link:
            return link.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        link.putrequest(method, path)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            link.putheader(name, value.encode("utf-8"))
        link.endheaders(body.encode() or None)
        answer = link.getresponse()
        answer.read()
        link.close()
        return answer

    def until_closed(self, data: bytes) -> tuple[bytes, float]:
        """What comes back to so much of a request and no more, and after how long the connection ends."""
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as link:
            link.sendall(data)
            found = b""
            try:
                while chunk := link.recv(4096):
                    found += chunk
            except ConnectionError:
                pass
        return found, time.monotonic() - started

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    made = Page(site)
    yield made
    made.end()


def test_strange_requests(page: Page, site: Site) -> None:
    """A cookie that is no text of ours lets nobody in and keeps nobody out, half a request ends in its time, and the page answers others meanwhile."""
    assert 303 == page.ask("GET", "/", Cookie="gate_session=привет").status
    assert 200 == page.ask("GET", "/login", Cookie="theme=тёмная").status
    assert 303 == page.ask("GET", "/", Cookie="gate_session=1.x").status
    for half in (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A",
        b"",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\ntok",
    ):
        found, seconds = page.until_closed(half)
        assert b"" == found
        assert seconds < 15
        assert 200 == page.ask("GET", "/login").status
    assert "Traceback" not in site.log.read_text()


def test_half_a_form_is_no_form(page: Page) -> None:
    """A form whose sender has gone is not taken for a shorter one."""
    login = page.ask("GET", "/login")
    cookie = login.getheader("Set-Cookie", "").partition(";")[0]
    assert cookie.startswith("gate_form=")
    found, _ = page.until_closed(
        f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Length: 500\r\n\r\ntoken=x&password=s3cret".encode()
    )
    assert b"" == found


def test_the_mark_of_a_browser_is_not_to_be_made_up() -> None:
    """A browser that was let in is known by its mark, one of another password or none is not."""
    sessions = Sessions("s3cret")
    mark = sessions.mark()
    assert mark.startswith(f"{sessions.known(mark)}.")
    assert ["", "", ""] == [sessions.known(one) for one in (Sessions("other").mark(), "x.y", "")]

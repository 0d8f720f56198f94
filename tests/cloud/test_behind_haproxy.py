"""Two real portals on one PostgreSQL, one NATS and one bucket behind a real HAProxy: people and gates never know which it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cloud.db.engine import Database
from cloud.db.models import GateEvent, Pass
from edge.demo.stage import free_port
from sync.eventstream import EventParser, ServerEvent
from tests.buckets import new_bucket, s3_server
from tests.cloud.places import PASSWORD, Place, place_in
from tests.haproxy import Haproxy
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.postgres, pytest.mark.long]
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
EVENT_ID = "0a000000-0000-4000-8000-000000000001"
DEVICE = {"authorization": "Bearer device A"}
PICTURE = b"\xff\xd8\xff picture"


@dataclass(frozen=True)
class Cell:
    """The portals, what stands before them, and a place in their database."""

    front: Haproxy
    portals: list[subprocess.Popen[bytes]]
    database: Database
    place: Place


@pytest.fixture(scope="module")
def cell(postgres_server, tmp_path_factory) -> Iterator[Cell]:
    home = tmp_path_factory.mktemp("cell")
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server.lent())
        bucket = new_bucket(stack.enter_context(s3_server()))
        nats = NatsServer()
        nats.start()
        stack.callback(nats.stop)
        facts = {
            "OKTER_DATABASE_URL": url, "OKTER_NATS_URL": nats.url, "OKTER_SECRET": "one for both, of the tests alone",
            "OKTER_S3_BUCKET": bucket.bucket, "OKTER_S3_KEY": bucket.key, "OKTER_S3_SECRET": bucket.secret,
            "OKTER_S3_ENDPOINT": bucket.endpoint,
        }  # fmt: skip
        ports = [free_port(), free_port()]
        front = Haproxy(home, ports)
        stack.callback(front.stop)
        portals = [stack.enter_context(serving(home / str(port), port, front.url, facts)) for port in ports]
        database = Database(url)
        stack.callback(database.close)
        with database.write() as session:
            place = place_in(session, "A")
            session.get_one(GateEvent, int(place.ids["event_id"])).event_id = EVENT_ID
        front.lead_to(0, 1)
        yield Cell(front, portals, database, place)


@contextmanager
def serving(data: Path, port: int, public: str, facts: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "cloud", "serve", "--data", data, "--port", str(port), "--public-url", public]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | facts)
    yield process
    process.kill()
    process.wait()


class Browser:
    """Cookies, pages, and forms with the token of the page before, all through HAProxy."""

    def __init__(self, cell: Cell) -> None:
        self.client = httpx.Client(base_url=cell.front.url, trust_env=False, timeout=PATIENCE_S)
        self._cell = cell
        self.csrf = ""

    def get(self, portal: int, path: str) -> httpx.Response:
        return self._sent(portal, "GET", path)

    def post(self, portal: int, path: str, **fields: object) -> httpx.Response:
        return self._sent(portal, "POST", path, data={"csrf": self.csrf, **fields})

    def _sent(self, portal: int, method: str, path: str, **parts: object) -> httpx.Response:
        self._cell.front.lead_to(portal)
        answer = self.client.request(method, path, **parts)
        assert f"portal{portal}" == answer.headers["x-portal"]
        if found := CSRF.search(answer.text):
            self.csrf = found[1]
        return answer

    def log_in(self, email: str) -> None:
        """The form from one portal, sent to the other."""
        self.get(0, "/login")
        answer = self.post(1, "/login", email=email, password=PASSWORD, consent="1")
        assert 303 == answer.status_code, answer.text[:500]


@pytest.fixture
def browser(cell: Cell) -> Iterator[Browser]:
    made = Browser(cell)
    yield made
    made.client.close()
    cell.front.lead_to(0, 1)


def plates(cell: Cell) -> set[str]:
    with cell.database.read() as session:
        return {one.plate for one in session.query(Pass)}


def test_a_form_of_one_portal_is_taken_by_the_other(cell, browser):
    """Log-in, session and a filed pass go on though each page comes from one portal and each form goes to the other."""
    path = f"/t/{cell.place.territory.code}/passes/new"
    browser.log_in(cell.place.resident.email)
    browser.get(0, path)

    answer = browser.post(1, path, plate="B123BC77", valid_from="2030-01-01", valid_until="2030-01-01")

    assert 303 == answer.status_code, answer.text[:500]
    assert "B123BC77" in plates(cell)


def test_a_form_without_its_token_is_refused_by_both(cell, browser):
    """The token of forms protects behind a balancer as it does without one."""
    browser.log_in(cell.place.resident.email)
    path, found = f"/t/{cell.place.territory.code}/passes/new", []
    for portal in (0, 1):
        browser.csrf = "of nobody"
        found.append(browser.post(portal, path, plate="B124BC77").status_code)

    assert [403, 403] == found
    assert "B124BC77" not in plates(cell)


def test_a_picture_of_one_portal_is_seen_on_the_other(cell, browser):
    """What a gate sent through one portal a guard sees through the other."""
    path = f"/api/edge/v1/events/{EVENT_ID}/snapshot"
    cell.front.lead_to(0)
    sent = httpx.put(
        cell.front.url + path, content=PICTURE, headers=DEVICE | {"content-type": "image/jpeg"}, trust_env=False
    )
    browser.log_in(cell.place.operator.email)

    seen = browser.get(1, f"/t/{cell.place.territory.code}/visits/{cell.place.ids['event_id']}/photo.jpg")

    assert (204, PICTURE) == (sent.status_code, seen.content)


def test_a_portal_that_dies_is_not_missed(cell, browser):
    """A gate's stream hears of a pass filed at the other portal; when its own is killed it has another stream, and the form goes on."""
    path = f"/t/{cell.place.territory.code}/passes/new"
    browser.log_in(cell.place.resident.email)
    browser.get(0, path)
    cell.front.lead_to(0)
    with httpx.Client(base_url=cell.front.url, headers=DEVICE, trust_env=False, timeout=PATIENCE_S) as gate:
        with gate.stream("GET", "/api/edge/v1/stream") as answer:
            assert "portal0" == answer.headers["x-portal"]
            events = heard(answer)
            first = next(events)
            browser.post(1, path, plate="B125BC77", valid_from="2030-01-01", valid_until="2030-01-01")
            assert ("passes", True) == ((told := next(events)).kind, told.id != first.id)
            cell.front.lead_to(0, 1)
            cell.portals[0].send_signal(signal.SIGKILL)
            with pytest.raises(httpx.RemoteProtocolError):
                list(events)
        with gate.stream("GET", "/api/edge/v1/stream") as answer:  # at once: the balancer may not have noticed yet
            assert (200, "portal1") == (answer.status_code, answer.headers["x-portal"])
            assert told.id == next(heard(answer)).id
    sent = browser.client.post(
        path,
        data={"csrf": browser.csrf, "plate": "B126BC77", "valid_from": "2030-01-01", "valid_until": "2030-01-01"},
    )
    assert (303, "portal1") == (sent.status_code, sent.headers["x-portal"])


def heard(answer: httpx.Response) -> Iterator[ServerEvent]:
    parser = EventParser()
    return (event for chunk in answer.iter_raw() for event in parser.feed(chunk) if isinstance(event, ServerEvent))

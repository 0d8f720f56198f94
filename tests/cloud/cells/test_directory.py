"""The directory: what it tells cells, what it refuses, and how a cell goes on without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from cloud.db.engine import Database
from cloud.db.models import utc_now
from cloud.directory.app import create_directory
from cloud.directory.client import DirectoryAway, HttpDirectory
from cloud.directory.places import Places
from cloud.directory.settings import DirectoryInvalid, DirectorySettings, directory_settings, move_key
from cloud.domain.pairing import make_token, public_part
from cloud.domain.tokens import token_hash

SECRET = "s" * 32
EAST, WEST = "https://east.example.ru", "https://west.example.ru"


@pytest.fixture
def places(database: Database) -> Places:
    """Empty, on each kind of database; it may be the portal's own."""
    return Places(database)


class Client:
    """A cell that asks the application without a socket."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self._runner = runner
        transport = httpx.ASGITransport(app=create_directory(database, SECRET))
        headers = {"Authorization": f"Bearer {SECRET}"}
        self._client = httpx.AsyncClient(transport=transport, base_url="http://directory", headers=headers)

    def request(self, method: str, path: str, **parts: object) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **parts))

    def get(self, path: str, **parts: object) -> httpx.Response:
        return self.request("GET", path, **parts)

    def post(self, path: str, **parts: object) -> httpx.Response:
        return self.request("POST", path, **parts)


@pytest.fixture
def client(database: Database) -> Iterator[Client]:
    with asyncio.Runner() as runner:
        yield Client(database, runner)


def test_a_code_is_claimed_once(places):
    """Whoever comes second is refused, the same cell included: a code that is in use is free for nobody."""
    assert places.claim("123-456", EAST, now=utc_now())
    assert not places.claim("123-456", WEST, now=utc_now())
    assert not places.claim("123-456", EAST, now=utc_now())
    assert places.of_code("123-456").cell_url == EAST


def test_a_later_move_stands(places):
    """A command that is run again long after, and tells an old move, changes nothing."""
    places.claim("123-456", EAST, now=utc_now())

    assert places.move("123-456", WEST, serial=1, now=utc_now())
    assert places.move("123-456", EAST, serial=2, now=utc_now())
    assert not places.move("123-456", WEST, serial=1, now=utc_now())

    assert places.of_code("123-456").cell_url == EAST
    assert places.move("654-321", WEST, serial=3, now=utc_now())  # one that was never registered
    assert places.of_code("654-321").serial == 3


def test_a_gates_credential_finds_its_cell(places, client):
    """By the public part of its token, or the hash of an older one; the token itself is asked of nobody."""
    places.claim("123-456", EAST, now=utc_now())
    token, older = make_token("123-456"), make_token()
    places.remember("123-456", [token_hash(older)])

    assert public_part(token) == "123-456"
    assert public_part(older) == ""
    assert client.get(f"/v1/gates/{public_part(token)}").json()["cell"] == EAST
    assert client.get(f"/v1/gates/{token_hash(older)}").json()["cell"] == EAST
    assert client.get(f"/v1/gates/{token_hash('other')}").status_code == 404
    assert client.get(f"/v1/gates/{token}").status_code == 404


def test_a_cell_frees_the_code_of_what_it_deleted(places, client):
    """Its own, of before that moment; nobody else's, and nothing without a moment."""
    moment = utc_now()
    places.claim("123-456", EAST, now=moment)

    def free(cell: str, at: str | None) -> int:
        told = {"cell": cell, "before": at}
        return client.request("DELETE", "/v1/territories/123-456", json=told).status_code

    assert [204, 204, 422, 422] == [
        free(WEST, moment.isoformat()),
        free(EAST, (moment - timedelta(seconds=1)).isoformat()),
        free(EAST, "2026-01-01T00:00:00"),
        free(EAST, None),
    ]
    assert places.of_code("123-456").cell_url == EAST
    assert free(EAST, moment.isoformat()) == 204
    assert places.of_code("123-456") is None


def test_only_cells_may_ask_and_claim(client):
    """Without the secret nothing is told and nothing is claimed."""
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        assert client.get("/v1/territories/123-456", headers=headers).status_code == 401
        assert client.post("/v1/territories/123-456", json={"cell": EAST}, headers=headers).status_code == 401
        assert client.get("/v1/gates/123-456", headers=headers).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"cell": 1}', b'{"cell": "javascript:x"}', b"[" * 900, b"x" * 2000])
def test_a_claim_that_is_none_is_refused(client, body):
    """Whatever is sent, the answer is a refusal and the code stays free."""
    assert client.post("/v1/territories/123-456", content=body).status_code in {413, 422}
    assert client.get("/v1/territories/123-456").status_code == 404


def test_a_territorys_address_at_the_directory_leads_to_its_cell(client, places):
    """People may be given one address for all cells."""
    places.claim("123-456", EAST, now=utc_now())

    answer = client.get("/t/123-456/passes/new", headers={"Authorization": ""})

    assert (answer.status_code, answer.headers["location"]) == (307, f"{EAST}/t/123-456/passes/new")
    assert client.get("/t/999-999").status_code == 404
    assert client.get("/healthz").json() == {"territories": 1}


def test_a_cell_remembers_what_it_was_told(client, places):
    """For a minute nothing is asked twice; when the directory is away, what was known goes on; what was not is unknown."""
    places.claim("123-456", WEST, now=utc_now())
    clock, away, asked = [0.0], [False], []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if away[0]:
            raise httpx.ConnectError("away")
        found = client.request(request.method, request.url.path, headers=dict(request.headers), content=request.content)
        return httpx.Response(found.status_code, json=found.json())

    cell = HttpDirectory(
        DirectorySettings("http://directory", SECRET), EAST, now=lambda: clock[0], transport=httpx.MockTransport(answer)
    )
    assert (cell.cell_of("123-456"), cell.cell_of("123-456"), len(asked)) == (WEST, WEST, 1)
    assert cell.cell_of("999-999") is None
    code = cell.new_code()
    assert places.of_code(code).cell_url == EAST
    assert cell.cell_of(code) is None  # it is ours

    clock[0], away[0] = 1000.0, True
    assert cell.cell_of("123-456") == WEST
    with pytest.raises(DirectoryAway):
        cell.cell_of("111-111")
    with pytest.raises(DirectoryAway):
        cell.new_code()


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"OKTER_DIRECTORY_URL": "ftp://x"}, "OKTER_DIRECTORY_URL"),
        ({"OKTER_DIRECTORY_URL": "http://x"}, "OKTER_DIRECTORY_SECRET_FILE"),
        ({"OKTER_DIRECTORY_URL": "http://x", "OKTER_DIRECTORY_SECRET_FILE": "/nowhere"}, "/nowhere"),
        ({"OKTER_MOVES_KEY": "/nowhere"}, "OKTER_MOVES_KEY: /nowhere"),
    ],
)
def test_a_bad_setting_is_named(environment, why):
    """One line names the variable, and the file where one is meant."""
    with pytest.raises(DirectoryInvalid, match=why):
        (directory_settings(environment), move_key(environment))


def test_without_settings_there_is_one_cell():
    """Nothing is asked of anybody."""
    assert (directory_settings({}), move_key({})) == (None, "")

"""Notices on the guard's telephone: switched on by a session, leading to one car, good for a minute."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.config import load
from edge.console.app import Console
from edge.neighbours.subscriptions import FILE_NAME, Subscriptions
from edge.persons import Persons, Role
from edge.runtime.control import ControlClient
from edge.runtime.status import NeighbourStatus
from posting.push_encryption import from_base64url, to_base64url
from relay.fake import FakeRelay
from relay.protocol import BarrierStatus
from tests.cloud.push_service import Browser
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving, waiting

BARRIER = BarrierStatus("main", "simulated", "", "ok", "off", "idle", None, "pi", "unknown", 0)
ON = '[web_push]\non = true\ncontact = "mailto:a@example.ru"\n'


class Phone:
    """A browser at the page of a gate that runs, with notices wanted by the config or not."""

    def __init__(self, folder: Path, more: str = ON) -> None:
        self.config = load(write_config(folder, more))
        self.config.state_dir.mkdir(exist_ok=True)
        self.relay = FakeRelay()
        self.relay.barriers = (BARRIER,)
        self.gate = FakeGate()
        self.gate.visits = (waiting(),)
        self.serving = Serving(self.config.state_dir, self.gate)
        self.console = Console(self.config, gate=ControlClient(self.config.state_dir), relay=self.relay)
        transport = httpx.ASGITransport(app=self.console.app())
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480")

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._client.get(path))

    def post(self, path: str, form: str, **values: str) -> httpx.Response:
        page = self.get(form).text
        token = re.search(r'(?:name="token" value|data-token)="([^"]+)"', page)
        assert token is not None
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        return asyncio.run(self._client.post(path, data={**hidden, "token": token[1], **values}))

    def opened(self) -> int:
        return len([one for _, one in self.relay.requests if one.do.value == "open"])

    def end(self) -> None:
        self.serving.end()
        self.console.close()


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    made = Phone(tmp_path)
    yield made
    made.end()


def keys() -> dict[str, str]:
    browser = Browser()
    return {"p256dh": to_base64url(browser.point), "auth": to_base64url(browser.auth)}


def test_a_browser_subscribes_and_leaves(phone: Phone) -> None:
    """What it gave is kept as it was, in its language; the page holds the gate's public key, 65 bytes of P-256."""
    page = phone.get("/notices?lang=en").text
    (key,) = re.findall(r'data-key="([^"]+)"', page)
    assert (65, 4) == (len(from_base64url(key)), from_base64url(key)[0])
    asked = {"endpoint": "https://push.example.net/a", **keys()}
    assert 303 == phone.post("/notices", "/notices?lang=en", **asked).status_code
    (kept,) = Subscriptions(phone.config.state_dir).all()
    assert (asked["endpoint"], asked["p256dh"], "en") == (kept.endpoint, kept.p256dh, kept.language)
    assert 303 == phone.post("/notices/off", "/notices", endpoint=asked["endpoint"]).status_code
    assert () == Subscriptions(phone.config.state_dir).all()


def test_notices_are_those_of_the_file_of_now(tmp_path: Path) -> None:
    """Switched on, quiet hours, switched off: the page says so without a restart; a broken file changes nothing."""
    phone = Phone(tmp_path, "")
    try:
        assert 404 == phone.get("/notices").status_code
        assert "/notices" not in phone.get("/").text
        write_config(tmp_path, ON + 'quiet = "23-7"\n')
        assert 'href="/notices"' in phone.get("/").text
        assert "не сообщают: 23-7" in phone.get("/notices").text
        phone.config.file.write_text("[[[", encoding="utf-8")
        assert "не сообщают: 23-7" in phone.get("/notices").text
        write_config(tmp_path)
        assert 404 == phone.get("/notices").status_code
    finally:
        phone.end()


def test_on_is_said_only_of_a_gate_that_tells(phone: Phone) -> None:
    """A gate that has not taken the setting, one whose notices do not get out, and one that is gone tell nobody."""
    assert "alert" not in phone.get("/notices").text.split('id="push"')[0].split("<h1>")[1]
    phone.gate.neighbours = ()
    assert "настройку он не взял" in phone.get("/notices").text
    phone.gate.neighbours = (NeighbourStatus("web_push", 0, "fcm.example: timeout"),)
    assert "не уходят: fcm.example: timeout" in phone.get("/notices").text
    phone.serving.end()
    assert "пока он не работает, уведомлений нет" in phone.get("/notices").text


@pytest.mark.parametrize(
    "bad", [{"endpoint": "http://push.example.net/a"}, {"endpoint": "ftp://x"}, {"p256dh": "AAAA"}, {"auth": ""}]
)
def test_what_is_no_subscription_is_not_kept(phone: Phone, bad: dict[str, str]) -> None:
    """Another scheme than https, a point that is none, a secret of another length."""
    answer = phone.post("/notices", "/notices", **{"endpoint": "https://push.example.net/a", **keys(), **bad})
    assert 422 == answer.status_code
    assert () == Subscriptions(phone.config.state_dir).all()


def test_without_the_setting_there_is_no_such_page(tmp_path: Path) -> None:
    """Nothing is linked, shown or kept until the config says so."""
    phone = Phone(tmp_path, "")
    assert "/notices" not in phone.get("/").text
    assert 404 == phone.get("/notices").status_code
    phone.end()


def test_a_notice_opens_for_its_car_within_its_minute(phone: Phone) -> None:
    """Picture, plate and reason; the button asks the relay once, in the name of whoever pressed."""
    path = f"/notice/v1?until={int(time.monotonic()) + 50}"
    page = html.unescape(phone.get(path).text)
    assert "А 123 ВС 77" in page
    assert "/waiting/v1.jpg" in page
    answer = phone.post("/notice/v1/open", path)
    assert 303 == answer.status_code
    assert "Ничего не открыто" not in phone.get(answer.headers["location"]).text
    assert 1 == phone.opened()


@pytest.mark.parametrize("shift", [-1, 75, 86_400])
def test_after_its_minute_it_shows_and_opens_nothing(phone: Phone, shift: int) -> None:
    """Also a moment that is none of the last minute, as one from before a restart of the box, and no number at all."""
    for until in (str(int(time.monotonic()) + shift), "", "x", "1e9", "9" * 40, "٣"):
        path = f"/notice/v1?until={until}"
        assert "/notice/v1/open" not in phone.get(path).text
        late = phone.post("/notice/v1/open", "/notices", until=until, request_id="2f0c6a3e-0000-4000-8000-000000000001")
        assert "Ничего не открыто" in phone.get(late.headers["location"]).text
    assert 0 == phone.opened()


def test_a_car_that_left_is_not_opened_for(phone: Phone) -> None:
    """The page says so, and a press on a page that was open meanwhile opens nothing for the one behind it."""
    path = f"/notice/v1?until={int(time.monotonic()) + 50}"
    form = phone.get(path).text
    phone.gate.visits = (waiting("v2"),)
    assert "уже не видно" in phone.get(path).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = asyncio.run(phone._client.post("/notice/v1/open", data=hidden))
    assert "уже не видно" in phone.get(answer.headers["location"]).text
    assert 0 == phone.opened()


def test_a_stranger_reaches_neither_page_nor_button(tmp_path: Path) -> None:
    """With persons named, a notice leads to the login; the worker's script alone is everybody's."""
    phone = Phone(tmp_path)
    Persons(phone.config.state_dir).put("Иван", Role.GUARD, "482913")
    for path in ("/notices", "/notice/v1?until=1"):
        assert "/login" == phone.get(path).headers["location"]
    assert "showNotification" in phone.get("/worker.js").text
    phone.end()


def test_a_browser_is_on_where_the_gate_says_so(phone: Phone) -> None:
    """Kept, it is; forgotten by the gate, never heard of, or with a file that cannot be read, it is not."""
    there = "https://push.example.net/one"
    assert {"kept": False} == phone.post("/notices/kept", "/notices", endpoint=there).json()
    assert 303 == phone.post("/notices", "/notices", endpoint=there, **keys()).status_code
    assert {"kept": True} == phone.post("/notices/kept", "/notices", endpoint=there).json()
    Subscriptions(phone.config.state_dir).drop(there)
    assert {"kept": False} == phone.post("/notices/kept", "/notices", endpoint=there).json()
    (phone.config.state_dir / FILE_NAME).write_text("[[")
    assert 503 == phone.post("/notices/kept", "/notices", endpoint=there).status_code

"""A car that waits: who it is, why, whose guest; and an opening for that car and no other."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.rules.policy import Direction
from core.words.reasons import Reason
from edge.config import load
from edge.console.app import Console
from edge.console.barrier_requests import FRESH_S
from edge.runtime.control import ControlClient
from relay.fake import FakeRelay
from relay.protocol import BarrierStatus, Do, InputStatus
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving, waiting

BARRIER = BarrierStatus("main", "simulated", "", "ok", "off", "idle", None, "pi", "unknown", 0)


class Guard:
    """A browser at the page of a gate that runs."""

    def __init__(self, folder: Path, *, title: str = "") -> None:
        named = ('name = "entry"', f'name = "entry"\ntitle = "{title}"')
        self.file = write_config(folder, replacing=named) if title else write_config(folder)
        config = load(self.file)
        config.state_dir.mkdir(exist_ok=True)
        self.relay = FakeRelay()
        self.relay.barriers = (BARRIER,)
        self.gate = FakeGate()
        self.serving = Serving(config.state_dir, self.gate)
        self.console = Console(config, gate=ControlClient(config.state_dir), relay=self.relay)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.console.app()), base_url="http://127.0.0.1:8480"
        )

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._client.get(path))

    def open_for(self, visit_id: str, *, like: str = "", **more: str) -> dict[str, object]:
        """Press OPEN on the card of a visit."""
        html = self.get("/").text
        form = re.search(rf'action="/visit/{like or visit_id}/open">(.*?)</form>', html, re.DOTALL)
        assert form is not None
        values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
        path, headers = f"/visit/{visit_id}/open", {"accept": "application/json"}
        answer = asyncio.run(self._client.post(path, data={**values, **more}, headers=headers))
        assert 200 == answer.status_code
        return answer.json()


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    made = Guard(tmp_path)
    yield made
    made.console.close()
    made.serving.end()


def test_a_refused_guest_comes_first(guard: Guard) -> None:
    """Picture, the plate as on the road, the reason with its time, whose guest it is and whom to call, and OPEN."""
    guard.gate.visits = (waiting(),)
    html = guard.get("/").text
    card = html[html.index('class="waiting"') : html.index('class="lanes"')]
    for text in ("А 123 ВС 77", "пропуск закончился вчера в 18:00", "дом 5, Ивановы", 'href="tel:+79123456789"'):
        assert text in card
    assert b"\xff\xd8" == guard.get(re.search(r'src="(/waiting/[^"]+)"', card)[1]).content[:2]
    assert 404 == guard.get("/waiting/nobody.jpg").status_code


def test_who_waits(guard: Guard) -> None:
    """The longest waiting first; no car that was opened for, is not seen, has just come, or leaves by itself."""
    guard.gate.visits = (
        waiting("young", word="", grounds=(), waited_s=1.0),
        waiting("second", waited_s=10.0),
        waiting("first", waited_s=60.0),
        waiting("unseen", unseen_s=FRESH_S + 1),
        waiting("leaving", direction=Direction.EXIT, word=Reason.EXIT_FREE.value, waited_s=2.0),
        waiting("kept in", direction=Direction.EXIT, word=Reason.EXIT_FREE.value, waited_s=30.0),
    )
    assert ["first", "kept in", "second"] == re.findall(r'data-visit="([^"]+)"', guard.get("/").text)
    assert "выезд не открылся сам" in guard.get("/").text


def test_what_a_note_says_is_text(guard: Guard) -> None:
    """A resident's note is no markup."""
    guard.gate.visits = (waiting(note="<img src=x onerror=alert(1)>"),)
    assert "&lt;img src=x" in guard.get("/").text


def test_one_opening_for_that_car(guard: Guard) -> None:
    """The relay is asked once, for its lane, by the page, with the note; the answer names the car."""
    guard.gate.visits = (waiting(),)
    answer = guard.open_for("v1", note="к Ивановым,\n звонили")
    assert answer["well"]
    assert "А 123 ВС 77" in str(answer["text"])
    ((_, asked),) = guard.relay.requests
    assert (Do.OPEN, "entry", Reason.CONSOLE, "console") == (asked.do, asked.lane, asked.reason, asked.by)
    assert "к Ивановым, звонили" == " ".join(asked.note.split())


@pytest.mark.parametrize("visits", [(), (waiting("v2"),), (waiting(unseen_s=FRESH_S + 0.5),)])
def test_a_car_that_is_gone_is_not_opened_for(guard: Guard, visits: tuple) -> None:
    """Pressed a moment late, whoever stands there now: nothing opens."""
    guard.gate.visits = (waiting(),)
    guard.get("/")
    form_of = guard.get("/").text
    values = dict(re.findall(r'name="(token|request_id)" value="([^"]*)"', form_of.split("/visit/v1/open")[1]))
    guard.gate.visits = visits
    answer = asyncio.run(guard._client.post("/visit/v1/open", data=values, headers={"accept": "application/json"}))
    assert not answer.json()["well"]
    assert "уже не видно" in answer.json()["text"]
    assert [] == guard.relay.requests


def test_without_the_gate_nobody_knows_who_stands_there(guard: Guard) -> None:
    """A gate that has gone: the opening for a visit is refused, and the page says what it does not know."""
    guard.gate.visits = (waiting(),)
    values = dict(
        re.findall(r'name="(token|request_id)" value="([^"]*)"', guard.get("/").text.split("/visit/v1/open")[1])
    )
    guard.serving.end()
    answer = asyncio.run(guard._client.post("/visit/v1/open", data=values, headers={"accept": "application/json"}))
    assert "неизвестно" in answer.json()["text"]
    assert [] == guard.relay.requests


def test_health_in_words(guard: Guard) -> None:
    """List, disk, heat, the clock of the site, and each alarm with its meaning and cure; wired inputs from the relay."""
    guard.relay.barriers = (dataclasses.replace(BARRIER, alarms=("left_open",)),)
    guard.relay.inputs = (InputStatus("button", "guard_button", "main", None, "off", ("input_stuck",)),)
    html = guard.get("/").text
    for text in ("пропусков 240", "свободно 9000 МБ", "52.0 °C", "29.11.2026 09:00:00", "вход button", "вход залип"):
        assert text in html
    assert "провод замкнут, кнопка нажата" in html

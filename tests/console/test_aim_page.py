"""The aim assistant's page: live measures, zone and mask, acceptance; for whom it is, and what it says without a gate."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from core.instant import Instant
from edge.aim import mounting
from edge.aim.record import files_of, load_record
from edge.aim.settings import AimSettings
from edge.config import GateConfig, load
from edge.config.live import Reloaded
from edge.console.app import Console
from edge.persons import Persons, Role
from edge.runtime.control import ControlClient
from edge.store.journal import Journal
from relay.fake import FakeRelay
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving
from tests.store.records import visit_record

SINCE = "2026-11-01T00:00:00Z"


@dataclass
class Aiming:
    """A browser on the page of a lane, and the gate behind it."""

    config: GateConfig
    gate: FakeGate
    client: httpx.AsyncClient
    serving: Serving

    def get(self, path: str = "/aim/entry") -> httpx.Response:
        return asyncio.run(self.client.get(path))

    def post(self, path: str, **values: str) -> httpx.Response:
        token = re.findall(r'name="token" value="([^"]*)"', self.get("/aim/entry").text)[0]
        return asyncio.run(self.client.post(path, data={"token": token, **values}))

    def log_in(self, name: str, secret: str) -> None:
        token = re.findall(r'name="token" value="([^"]*)"', self.get("/login").text)[0]
        asyncio.run(self.client.post("/login", data={"token": token, "name": name, "password": secret}))


@pytest.fixture
def aiming(tmp_path: Path) -> Iterator[Aiming]:
    config = load(write_config(tmp_path, replacing=('name = "entry"', 'name = "entry"\ntitle = "Въезд <1>"')))
    config.state_dir.mkdir()
    with Journal(config.state_dir / "journal.db") as journal:
        for number in range(3):
            at = Instant(1.0, datetime(2026, 11, 29, 9, number, tzinfo=UTC), wall_trusted=True)
            journal.record(visit_record(number, first=at, last=at, lane="entry", frames=24, reads=19))
    gate = FakeGate()
    serving = Serving(config.state_dir, gate)
    console = Console(config, gate=ControlClient(config.state_dir), relay=FakeRelay())
    transport = httpx.ASGITransport(app=console.app())
    yield Aiming(config, gate, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480"), serving)
    console.close()
    serving.end()


def test_the_measures_are_shown_with_limits_and_cures(aiming: Aiming) -> None:
    """Each measure with its limit; what is bad says what to do; what was seen long ago says when."""
    page = aiming.get().text
    assert ("142 пикс." in page, "от 120" in page, "Въезд &lt;1&gt;" in page) == (True, True, True)
    assert 'class="bad' not in page
    assert aiming.gate.plate is not None
    aiming.gate.plate = replace(aiming.gate.plate, width_px=80.0, age_s=200.0)
    rows = aiming.get("/aim/entry/rows").text
    assert re.search(r'<li class="bad aged" data-code="width">.*?приблизьте.*?видели 3 мин назад', rows, re.DOTALL)


def test_without_a_gate_nothing_is_claimed(aiming: Aiming) -> None:
    """`gate run` gone, no picture yet, no plate yet: unknown, and nothing green."""
    aiming.gate.plate = aiming.gate.view = None
    rows = aiming.get("/aim/entry/rows").text
    assert ("ещё не видели" in rows, "кадра ещё не было" in rows) == (True, True)
    aiming.serving.end()
    rows = aiming.get("/aim/entry/rows").text
    assert ("gate run не отвечает" in rows, 'class="good' in rows) == (True, False)
    answer = aiming.post(f"/aim/entry/accept?since={SINCE}", note="всё равно")
    assert (422, True) == (answer.status_code, "gate run не запущен" in answer.text)


def test_speed_and_distance_are_typed(aiming: Aiming) -> None:
    """Frames per pass follow the speed and the distance of the form; nonsense leaves the settings' own."""
    assert "18 на 20 км/ч" in aiming.get("/aim/entry/rows").text
    assert "5 на 60 км/ч" in aiming.get("/aim/entry/rows?speed=60&distance=4").text
    assert "18 на 20 км/ч" in aiming.get("/aim/entry/rows?speed=1e9&distance=x").text


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "nan", "%00"])
def test_a_moment_that_is_none_begins_no_test(aiming: Aiming, since: str) -> None:
    """An address typed or broken on its way shows the page as if no test passes had begun."""
    assert 200 == aiming.get(f"/aim/entry?since={since}").status_code


def test_acceptance_from_the_page(aiming: Aiming) -> None:
    """Three passes and green measures become a record, its page is printed from the box, and the next visit finds it."""
    assert "Пробные проезды: 3 / 3" in aiming.get(f"/aim/entry?since={SINCE}").text
    answer = aiming.post(f"/aim/entry/accept?since={SINCE}")
    assert (303, "/aim/entry/record") == (answer.status_code, answer.headers["location"])
    record = load_record(files_of(aiming.config.state_dir, "entry"))
    assert record is not None
    assert (True, 3) == (record.complete, len(record.passes))
    printed = aiming.get("/aim/entry/record")
    assert "Приёмка проезда «Въезд &lt;1&gt;»" in printed.text
    assert "default-src 'none'" in printed.headers["content-security-policy"]
    assert "открыть и напечатать" in aiming.get().text


def test_what_is_not_in_order_takes_a_word(aiming: Aiming) -> None:
    """Without passes it is not accepted, and says why; with a remark it is."""
    refused = aiming.post("/aim/entry/accept")
    assert (422, True) == (refused.status_code, "допишите, почему" in refused.text)
    assert 404 == aiming.get("/aim/entry/record").status_code
    assert 303 == aiming.post("/aim/entry/accept", note="проезды завтра").status_code


def test_a_drawn_zone_is_saved(aiming: Aiming, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the settings where they may be written; else it waits, and the page says for what."""
    answer = aiming.post("/aim/entry/draw", zone="0.1,0.2,0.9,1", mask="0,0,0.2,0.2")
    assert "Записано в настройки" in answer.text
    view = load(aiming.config.file).lanes[0].view
    assert ((0.1, 0.2, 0.9, 1.0), (0.0, 0.0, 0.2, 0.2)) == (view.zone, view.mask)
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    assert "sudo gate aim --apply" in aiming.post("/aim/entry/draw", zone="0.2,0.2,0.9,1").text
    page = aiming.get().text
    assert ("0.2,0.2,0.9,1" in page, "ждёт записи" in page) == (True, True)
    for zone in ("0.9,0.2,0.1,1", "x", "", "0,0,1,1,1"):
        assert 422 == aiming.post("/aim/entry/draw", zone=zone).status_code


def test_a_zone_that_the_gate_takes_holds_at_once(aiming: Aiming) -> None:
    """The running gate is asked to take it, and the page says what it answered: who stands on a ladder restarts nothing."""
    aiming.gate.config = str(aiming.config.file)
    aiming.gate.reloaded = Reloaded(live=("lane.entry.zone",))
    assert "Уже действует." in aiming.post("/aim/entry/draw", zone="0.1,0.2,0.9,1").text
    assert ["console"] == aiming.gate.reloads
    aiming.gate.reloaded = Reloaded(restart=("lane.entry.mask",))
    assert (
        "Действует после перезапуска" in aiming.post("/aim/entry/draw", zone="0.1,0.2,0.9,1", mask="0,0,0.2,0.2").text
    )
    aiming.gate.reloaded = Reloaded(error="x")
    assert "Действует после перезапуска" in aiming.post("/aim/entry/draw", zone="0.2,0.2,0.9,1").text


def test_the_mounting_table_is_on_the_ladder(aiming: Aiming) -> None:
    """Distances, lenses and limits stand on the page itself; widths are those of the stream that comes."""
    page = aiming.get().text
    for text in ("Таблица установки", "4–7 м", "кадр шириной 960", "<b>233</b>", "<td>50</td>"):
        assert text in page


def test_the_mounting_table_is_that_of_the_guide() -> None:
    """docs/field.md and the page calculate alike."""
    lines = (Path(__file__).parents[2] / "docs/field.md").read_text(encoding="utf-8").splitlines()
    for row in mounting.table(AimSettings()):
        told = " | ".join(str(px) for px, _ in row.widths)
        assert f"| {row.distance_m} м | {told} |" in lines


def test_it_is_for_technicians(aiming: Aiming) -> None:
    """Where persons are named, a guard may look at nothing of it and change nothing; a technician may, by name."""
    persons = Persons(aiming.config.state_dir)
    persons.put("Иван", Role.GUARD, "135790")
    persons.put("Анна", Role.TECHNICIAN, "246801")
    aiming.log_in("Иван", "135790")
    refused = aiming.get()
    assert (403, True) == (refused.status_code, "Наводит камеры техник" in refused.text)
    assert 403 == aiming.get("/aim").status_code
    assert '"/aim"' not in aiming.get("/").text
    aiming.client.cookies.clear()
    aiming.log_in("Анна", "246801")
    assert '"/aim"' in aiming.get("/").text
    aiming.post("/aim/entry/accept", note="сменю объектив")
    record = load_record(files_of(aiming.config.state_dir, "entry"))
    assert record is not None
    assert ("Анна", "сменю объектив", False) == (record.by, record.note, record.complete)


def test_one_lane_needs_no_choice(aiming: Aiming) -> None:
    """With one lane the list leads straight to it; a lane that is not there is none."""
    assert "/aim/entry" == aiming.get("/aim").headers["location"]
    assert 404 == aiming.get("/aim/nowhere").status_code

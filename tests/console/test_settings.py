"""Settings on the page: a technician's, one key at a time, by the code of `gate config set`; the gate takes what it can."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.config import load
from edge.config.edit import set_value
from edge.config.live import Reloaded
from edge.console.app import Console
from edge.persons import Persons, Role
from edge.runtime.control import ControlClient
from edge.runtime.status import RulesStatus
from relay.fake import FakeRelay
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving

PIN = "482913"


class Site:
    """A box with a guard and a technician, a page, and a gate that answers until it is ended."""

    def __init__(self, folder: Path) -> None:
        self.file = write_config(folder, "[policy]\nopen_confidence = 0.85  # как договорились\n")
        config = load(self.file)
        config.state_dir.mkdir()
        persons = Persons(config.state_dir)
        persons.put("Иван", Role.GUARD, PIN)
        persons.put("Анна", Role.TECHNICIAN, PIN)
        self.gate = FakeGate()
        self.gate.config = str(self.file)
        self.serving = Serving(config.state_dir, self.gate)
        self.console = Console(config, gate=ControlClient(config.state_dir), relay=FakeRelay())
        transport = httpx.ASGITransport(app=self.console.app())
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480")

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._client.get(path))

    def post(self, path: str, form: str, **values: str) -> httpx.Response:
        """Sends the form of page `form` with `values` filled in."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.get(form).text))
        data = {name: html.unescape(value) for name, value in hidden.items()} | values
        return asyncio.run(self._client.post(path, data=data))

    def log_in(self, name: str) -> None:
        assert 303 == self.post("/login", "/login", name=name, password=PIN).status_code

    def save(self, key: str, value: str, **more: str) -> httpx.Response:
        return self.post("/settings/key", f"/settings/key?key={key}", value=value, **more)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    yield found
    found.serving.end()
    found.console.close()


def test_a_technician_changes_a_key_and_the_gate_takes_it(site: Site) -> None:
    """The line changes, its comment stays, the gate is told by whom; the page says that it holds already."""
    site.log_in("Анна")
    site.gate.reloaded = Reloaded(live=("policy.open_confidence",))
    answer = site.save("policy.open_confidence", "0.9")
    assert 200 == answer.status_code
    assert "0.85 → 0.9. Уже действует." in html.unescape(answer.text)
    assert re.search(r"open_confidence = 0\.9 +# как договорились", site.file.read_text())
    assert ["console:Анна"] == site.gate.reloads


@pytest.mark.parametrize("table", ["telegram", "web_push"])
def test_quiet_hours_are_set_here_and_hold_at_once(site: Site, table: str) -> None:
    """Of notices the page has the quiet hours alone; where nobody is told it says so, and what is no hours is not written."""
    site.log_in("Анна")
    site.gate.reloaded = Reloaded(live=(f"{table}.quiet",))
    assert "Подействует сразу." in site.get(f"/settings/key?key={table}.quiet").text
    assert '→ "23-7". Уже действует.' in html.unescape(site.save(f"{table}.quiet", "23-7").text)
    assert "23-7" == getattr(load(site.file), table).quiet
    assert 422 == site.save(f"{table}.quiet", "ночью").status_code
    assert 1 == len(site.gate.reloads)
    site.gate.neighbours = ()
    assert "Эти уведомления сейчас выключены." in site.get(f"/settings/key?key={table}.quiet").text


def test_what_needs_a_restart_is_said_before_and_after(site: Site) -> None:
    """With the command to type."""
    site.log_in("Анна")
    site.gate.reloaded = Reloaded(restart=("store.keep_days",))
    assert "systemctl restart okter-gate" in site.get("/settings/key?key=store.keep_days").text
    assert "Подействует после перезапуска: systemctl restart okter-gate" in site.save("store.keep_days", "30").text
    assert 30 == load(site.file).store.keep_days


@pytest.mark.parametrize(
    ("key", "value"),
    [("policy.open_confidence", "7"), ("policy.min_frames", "два"), ("lane.entry.zone", "[0.9, 0, 0.1, 1]")],
)
def test_what_does_not_hold_is_not_written(site: Site, key: str, value: str) -> None:
    """The error stands at the field with what was typed; the file is byte for byte what it was, and nobody is told."""
    site.log_in("Анна")
    before = site.file.read_bytes()
    answer = site.save(key, value)
    assert 422 == answer.status_code
    assert html.escape(value, quote=False) in answer.text
    assert before == site.file.read_bytes()
    assert [] == site.gate.reloads


def test_a_rule_that_the_portal_may_choose_says_whose_word_holds(site: Site) -> None:
    """In the list and at the key; that a value here is stronger stands there too. Without an answer: not known."""
    site.log_in("Анна")
    site.gate.rules = RulesStatus(12.0, "cloud", False, "default", 60.0, 12.0, False)
    for path in ("/settings", "/settings/key?key=policy.anti_passback_h"):
        shown = html.unescape(site.get(path).text)
        assert "Сейчас действует: 12 ч (выбрал портал)." in shown
        assert "сильнее выбора управляющего" in shown
    assert "сильнее" not in site.get("/settings/key?key=policy.min_frames").text
    site.gate.rules = None
    assert "Что действует сейчас, неизвестно." in site.get("/settings/key?key=policy.convoy").text


def test_two_technicians_do_not_overwrite_one_another(site: Site) -> None:
    """A value changed since the form was shown is kept, and told."""
    site.log_in("Анна")
    answer = site.save("policy.open_confidence", "0.95", was="0.8")
    assert 422 == answer.status_code
    assert "уже изменил кто-то другой" in answer.text
    assert 0.85 == load(site.file).policy.open_confidence


def test_generations_are_shown_and_brought_back(site: Site) -> None:
    """What differs is listed by key, the newest can be brought back, and that is told to the gate."""
    site.log_in("Анна")
    site.save("policy.open_confidence", "0.9")
    shown = re.sub(r"<[^>]+>|\s+", " ", html.unescape(site.get("/settings").text))
    assert re.search(r"policy\.open_confidence\s*: 0\.85\s+→\s+теперь\s+0\.9", shown)
    assert "Прежние настройки вернулись" in site.post("/settings/rollback", "/settings").text
    assert 0.85 == load(site.file).policy.open_confidence
    assert 2 == len(site.gate.reloads)


def test_a_guard_neither_sees_nor_changes_settings(site: Site) -> None:
    """No link, no page, no change."""
    site.log_in("Иван")
    assert "/settings" not in site.get("/").text
    for path in ("/settings", "/settings/key?key=policy.min_frames"):
        assert 403 == site.get(path).status_code
    before = site.file.read_bytes()
    for path in ("/settings/key", "/settings/rollback"):
        assert 403 == site.post(path, "/journal", key="policy.min_frames", value="1", was="").status_code
    assert before == site.file.read_bytes()


@pytest.mark.parametrize(
    "key", ["console.password", "neighbours.plugins", "barrier.main.driver", "site.state_dir", "lane.entry.camera",
            "telegram.chats", "telegram.token", "telegram.api", "telegram.buttons", "web_push.on", "web_push.contact", "x"],
)  # fmt: skip
def test_keys_that_open_the_box_to_others_are_not_here(site: Site, key: str) -> None:
    """Neither shown nor taken, whatever is posted."""
    site.log_in("Анна")
    assert f">{key}<" not in site.get("/settings").text
    assert 404 == site.get(f"/settings/key?key={key}").status_code
    assert 404 == site.post("/settings/key", "/settings/key?key=policy.min_frames", key=key, value="x").status_code


def test_a_form_without_its_token_changes_nothing(site: Site) -> None:
    """As everywhere on the page."""
    site.log_in("Анна")
    before = site.file.read_bytes()
    assert 403 == site.save("policy.min_frames", "3", token="x").status_code
    assert before == site.file.read_bytes()


def test_a_gate_that_does_not_answer_or_runs_by_another_file_is_said(site: Site) -> None:
    """The file is changed all the same."""
    site.log_in("Анна")
    site.gate.config = "/elsewhere.toml"
    assert "по другому файлу" in site.save("policy.min_frames", "3").text
    site.serving.end()
    assert "gate run не отвечает" in site.save("policy.min_frames", "4").text
    assert 4 == load(site.file).policy.min_frames


def test_a_file_that_no_longer_parses_is_told_and_can_be_brought_back(site: Site) -> None:
    """A hand has broken it: the page says where, and the generation before repairs it."""
    site.log_in("Анна")
    set_value(site.file, "policy.min_frames", "3")
    site.file.write_text(site.file.read_text() + "\n[policy\n")
    answer = site.get("/settings")
    assert 422 == answer.status_code
    assert "Вернуть эти настройки" in answer.text
    site.post("/settings/rollback", "/settings")
    assert 2 == load(site.file).policy.min_frames


def test_a_file_that_this_service_may_not_write_is_only_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that does it, and without a form."""
    site.log_in("Анна")
    monkeypatch.setattr("edge.config.narrow.writable", lambda _: False)
    assert "sudo gate config set" in site.get("/settings").text
    page = site.get("/settings/key?key=policy.min_frames").text
    assert "sudo gate config set policy.min_frames" in page
    assert "<button" not in page.partition("<main>")[2]

"""Calls for real: an emulated board with a call button, a gate with its own call process, browsers with fake microphones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from cloud.db.engine import Database
from cloud.db.models import Account, Device, Role, utc_now
from cloud.domain import gates, territories
from cloud.domain.tokens import new_token, token_hash
from edge.store.journal import FILE_NAME, Journal
from relay.tools.emulators import ModbusEmulator
from tests.cloud.browser.conftest import ARGUMENTS, CHROMIUM, Portal, free_port, serving
from tests.cloud.places import account_in
from tests.patience import PATIENCE_S, until

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(1800)]

CALLING = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PATIENCE_MS = PATIENCE_S * 1000
RATE = 48_000
CONFIG = """\
[site]
name = "КПП-1"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = {camera}
barrier = "main"

[[barrier]]
name = "main"
driver = "modbus"
port = {port}
channel = 1

[[input]]
name = "call"
kind = "call_button"
lane = "entry"
board = "main"
board_input = 1

[call]
enabled = true
microphone = "camera"
loudspeaker = "null"
fps = 5
width_px = 320
pause_s = 1
"""


@pytest.fixture(scope="module")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """As everywhere, with a microphone that beeps and a person who lets the page have it."""
    chromium = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CALLING])
    yield chromium
    chromium.close()


@dataclass
class Server:
    """`okter serve` on one port, begun and ended as often as a test likes."""

    data_dir: Path
    port: int
    ends: ExitStack = field(default_factory=ExitStack)

    def begin(self) -> Portal:
        return self.ends.enter_context(serving(self.data_dir, self.port))

    def end(self) -> None:
        self.ends.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("portal"), free_port())
    yield made
    made.end()


@pytest.fixture(scope="module")
def portal(server: Server) -> Portal:
    """One of this module's own, which may be restarted."""
    return server.begin()


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of an empty lane with a tone: a camera that hears, and that nobody need recognise anything in."""
    path = tmp_path_factory.mktemp("camera") / "lane.mp4"
    with av.open(str(path), "w") as target:
        seen = target.add_stream("mpeg4", rate=5)
        seen.width, seen.height, seen.pix_fmt = 320, 180, "yuv420p"
        heard = target.add_stream("aac", rate=RATE, layout="mono")
        picture = np.tile(np.linspace(60, 180, 320, dtype=np.uint8)[None, :, None], (180, 1, 3))
        wave = (8000 * np.sin(np.arange(8 * RATE) * 2 * np.pi * 600 / RATE)).astype(np.int16)
        for second in range(8):
            for _ in range(5):
                target.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            for at in range(second * RATE, (second + 1) * RATE - 1023, 1024):
                frame = av.AudioFrame.from_ndarray(wave[at : at + 1024].reshape(1, -1), format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
                target.mux(heard.encode(frame))
        target.mux(seen.encode(None))
        target.mux(heard.encode(None))
    return path


@dataclass
class Site:
    """A territory at a portal, with its gate: board, relay process, `gate run`, `gate call`."""

    folder: Path
    portal: Portal
    board: ModbusEmulator
    code: str
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "gate.toml"

    def gate(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "edge", *arguments, "--config", str(self.config)]

    def start(self, name: str, *arguments: str) -> None:
        environment = os.environ | {"PATH": f"{self.folder / 'programs'}:{os.environ['PATH']}"}
        with (self.folder / f"{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(self.gate(name, *arguments), stdout=log, stderr=log, env=environment)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def press(self) -> None:
        """The call button, long enough to be believed."""
        rung = self.log("call").count("звонок с полосы")
        self.board.contacts[1] = True
        try:
            until(lambda: self.log("call").count("звонок с полосы") > rung)
        finally:
            self.board.contacts[1] = False

    def noted(self, kind: str) -> list[str]:
        with Journal(self.folder / "state" / FILE_NAME, to_read=True) as journal:
            return [one.detail for one in journal.notices(kind=kind)]

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(PATIENCE_S)


@dataclass
class Guard:
    """Somebody at the guard's page, in a browser of their own."""

    context: BrowserContext
    page: Page
    base: str

    def answer(self) -> None:
        self.page.get_by_role("button", name="Ответить").click(timeout=PATIENCE_MS)

    def sees(self, phase: str) -> None:
        expect(self.page.locator("#call-phase")).to_have_text(phase, timeout=PATIENCE_MS)

    def has_both(self) -> None:
        self.sees("идёт разговор")
        expect(self.page.locator("#call-evidence")).to_have_text("картинка есть, звук есть", timeout=PATIENCE_MS)


def database_of(portal: Portal) -> Database:
    return Database(f"sqlite:///{portal.data_dir / 'okter.db'}")


@pytest.fixture(scope="module")
def site(portal: Portal, camera: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database, now, folder = database_of(portal), utc_now(), tmp_path_factory.mktemp("site")
    with database.write() as session:
        manager = account_in(session, "Anna")
        place = territories.create(session, name="Звонки", zone="Europe/Moscow", account=manager, now=now)
        for name in ("Oleg", "Pavel"):
            account = account_in(session, name)
            row = territories.request(session, account, place, "КПП", now=now)
            territories.accept(session, row, role=Role.OPERATOR, label="КПП", now=now)
        gate = gates.add(session, place, "КПП-1", now=now)
        pairing, code = gates.new_code(session, gate, by=manager, now=now), place.code
    database.close()
    programs = folder / "programs"
    programs.mkdir()
    # A loudspeaker that takes whatever it is given.
    (programs / "aplay").write_text("#!/bin/sh\nexec cat >/dev/null\n", encoding="utf-8")
    (programs / "aplay").chmod(0o755)
    with ModbusEmulator(channels=8) as board:
        made = Site(folder, portal, board, code)
        text = CONFIG.format(camera=json.dumps(f"file:{camera}"), port=json.dumps(board.port))
        made.config.write_text(text, encoding="utf-8")
        enroll = made.gate("enroll", "--url", portal.url, "--code", pairing)
        subprocess.run(enroll, check=True, capture_output=True, timeout=600)
        made.start("relay")
        made.start("run", "--no-relay")
        made.start("call")
        until(lambda: "жду кнопки вызова" in made.log("call"))
        yield made
        made.stop()


@pytest.fixture
def guards(browser: Browser, portal: Portal, site: Site) -> Iterator[list[Guard]]:
    """Two guards at their pages, one at a telephone."""
    database, found = database_of(portal), []
    for name, width in (("Oleg", 390), ("Pavel", 1280)):
        token = new_token()
        with database.write() as session:
            account = session.query(Account).filter_by(name=name).one()
            ends = utc_now() + timedelta(days=1)
            session.add(Device(token_hash=token_hash(token), account_id=account.id, expires_at=ends))
        context = browser.new_context(viewport={"width": width, "height": 844}, locale="ru-RU")
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "okter", "value": token, "url": portal.url}])
        page = context.new_page()
        page.goto(f"{portal.url}/t/{site.code}/check")
        found.append(Guard(context, page, f"{portal.url}/t/{site.code}"))
    database.close()
    yield found
    for guard in found:
        with suppress(Exception):
            guard.page.get_by_role("button", name="Завершить").click(timeout=2000)
        guard.context.close()


def test_a_guard_answers_sees_hears_speaks_and_opens(site: Site, guards: list[Guard]) -> None:
    """The button rings; picture and sound flow both ways; OPEN moves the relay, and both journals name the call and what flowed."""
    guard, other = guards
    site.press()
    guard.answer()
    guard.has_both()
    if shot := os.environ.get("OKTER_SHOTS"):
        guard.page.screenshot(path=f"{shot}/talk.png", full_page=True)
    call_id = guard.page.url.rsplit("/", 1)[1]
    before = len(site.board.on_times())

    guard.page.get_by_role("button", name="Открыть", exact=True).click()
    guard.page.locator("#call-sure").click()

    expect(guard.page.locator("#call-opened")).to_have_text("выполнено", timeout=PATIENCE_MS)
    assert before + 1 == len(site.board.on_times())
    guard.page.get_by_role("button", name="Завершить").click()
    expect(guard.page.get_by_text("звук есть")).to_be_visible(timeout=PATIENCE_MS)
    until(lambda: any(call_id in one for one in site.noted("call")))
    until(lambda: any(f"звонок {call_id}: картинка есть, звук есть" in one for one in site.noted("relay_acted")))
    assert "ответил Oleg" in next(one for one in site.noted("call") if call_id in one)
    other.page.goto(f"{other.base}/calls")
    expect(other.page.get_by_text("Oleg")).to_be_visible()


def test_two_answer_and_the_first_alone_gets_it(site: Site, guards: list[Guard]) -> None:
    """The one who presses second is told who talks, and gets neither picture nor sound; the call process killed, the page says so."""
    first, second = guards
    site.press()
    button = second.page.get_by_role("button", name="Ответить")
    expect(button).to_be_visible(timeout=PATIENCE_MS)
    path = second.page.locator("form[action*='/answer']").get_attribute("action")
    token = second.page.locator("form[action*='/answer'] input[name=csrf]").get_attribute("value")
    first.answer()
    first.has_both()

    second.page.request.post(f"{site.portal.url}{path}", form={"csrf": token})

    second.page.goto(f"{site.portal.url}{path}".removesuffix("/answer"))
    expect(second.page.get_by_text("Звонок принят: Oleg").first).to_be_visible()
    assert 0 == second.page.locator("video").count()

    site.running["call"].kill()
    first.sees("связь потеряна")
    expect(first.page.locator("#call-open")).to_be_disabled(timeout=PATIENCE_MS)
    if shot := os.environ.get("OKTER_SHOTS"):
        first.page.screenshot(path=f"{shot}/lost.png", full_page=True)
    site.running["call"].wait()
    site.start("call")
    until(lambda: site.log("call").count("жду кнопки вызова") == 2)


def test_a_portal_that_restarts_ends_no_talk(site: Site, server: Server, guards: list[Guard]) -> None:
    """While the portal is away the talk goes on, the page says so and cannot open; afterwards the same call opens again."""
    guard = guards[0]
    site.press()
    guard.answer()
    guard.has_both()
    there = guard.page.url

    server.end()

    expect(guard.page.locator("#call-note")).to_contain_text("Портал не отвечает", timeout=PATIENCE_MS)
    guard.sees("идёт разговор")
    expect(guard.page.locator("#call-open")).to_be_disabled()
    server.begin()
    guard.has_both()
    expect(guard.page.locator("#call-open")).to_be_enabled(timeout=PATIENCE_MS)
    assert there == guard.page.url

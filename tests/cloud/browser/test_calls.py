"""Calls for real: a gate with its own call process, Chromium with a fake microphone, picture and sound both ways."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Playwright, expect

from edge.paths import config_dir
from edge.store.journal import FILE_NAME, Journal
from tests.cloud.browser.conftest import ARGUMENTS, CHROMIUM, People, Person
from tests.patience import PATIENCE_S

pytest.importorskip("aiortc")
pytestmark = [pytest.mark.browser, pytest.mark.long]

CLIP = config_dir() / "demo" / "gate.mp4"
CALLING = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CONFIG = """\
[site]
name = "КПП-1"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = {camera}
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"

[call]
enabled = true
microphone = {microphone}
loudspeaker = "null"
waiting_s = 0.5
"""


@pytest.fixture(scope="module")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """As everywhere, with a microphone that beeps and a person who lets the page have it."""
    chromium = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CALLING])
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's recording with a tone: a camera that hears."""
    path = tmp_path_factory.mktemp("clip") / "gate.mp4"
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        seen = source.streams.video[0]
        copied = target.add_stream_from_template(seen)
        voice = target.add_stream("aac", rate=48_000, layout="mono")
        for packet in source.demux(seen):
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)
        seconds = float(seen.duration * seen.time_base)
        wave = (8000 * np.sin(np.arange(round(seconds * 48_000)) * 2 * np.pi * 600 / 48_000)).astype(np.int16)
        for at in range(0, len(wave) - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(wave[at : at + 1024].reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
            target.mux(voice.encode(frame))
        target.mux(voice.encode(None))
    return path


class Box:
    """A gate: its config, its processes, its journal."""

    def __init__(self, folder: Path, camera: Path, *, microphone: str = "camera") -> None:
        self.config = folder / "gate.toml"
        self.folder = folder
        text = CONFIG.format(camera=json.dumps(f"file:{camera}"), microphone=json.dumps(microphone))
        self.config.write_text(text, encoding="utf-8")
        # A loudspeaker that takes whatever it is given, as quickly as a device would.
        programs = folder / "programs"
        programs.mkdir()
        (programs / "aplay").write_text("#!/bin/sh\nexec cat >/dev/null\n", encoding="utf-8")
        (programs / "aplay").chmod(0o755)
        self._environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
        self._running: list[subprocess.Popen] = []

    def gate(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "edge", *arguments, "--config", str(self.config)]

    def enroll(self, url: str, code: str) -> None:
        command = self.gate("enroll", "--url", url, "--code", code)
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def start(self, *arguments: str) -> subprocess.Popen:
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(self.gate(*arguments), stdout=log, stderr=log, env=self._environment)
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(60)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def journal(self) -> Journal:
        return Journal(self.folder / "state" / FILE_NAME, to_read=True)


def until(what: Callable[[], bool], why: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, why()
        time.sleep(0.2)


@contextmanager
def territory_with_gate(people: People, folder: Path, clip: Path, name: str, **facts: str) -> Iterator[tuple]:
    """A manager, the territory's code, and a gate that is bound to it and sees cars."""
    manager = people.new("Управляющая Анна", f"manager-{name.lower()}@example.com")
    code = manager.create_territory(name)
    manager.press_link("Шлагбаумы")
    manager.press("Добавить шлагбаум")
    pairing = re.search(r"Код привязки:\s*([0-9A-Z]{4}-[0-9A-Z]{4})", manager.page.inner_text("main"))[1]
    box = Box(folder, clip, **facts)
    box.enroll(manager.portal.url, pairing)
    try:
        yield manager, code, box
    finally:
        box.stop()


def guard_of(people: People, manager: Person, code: str, address: str) -> Person:
    guard = people.new("Охранник Олег", address, phone=True)
    guard.join(code, "КПП")
    manager.page.goto(f"{manager.portal.url}/t/{code}/people")
    manager.press("Подтвердить")
    manager.page.get_by_role("link", name="Охранник Олег").click()
    manager.page.get_by_label("Роль").select_option("operator")
    manager.press("Сохранить")
    return guard


@pytest.mark.timeout(1200)
def test_a_guard_answers_sees_hears_speaks_and_opens(people, portal, clip, tmp_path):
    """The car that waits rings; picture and sound flow both ways; OPEN opens, and both journals name the call and what flowed."""
    with territory_with_gate(people, tmp_path, clip, "Звонки") as (manager, code, box):
        manager.page.goto(f"{portal.url}/t/{code}/check")
        box.start("run")
        box.start("call")
        manager.page.get_by_role("button", name="Ответить").click(timeout=PATIENCE_S * 1000)
        page = manager.page
        expect(page.locator("#call-phase")).to_have_text("идёт разговор", timeout=PATIENCE_S * 1000)
        expect(page.locator("#call-evidence")).to_have_text("картинка есть, звук есть", timeout=PATIENCE_S * 1000)
        page.screenshot(path=os.environ.get("SHOT", str(tmp_path / "talk.png")))

        page.get_by_role("button", name="Открыть", exact=True).click()
        page.locator("#call-sure").click()
        expect(page.locator("#call-opened")).to_have_text("выполнено", timeout=PATIENCE_S * 1000)
        page.get_by_role("button", name="Завершить").click()
        expect(page.get_by_text("картинка есть")).to_be_visible(timeout=PATIENCE_S * 1000)
        call_id = page.url.rsplit("/", 1)[1]

        def noted() -> bool:
            with box.journal() as journal:
                return any(call_id in one.detail for one in journal.notices(kind="call"))

        until(noted, lambda: box.log("call"))
        with box.journal() as journal:
            acted = [one.detail for one in journal.notices(kind="relay_acted")]
            over = next(one.detail for one in journal.notices(kind="call") if call_id in one.detail)
    assert any(f"звонок {call_id}: картинка есть, звук есть" in one for one in acted), acted
    assert "ответил Управляющая Анна" in over

"""A real page (`gate console`), a real relay process on a simulated board, a gate that says what it is told, a browser."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from edge.config import load
from edge.store.journal import Journal
from relay.client import RelayClient
from relay.errors import RelayError
from tests.cloud.browser.conftest import browser, playwright_driver
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving, a_picture, until, waiting
from tests.store.records import visit_record

__all__ = ["browser", "playwright_driver"]
expect.set_options(timeout=30_000)

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@dataclass
class Post:
    """One site with its processes, and browsers that look at its page."""

    folder: Path
    browser: Browser
    gate: FakeGate = field(default_factory=FakeGate)
    problems: list[str] = field(default_factory=list)
    _processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _contexts: list[BrowserContext] = field(default_factory=list)
    url: str = ""
    serving: Serving | None = None

    def start(self, more: str = "") -> None:
        self.file = write_config(
            self.folder, more, replacing=('name = "entry"', 'name = "entry"\ntitle = "Въезд с Лесной"')
        )
        self.config = load(self.file)
        self.config.state_dir.mkdir(exist_ok=True)
        with Journal(self.config.state_dir / "journal.db") as journal:
            for number in range(6):
                record = visit_record(number)
                crop = journal.snapshots.write(record.visit_id, record.first.wall, a_picture(200), plate=True)
                name = journal.snapshots.write(record.visit_id, record.first.wall, a_picture())
                journal.record(record, frame=name, plate_crop=crop)
        self.serving = Serving(self.config.state_dir, self.gate)
        self.start_relay()
        self.start_console()

    def start_relay(self) -> None:
        self._start("relay")
        until(self.relay_answers)

    def relay_answers(self) -> bool:
        try:
            return RelayClient(self.config.state_dir).status().barriers[0].health == "ok"
        except RelayError:
            return False

    def start_console(self) -> None:
        port = self.url.rpartition(":")[2].strip("/") or "0"
        console = self._start("console", "--port", port)
        assert console.stdout is not None
        self.url = re.search(r"http://\S+", console.stdout.readline())[0]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        process = self._processes[name]
        process.send_signal(number)
        if number is signal.SIGKILL:
            process.wait(20)

    def look(
        self, *, size: dict[str, int] = PHONE, lang: str = "ru", dark: bool = False, javascript: bool = True
    ) -> Page:
        context = self.browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            has_touch=size is PHONE,
        )
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(f"{self.url}?lang={lang}")
        return page

    def end(self) -> None:
        for context in self._contexts:
            context.close()
        if self.serving is not None:
            self.serving.end()
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(20)
            assert process.stdout is not None
            process.stdout.close()

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "edge", *arguments, "--config", str(self.file)]
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        old = self._processes.get(arguments[0])
        if old is not None and old.stdout is not None:
            old.stdout.close()
        self._processes[arguments[0]] = process
        return process


@pytest.fixture
def quick_hashes() -> None:
    """None here: the page is a process of its own, and persons are hashed as it hashes."""


@pytest.fixture
def post(tmp_path: Path, browser: Browser) -> Iterator[Post]:
    """A post with one lane, not yet visited; pages that log an error where none is due fail their test."""
    made = Post(tmp_path, browser)
    yield made
    made.end()


@pytest.fixture(scope="module")
def standing_post(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Post]:
    """A post with a refused guest, which the tests of a module only look at."""
    made = Post(tmp_path_factory.mktemp("post"), browser)
    made.gate.visits = (waiting(),)
    made.start()
    yield made
    made.end()

"""A real portal (`okter serve`) and a real browser (Debian's chromium)."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.patience import PATIENCE_S

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LINK = re.compile(r"https?://\S+/(?:confirm|reset|email)/\S+")


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal and the folder its letters fall into."""

    url: str
    data_dir: Path

    def newest_link(self, to: str) -> str:
        """The link of the last letter to an address; letters are written right after the answer."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for file in sorted((self.data_dir / "mail").glob("*.eml"), reverse=True):
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                body = letter.get_body()
                if letter["To"] == to and body is not None and (link := LINK.search(body.get_content())):
                    return link[0]
            time.sleep(0.05)
        raise AssertionError(f"no letter to {to}")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data_dir: Path, port: int, **environment: str) -> Iterator[Portal]:
    """A portal that answers, until the block ends; `environment` is added to ours."""
    command = [sys.executable, "-m", "cloud", "serve", "--data", str(data_dir), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | environment)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if httpx.get(f"{url}/healthz", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                assert server.poll() is None, "okter serve ended"
                assert time.monotonic() < deadline, "okter serve does not answer"
                time.sleep(0.1)
        yield Portal(url, data_dir)
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with serving(tmp_path_factory.mktemp("portal"), free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    """Ends with the module: while it lives, its event loop runs in this thread and no other can."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing: apt-get install chromium")
        pytest.skip("chromium is not installed")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    chromium = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield chromium
    chromium.close()


class Person:
    """Somebody with a browser of their own, who knows the words of the manual and nothing else."""

    def __init__(self, context: BrowserContext, portal: Portal, name: str, address: str) -> None:
        self.page: Page = context.new_page()
        self.portal = portal
        self.name = name
        self.email = address
        self.password = "правильный пароль 1"
        self.problems: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def press(self, words: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def press_link(self, words: str) -> None:
        self.page.get_by_role("link", name=words).first.click()

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)

    def consent(self) -> None:
        self.page.get_by_label("Принимаю политику, соглашение и условия использования").check()

    def register(self) -> None:
        """The manual, 1.2."""
        self.page.goto(self.portal.url)
        self.press("Зарегистрироваться")
        self.fill("Имя", self.name)
        self.fill("Телефон", "+7 912 345-67-89")
        self.fill("Почта", self.email)
        self.fill("Пароль", self.password)
        self.fill("Подтвердите пароль", self.password)
        self.consent()
        self.press("Зарегистрироваться")
        self.page.goto(self.portal.newest_link(self.email))

    def log_in(self) -> None:
        self.page.goto(self.portal.url)
        self.fill("Почта", self.email)
        self.fill("Пароль", self.password)
        self.consent()
        self.press("Войти")

    def create_territory(self, name: str) -> str:
        """Become the manager of a new territory; its code is the answer."""
        self.page.goto(f"{self.portal.url}/territories")
        self.press("Создать территорию")
        self.fill("Название", name)
        self.press("Создать территорию")
        code = self.page.get_by_text(re.compile(r"\b\d{3}-\d{3}\b")).first.inner_text()
        return re.search(r"\d{3}-\d{3}", code)[0]

    def join(self, code: str, label: str) -> None:
        """The manual, 1.3, steps 1 to 5."""
        self.page.goto(f"{self.portal.url}/territories")
        self.press("Подключиться к территории")
        self.fill("Код территории", code)
        self.fill("Идентификатор объекта", label)
        self.press("Подключиться")

    def enter(self, territory: str) -> None:
        """«Выбрать территорию»."""
        self.page.goto(self.portal.url)
        expect(self.page.get_by_role("heading", name="Выбрать территорию")).to_be_visible()
        self.page.get_by_role("link", name=territory).first.click()


class People:
    """Makes persons, each in a browser profile of their own."""

    def __init__(self, browser: Browser, portal: Portal) -> None:
        self._browser = browser
        self._portal = portal
        self.made: list[Person] = []
        self._contexts: list[BrowserContext] = []

    def new(self, name: str, address: str, *, javascript: bool = True, phone: bool = False) -> Person:
        """A registered person, logged in."""
        person = self.stranger(name, address, javascript=javascript, phone=phone)
        person.register()
        person.log_in()
        return person

    def stranger(self, name: str, address: str, *, javascript: bool = True, phone: bool = False) -> Person:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        context = self._browser.new_context(java_script_enabled=javascript, viewport=size, locale="ru-RU")
        context.set_default_timeout(20_000)
        person = Person(context, self._portal, name, address)
        self.made.append(person)
        self._contexts.append(context)
        return person

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, portal: Portal) -> Iterator[People]:
    """The persons of one test; a page that logged an error in its console fails it."""
    group = People(browser, portal)
    yield group
    problems = [problem for person in group.made for problem in person.problems if "status of 4" not in problem]
    group.close()
    assert problems == []

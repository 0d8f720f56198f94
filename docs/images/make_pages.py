"""Makes `pages.jpg`: the guard's page while a car waits, and the operator's page of the portal, during `gate demo`.

    python docs/images/make_pages.py

Needs chromium and playwright, as the browser tests do.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from edge.demo.portal import FIRST_PLATE, LATER_PLATE, open_portal
from edge.demo.stage import Stage

HEIGHT = 900
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
WAIT_MS = 240_000


def wait_for_page(port: int) -> None:
    ends = time.monotonic() + WAIT_MS / 1000
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert time.monotonic() < ends, "gate console did not start"
        time.sleep(0.2)


def guards_page(page: Page, port: int) -> None:
    """As soon as a refused car stands there with its plate read."""
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator("article.waiting h3.plate:not(.unread)").first.wait_for(timeout=WAIT_MS)
    page.locator("figure.picture:not(.old)").nth(1).wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(1500)


def operators_page(page: Page, url: str, email: str, password: str) -> None:
    page.goto(url)
    page.get_by_label("Почта", exact=True).fill(email)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.get_by_label("Принимаю политику, соглашение и условия использования").check()
    page.get_by_role("button", name="Войти", exact=True).click()
    page.get_by_role("link", name="Ромашка").first.click()
    page.wait_for_timeout(1500)


def main() -> None:
    with Stage() as stage, sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        portal = open_portal(stage)
        assert portal is not None, "pip install 'okter-gate[cloud]'"
        stage.import_passes(without=(FIRST_PLATE, LATER_PLATE))
        portal.file_pass(FIRST_PLATE)
        stage.start("run")
        stage.start("console")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        shots = [Path(folder) / "guard.png", Path(folder) / "operator.png"]
        wide = browser.new_context(viewport={"width": 1180, "height": HEIGHT}, color_scheme="dark").new_page()
        wait_for_page(stage.console_port)
        guards_page(wide, stage.console_port)
        wide.screenshot(path=str(shots[0]))
        narrow = browser.new_context(viewport={"width": 430, "height": HEIGHT}).new_page()
        operators_page(narrow, portal.url, portal.place.operator, portal.place.password)
        narrow.screenshot(path=str(shots[1]))
        browser.close()
        pictures = [cv2.imread(str(shot)) for shot in shots]
    joined = np.hstack([picture for picture in pictures if picture is not None])
    cv2.imwrite(str(Path(__file__).with_name("pages.jpg")), joined, [cv2.IMWRITE_JPEG_QUALITY, 86])


if __name__ == "__main__":
    main()

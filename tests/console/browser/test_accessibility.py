"""axe over every page of the post, in each size, theme and language: nobody is kept out by how they see, hear or press."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from core.words.reasons import Reason
from tests.cloud.browser.test_accessibility import RUN
from tests.console.browser.conftest import DESKTOP, PHONE, Post
from tests.console.gates import waiting
from tests.patience import until

PATHS = (
    "", "journal", "journal?plate=000", "check?plate=A123BC77", "check?plate=", "pass/add?plate=A123BC77", "settings",
    "settings/key?key=policy.min_frames", "aim", "aim/entry", "barrier/entry/open", "barrier/entry/hold", "done/x",
    "nowhere", "login", "notices",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    found: list[str]


WATCH = """() => {
  window.wasGone = document.body.classList.contains("gone");
  new MutationObserver(() => { window.wasGone ||= document.body.classList.contains("gone"); })
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
}"""


def _linked(page: Page) -> Measured | None:
    """What axe finds, unless the page was without its server at any time meanwhile: what it greys then is not in use."""
    page.evaluate(WATCH)
    found = page.evaluate(RUN)
    return None if page.evaluate("window.wasGone") else Measured(found)


def violations(page: Page, path: str) -> list[str]:
    """What axe finds in the page as it stands, light and dark, and how far it sticks out."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        measured = until(lambda: _linked(page))
        found += [f"{path} {theme}: {one}" for one in measured.found]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{path}: {wide} pixels wider than the screen"] if wide > 0 else [])]


@pytest.mark.long
@pytest.mark.parametrize(("size", "lang"), [(PHONE, "ru"), (DESKTOP, "en")], ids=["phone ru", "desktop en"])
def test_every_page_keeps_nobody_out(post: Post, size: dict[str, int], lang: str) -> None:
    """Cars that wait (one whose note is one long word), the journal and one visit, a plate, settings, camera, questions, answers and errors."""
    post.gate.visits = (
        waiting(note="Достопримечательность" * 7),
        waiting("v2", plate=None, word=Reason.UNREADABLE.value, grounds=()),
    )
    post.start('[web_push]\non = true\ncontact = "mailto:a@example.ru"\n')
    page = post.look(size=size, lang=lang)
    page.goto(f"{post.url}journal")
    visit = page.locator("a[href^='/visit/']").first.get_attribute("href") or ""

    found = []
    for path in (*PATHS, visit.lstrip("/")):
        page.goto(post.url + path)
        found += violations(page, path)

    assert [] == found


def test_the_bar_leaves_a_telephone_to_the_cars(post: Post) -> None:
    """However many sections there are, it takes two rows of a small screen, and all of them can be reached."""
    post.start('[web_push]\non = true\ncontact = "mailto:a@example.ru"\n')
    page = post.look(size={"width": 360, "height": 740})
    bar = page.locator("header")
    assert bar.bounding_box()["height"] < 2.5 * 48
    link = bar.get_by_role("link", name="English")
    link.scroll_into_view_if_needed()
    link.click()
    page.get_by_role("heading", name="Last visits").wait_for()

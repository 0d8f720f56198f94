"""axe over every page, on a telephone and a desk, light and dark: nobody is kept out by how they see, hear or press.

axe-core comes with the development dependency `axe-playwright-python`; its file (MPL-2.0) is not among ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.models import (
    Account,
    ApiToken,
    Device,
    FootPass,
    Gate,
    GateEvent,
    Invitation,
    Membership,
    Pass,
    Release,
    Rollout,
    Territory,
    Unwelcome,
    utc_now,
)
from cloud.domain.tokens import new_token, token_hash
from cloud.web.access import Access
from cloud.web.pages import ALL_PAGES
from tests.cloud.browser.conftest import Portal
from tests.cloud.places import Place, place_in

pytestmark = [pytest.mark.browser, pytest.mark.long]

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
NO_PAGES = (".csv", ".xlsx", ".jpg", "/export", "/look", "/find", "/feed", "/state")
RULES = {"good_for": 86_400.0, "silent_after": 1800.0, "grace": 600.0, "tolerated": 0}
TYPED = (Account, ApiToken, FootPass, Gate, GateEvent, Invitation, Membership, Pass, Territory, Unwelcome)
TYPED_IN = ("name", "names", "note", "object_label")
RUN = """async () => (await axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })).violations.map((one) =>
  `${one.id}: ` + one.nodes.map((node) => node.target.join(" ") + " | " + node.failureSummary.slice(0, 300)).join(" || "))"""
STRANGERS = (
    "/login", "/register", "/register/sent", "/reset", "/reset/x", "/confirm/x", "/email/x", "/i/x", "/offline",
    "/nowhere", "/legal/policy", "/legal/agreement", "/legal/terms",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(portal: Portal) -> Place:
    """A territory with something of everything, also what is seldom: a refusal that waits, a failing webhook, a stopped rollout."""
    database, now = Database(f"sqlite:///{portal.data_dir / 'okter.db'}"), utc_now()
    with database.write() as session:
        made = place_in(session, "Доступность")
        _typed_without_spaces(session)
        session.add(
            GateEvent(
                gate_id=int(made.ids["gate_id"]), territory_id=made.territory.id, event_id="refused".rjust(36, "0"),
                at=now, lane="entry", plate="A777AA997", decision="refuse", reason="no_pass", body={},
            )
        )  # fmt: skip
        release = Release(name="0.2.0-1", version="0.2.0", python="3.11", machine="aarch64", size=1, sha256="0" * 64)
        session.add(Rollout(release=release, phase="stopped", why="failed", rings=[{"share": 10_000}], rules=RULES))
        made.territory.updates_stopped_at = now
    database.close()
    return made


def _typed_without_spaces(session: Session) -> None:
    """Whatever people type is one word without a place to break: names, objects, notes."""
    for row in (row for kind in TYPED for row in session.scalars(select(kind))):
        for column in (row.__table__.columns[name] for name in TYPED_IN if name in row.__table__.columns):
            setattr(row, column.name, ("Достопримечательность" * 20)[: column.type.length])


def cookie(portal: Portal, account_id: int) -> str:
    database, token = Database(f"sqlite:///{portal.data_dir / 'okter.db'}"), new_token()
    with database.write() as session:
        ends = utc_now() + timedelta(days=1)
        session.add(Device(token_hash=token_hash(token), account_id=account_id, expires_at=ends))
    database.close()
    return token


def paths_of(place: Place, *roles: Access) -> Iterator[str]:
    ids = place.ids | {"kind": "hold"}
    for page in ALL_PAGES:
        if page.method == "GET" and page.access in roles and not page.path.endswith(NO_PAGES):
            where = ids | {"pass_id": ids["blocked_id"]} if "/blocked/" in page.path else ids
            yield page.path.format(**where, token="x", document="terms") + (
                "?lane=entry" if "{kind}" in page.path else ""
            )


def violations(page: Page, path: str) -> list[str]:
    """What axe finds on one page in each size and theme."""
    found = []
    page.goto(path)
    page.evaluate(AXE_SCRIPT)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{path} {size} {theme}: {one}" for one in page.evaluate(RUN)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path} {size}: {wide} pixels wider than the screen"] if wide > 0 else []
    return found


def visiting(browser: Browser, portal: Portal, token: str, language: str) -> Page:
    context = browser.new_context(base_url=portal.url, locale="ru-RU", service_workers="block")
    cookies = [("okter", token), ("okter_language", language)]
    context.add_cookies([{"name": name, "value": value, "url": portal.url} for name, value in cookies if value])
    context.set_default_timeout(30_000)
    return context.new_page()


def test_the_check_sees_what_is_wrong(browser, portal):
    """A field without a label, grey on grey and a button of 12 pixels are found: silence of the other tests means something."""
    page = visiting(browser, portal, "", "ru")
    page.goto("/login")
    page.evaluate(
        """() => {
          document.querySelector("main label").remove();
          document.querySelector("main h1").style.cssText = "color: #999; background: #aaa";
          const buttons = [...document.querySelectorAll("footer button")];
          for (const one of buttons) one.style.cssText = "all: unset; font-size: 6px; width: 12px; overflow: hidden";
        }"""
    )
    page.evaluate(AXE_SCRIPT)

    found = {one.partition(":")[0] for one in page.evaluate(RUN)}
    page.context.close()

    assert {"label", "color-contrast", "target-size"} <= found


@pytest.mark.parametrize("language", ["ru", "en"])
def test_pages_of_strangers_keep_nobody_out(browser, portal, place, language):
    """The pages before the log-in, and their errors, have no violation of axe in any size, theme and language."""
    page = visiting(browser, portal, "", language)

    found = [one for path in STRANGERS for one in violations(page, path)]
    for path in ("/login", "/register"):
        page.goto(path)
        page.evaluate("for (const form of document.forms) form.noValidate = true")
        page.locator("main form button").last.click()
        page.wait_for_load_state()
        page.evaluate(AXE_SCRIPT)
        found += [f"{path} refused: {one}" for one in page.evaluate(RUN)]
    page.context.close()

    assert [] == found


def test_pages_of_members_keep_nobody_out(browser, portal, place):
    """Every page of a manager, who sees all there is, has no violation of axe in any size and theme."""
    page = visiting(browser, portal, cookie(portal, place.manager.id), "ru")
    paths = list(paths_of(place, Access.ACCOUNT, Access.RESIDENT, Access.OPERATOR, Access.MANAGER))

    found = [one for path in paths for one in violations(page, path)]
    page.context.close()

    assert len(paths) > 40
    assert [] == found


def test_pages_of_a_resident_keep_nobody_out(browser, portal, place):
    """What a resident sees otherwise than a manager has no violation either: a refused guest, guests on foot, the menu."""
    page = visiting(browser, portal, cookie(portal, place.resident.id), "en")

    found = [one for path in paths_of(place, Access.ACCOUNT, Access.RESIDENT) for one in violations(page, path)]
    page.context.close()

    assert [] == found

"""The page of a call in a real browser, when the portal has something else to say than how the call stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from cloud.cells import departure
from cloud.cells.redirect import UNSIGNED
from cloud.db.engine import Database, database_url
from cloud.db.models import Call, Device, Territory, utc_now
from cloud.domain.tokens import new_token, token_hash
from tests.cloud.browser.conftest import Portal
from tests.cloud.places import place_in
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("talking", [pytest.param(True, marks=pytest.mark.long), False])
@pytest.mark.parametrize("what", ["log-in ended", "moved"])
def test_a_call_that_the_portal_knows_no_more_is_no_portal_that_is_silent(
    browser: Browser, portal: Portal, what: str, *, talking: bool
) -> None:
    """Whose log-in ended, or whose territory has moved, is shown that and not «Портал не отвечает», rung or talking."""
    database, token, now = Database(database_url(portal.data_dir, None)), new_token(), utc_now()
    with database.write() as session:
        place = place_in(session, f"C{what[0]}{talking:d}")
        device = Device(token_hash=token_hash(token), account_id=place.operator.id, expires_at=now + timedelta(days=1))
        session.add(device)
        session.flush()
        if talking:
            row = session.get_one(Call, place.ids["call_id"])
            row.answered_at = row.person_at = now
            row.device_id, row.answered_by_id = device.id, place.operator.id
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    context.set_default_timeout(PATIENCE_S * 1000)
    context.add_cookies([{"name": "okter", "value": token, "url": portal.url}])
    page = context.new_page()
    page.goto(f"{portal.url}/t/{place.territory.code}/calls/{place.ids['call_id']}")
    expect(page.locator("#call")).to_be_visible()

    with database.write() as session:
        if what == "moved":
            territory = session.get_one(Territory, place.territory.id)
            departure.record(
                session, territory, cell_url="https://west.example.ru", serial=1, redirect=UNSIGNED, now=now
            )
            session.delete(territory)
        else:
            session.delete(session.get_one(Device, device.id))

    moved = page.get_by_role("heading", name="Территория переехала")
    login = page.get_by_role("button", name="Войти")
    expect(moved if what == "moved" else login).to_be_visible(timeout=PATIENCE_S * 1000)
    context.close()
    database.close()

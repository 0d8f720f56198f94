"""The operator's page in a browser: what it shows while it does not hear from the portal."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cloud.db.engine import Database
from cloud.db.models import Membership
from tests.cloud.browser.test_accessibility import cookie, visiting
from tests.cloud.places import place_in

pytestmark = [pytest.mark.browser, pytest.mark.long]


def test_a_page_that_hears_nothing_says_so_until_it_hears_again(browser, portal):
    """Cut off from the portal, the page tells that and since when; once it is back it shows what is so, and no warning."""
    database = Database(f"sqlite:///{portal.data_dir / 'okter.db'}")
    with database.write() as session:
        place = place_in(session, "Связь")
    database.close()
    page = visiting(browser, portal, cookie(portal, place.operator.id), "ru")
    page.goto(f"/t/{place.territory.code}/check")
    warning = page.get_by_role("alert").filter(has_text="Портал не отвечает")
    expect(page.locator("#feed[data-shown]")).to_be_visible()
    expect(warning).to_be_hidden()

    page.context.set_offline(True)
    expect(warning).to_be_visible()
    page.context.set_offline(False)
    expect(warning).to_be_hidden()

    page.context.close()


def test_a_page_of_somebody_who_is_no_operator_any_more_says_that(browser, portal):
    """The portal answers, and refuses: the page gives way to the refusal, and tells of no lost portal."""
    database = Database(f"sqlite:///{portal.data_dir / 'okter.db'}")
    with database.write() as session:
        place = place_in(session, "Уволен")
    page = visiting(browser, portal, cookie(portal, place.operator.id), "ru")
    page.goto(f"/t/{place.territory.code}/check")
    expect(page.locator("#feed[data-shown]")).to_be_visible()

    with database.write() as session:
        session.query(Membership).filter_by(account_id=place.operator.id).delete()
    database.close()
    page.evaluate("window.dispatchEvent(new Event('online'))")  # as after a stay in a tunnel: the page asks anew
    expect(page.locator("#feed")).to_have_count(0)

    page.context.close()

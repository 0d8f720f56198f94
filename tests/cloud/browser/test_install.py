"""The portal as an app on a phone (the manual, 1.4): what Chromium itself says about installing it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# The worker claims the page it came with.
CONTROLLED = """() => new Promise((done) => {
  const workers = navigator.serviceWorker;
  if (workers.controller) done(true);
  workers.addEventListener("controllerchange", () => done(true));
})"""


def test_chromium_would_install_it(people):
    """Chromium finds the manifest without errors, no reason against installing, and the offline shell works."""
    person = people.stranger("Никто", "nobody@example.com", phone=True)
    page = person.page
    page.goto(f"{person.portal.url}/login")
    page.evaluate(CONTROLLED)
    tools = page.context.new_cdp_session(page)

    manifest = tools.send("Page.getAppManifest")
    reasons = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert [] == manifest["errors"]
    assert manifest["url"].endswith("/manifest.webmanifest")
    # A test's browser profile is a private one, where nothing can be installed; that is the only objection.
    assert {"in-incognito"} >= {reason["errorId"] for reason in reasons}
    page.context.set_offline(True)
    page.goto(f"{person.portal.url}/territories")
    expect(page.get_by_role("heading", name="Нет связи")).to_be_visible()
    person.problems.clear()  # the browser says of itself that it is offline

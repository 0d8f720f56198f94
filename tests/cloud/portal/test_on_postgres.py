"""The portal's main path on PostgreSQL: where the two databases differ, the pages must not."""

from __future__ import annotations

import threading

import pytest

from cloud.db.models import Pass, Territory, utc_now
from cloud.domain import limits, retention
from cloud.domain.limits import Limit

pytestmark = pytest.mark.postgres


@pytest.fixture
def portal_url(postgres_url):
    return postgres_url


def test_every_page_and_a_pass(world, place):
    """All pages of a manager answer, a pass is filed and found, and retention runs."""
    visitor = world.as_(place.manager)
    base = f"/t/{place.territory.code}"
    pages = ("passes?q=777", "passes/new", "check?plate=A777AA999", "journal?plate=777&object=дом", "people", "acts")
    for path in (*pages, "gates", "settings", "blocked", "journal.csv"):
        assert 200 == visitor.get(f"{base}/{path}").status_code, path

    for path in (
        "passes?q=%00%01",
        "journal?object=%00",
        "journal?before=999999999999999999",
        "passes/%00",
        "gates/99999999999",
    ):
        assert visitor.get(f"{base}/{path}").status_code in {200, 404}, path

    visitor.post(f"{base}/passes/new", plate="O123OO77", note="a\x00b")
    visitor.post("/territories/join", code="000-000", object="x")
    assert 303 == visitor.post("/account/profile", name="Новая Фамилия", phone="+79120000001").status_code
    retention.sweep(world.database, world.settings.data_dir, now=utc_now())

    with world.database.read() as session:
        row = session.query(Pass).filter_by(plate="O123OO77").one()
        assert session.get(Territory, place.territory.id).pass_rev == row.rev
    assert 303 == world.visitor().log_in(place.manager.email).status_code


def test_a_limit_holds_between_workers(world):
    """Uses counted at once by several connections are all counted."""
    limit, now = Limit("test", 5, limits.JOIN_REQUESTS.window), utc_now()
    allowed = []

    def use():
        with world.database.write() as session:
            allowed.append(limits.use(session, limit, "somebody", now=now))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (5, 3) == (allowed.count(True), allowed.count(False))

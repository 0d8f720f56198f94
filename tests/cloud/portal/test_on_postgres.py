"""The portal's main path on PostgreSQL: where the two databases differ, the pages must not."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select, text

from cloud.db.engine import Database
from cloud.db.models import (
    Account,
    Device,
    Membership,
    MemberState,
    Pass,
    PushMessage,
    Territory,
    WebhookEvent,
    utc_now,
)
from cloud.domain import accounts, limits, retention, territories
from cloud.domain.errors import Invalid
from cloud.domain.limits import Limit
from tests.cloud.portal.test_guests import happens
from tests.cloud.push_service import push_service

pytestmark = pytest.mark.postgres


@pytest.fixture
def portal_url(postgres_url):
    return postgres_url


def test_every_page_and_a_pass(world, place):
    """All pages of a manager answer, a pass is filed and found, and retention runs."""
    visitor = world.as_(place.manager)
    base = f"/t/{place.territory.code}"
    pages = ("passes?q=777", "passes/new", "check?plate=A777AA999", "journal?plate=777&object=дом", "people", "acts")
    more = ("foot", "expected?q=peter", "notices", "webhooks", "operator", "journal.xlsx", "reports.xlsx")
    for path in (*pages, *more, "gates", "settings", "blocked", "journal.csv"):
        assert 200 == visitor.get(f"{base}/{path}").status_code, path

    for path in (
        "passes?q=%00%01",
        "journal?object=%00",
        "journal?before=999999999999999999",
        "passes/%00",
        "gates/99999999999",
    ):
        assert visitor.get(f"{base}/{path}").status_code in {200, 404}, path

    visitor.post(f"{base}/foot/{place.ids['foot_id']}/came", people="1")
    assert "пришли 1 из 2" in visitor.get(f"{base}/expected").text
    visitor.post(f"{base}/passes/new", plate="O123OO77", note="a\x00b")
    visitor.post("/territories/join", code="000-000", object="x")
    assert 303 == visitor.post("/account/profile", name="Новая Фамилия", phone="+79120000001").status_code
    retention.sweep(world.database, world.app.state.pictures, now=utc_now())

    with world.database.read() as session:
        row = session.query(Pass).filter_by(plate="O123OO77").one()
        assert session.get(Territory, place.territory.id).pass_rev == row.rev
    assert 303 == world.visitor().log_in(place.manager.email).status_code


def test_a_visit_reaches_browsers_and_programs(world, place):
    """A refusal told by a gate leaves a notice for the host's browser and a message for the webhook, in its transaction."""
    with push_service() as service:
        world.as_(place.resident).post("/account/push", **service.browser("phone"))
    happens(world, place, "A777AA999", "refuse", "pass_expired")

    with world.database.read() as session:
        assert (2, 1) == (session.query(PushMessage).count(), session.query(WebhookEvent).count())


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


def waiting_for_a_lock(database) -> bool:
    with database.read() as session:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return session.scalar(waiting) > 0


@pytest.mark.parametrize("how", ["log_in", "admit_pending"])
def test_two_at_once_are_not_both_the_tenth_device(world, portal_url, how):
    """Nine devices are in, and two more come at the same moment on two workers: one of them is the eleventh."""
    now = utc_now()
    other = Database(portal_url)
    with world.database.write() as session:
        account = world.account_in(session, "many")
        for _ in range(accounts.MOST_DEVICES - 1):
            accounts.log_in(session, account, user_agent="", address="", now=now)
        held = [session.scalars(select(Device)).first().id]
        if how == "admit_pending":
            held = [pending_device(session, account, number, now) for number in range(2)]
        account_id = account.id

    def come(session, number) -> bool:
        owner = session.get(Account, account_id)
        if how == "log_in":
            return not accounts.log_in(session, owner, user_agent="", address="", now=now)[0].pending
        return accounts.admit_pending(session, session.get(Device, held[number]), None, now=now)

    second = []

    def at_the_other_worker() -> None:
        with other.write() as session:
            second.append(come(session, 1))

    thread = threading.Thread(target=at_the_other_worker)
    with world.database.write() as session:
        first = come(session, 0)
        session.flush()
        thread.start()
        while not second and not waiting_for_a_lock(other):  # it has come, and either waits or saw only nine
            time.sleep(0.05)
    thread.join()
    other.close()

    assert [True, False] == [first, *second]


def pending_device(session, account, number, now) -> int:
    device = Device(
        token_hash=f"{number}" * 64, account_id=account.id, pending=True, created_at=now, last_seen_at=now,
        expires_at=now + accounts.PENDING_LASTS, user_agent="", address="",
    )  # fmt: skip
    session.add(device)
    session.flush()
    return device.id


def test_two_managers_who_leave_at_once_do_not_both_go(world, place):
    """Each counts the other only until the other has gone: one stays."""
    with world.database.write() as session:
        other = session.query(Membership).filter_by(account_id=place.resident.id, territory_id=place.territory.id).one()
        territories.promote(other)
    both = threading.Barrier(2)
    refused = []

    def leave(account_id):
        with world.database.write() as session:
            row = session.query(Membership).filter_by(account_id=account_id, territory_id=place.territory.id).one()
            both.wait()
            try:
                territories.end(session, row, MemberState.LEFT, now=utc_now())
            except Invalid as error:
                refused.append(error)
            time.sleep(0.2)

    threads = [threading.Thread(target=leave, args=(one.id,)) for one in (place.manager, place.resident)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with world.database.read() as session:
        assert territories.managers(session, place.territory.id) == 1
    assert len(refused) == 1

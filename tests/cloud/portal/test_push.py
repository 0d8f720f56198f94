"""Notices to browsers: from a refusal at the gate to what a browser shows, through a push service over real HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from cloud.couriers import web_push
from cloud.db.models import Device, Membership, Pass, PushMessage, PushSubscription, utc_now
from cloud.web.access import Access
from cloud.web.pages import ALL_PAGES
from tests.cloud.portal.test_guests import happens
from tests.cloud.push_service import PushService, push_service


@pytest.fixture
def service():
    with push_service() as one:
        yield one


@pytest.fixture
def private_receivers():
    return (ip_network("127.0.0.0/8"),)


@pytest.fixture
def subscribed(world, place, service):
    """The resident, on whose telephone notices are on; the first of them has come."""
    visitor = world.as_(place.resident)
    assert 204 == visitor.post("/account/push", **service.browser("phone")).status_code
    deliver(world)
    assert ["Уведомления включены"] == titles(service)
    service.shown.clear()
    return visitor


def deliver(world, *, now=None):
    return world.app.state.portal.web_push.deliver_due(now=now)


def titles(service: PushService):
    return [notice["title"] for _, _, notice in service.shown]


def test_a_refused_guest_leads_to_the_one_button(world, place, service, subscribed):
    """The notice of a refusal names the plate, is urgent, lasts as long as the button, and leads to it."""
    with world.database.write() as session:
        session.get(Pass, place.ids["pass_id"]).valid_until = utc_now() - timedelta(hours=1)
    number = happens(world, place, "A777AA999", "refuse", "pass_expired")

    assert 1 == deliver(world)

    ((_, headers, notice),) = service.shown
    assert ("Гостя не пропустили: А777АА999", "ru") == (notice["title"], notice["lang"])
    assert f"/t/{place.territory.code}/guests/{number}" == notice["path"]
    assert ("high", True) == (headers["urgency"], 7000 < int(headers["ttl"]) <= 7200)
    assert "Пропустить сейчас" in subscribed.get(notice["path"]).text
    assert 303 == subscribed.post(f"{notice['path']}/admit").status_code
    with world.database.read() as session:
        assert 0 == session.query(PushMessage).count()


@pytest.mark.parametrize(("mail", "push"), [(True, False), (False, True), (True, True), (False, False)])
def test_everybody_chooses_the_ways(world, place, service, subscribed, mail, push):
    """By letter, by notice, both or neither, as each person has chosen for each territory."""
    subscribed.post(
        f"/t/{place.territory.code}/notices", tell_refused="1", by_mail="1" if mail else "", by_push="1" if push else ""
    )
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    deliver(world)

    assert (mail, push) == (bool(world.letters()), bool(service.shown))
    with world.database.read() as session:
        row = session.get(Membership, int(place.ids["member_id"]))
        assert (mail, push) == (row.by_mail, row.by_push)


@pytest.mark.parametrize("code", [404, 410])
def test_a_dead_subscription_is_removed(world, place, service, subscribed, code):
    """A push service that knows the browser no more ends its subscription, with what waited for it."""
    service.answers["/phone"] = [code]
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    happens(world, place, "A777AA999", "refuse", "pass_expired")

    assert 0 == deliver(world)

    with world.database.read() as session:
        assert (0, 0) == (session.query(PushSubscription).count(), session.query(PushMessage).count())
    assert "Включить на этом устройстве" in subscribed.get(f"/t/{place.territory.code}/notices").text


def test_a_busy_service_is_asked_again_and_a_stale_notice_is_not_told(world, place, service, subscribed):
    """A 503 waits for its turn; what the tap could no longer do is not shown at all."""
    now = utc_now()
    service.answers["/phone"] = [503]
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    assert (0, 1) == (deliver(world), deliver(world, now=now + timedelta(minutes=2)))

    service.answers["/phone"] = [503]
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    deliver(world, now=utc_now() + timedelta(minutes=3))
    assert 0 == deliver(world, now=now + timedelta(hours=3))


def test_who_logs_out_hears_nothing_more(world, place, service, subscribed):
    """A subscription goes with its session; so it does when the session is ended from another device, or is over."""
    subscribed.post("/logout")
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    assert 0 == deliver(world)

    again = world.as_(place.resident)
    again.post("/account/push", **service.browser("phone"))
    with world.database.write() as session:
        session.query(PushMessage).delete()
        session.query(Device).update({"expires_at": utc_now() - timedelta(minutes=1)})
    happens(world, place, "A777AA999", "refuse", "pass_expired")

    assert ([], 0) == (titles(service), deliver(world))


def test_a_shared_browser_is_of_who_used_it_last(world, place, service, subscribed):
    """One browser, two people after each other: the notices are for the one who asked last, and for nobody twice."""
    guard = world.as_(place.operator)
    keys = service.browser("phone")
    guard.post("/account/push", **keys)
    guard.post("/account/push", **keys)
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    deliver(world)

    assert ["Уведомления включены"] == titles(service)
    with world.database.read() as session:
        (row,) = session.query(PushSubscription).all()
        assert place.operator.id == session.get(Device, row.device_id).account_id


def test_an_english_browser_is_told_in_english(world, place, service):
    """A notice speaks the language that the page had when it was asked for."""
    visitor = world.as_(place.resident)
    visitor.client.cookies.set("okter_language", "en")
    visitor.post("/account/push", **service.browser("tablet"))
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    deliver(world)

    assert ["Notices are on", "Your guest was not admitted: А777АА999"] == titles(service)


@pytest.mark.parametrize("wrong", ["endpoint", "p256dh", "auth"])
def test_half_a_subscription_is_refused(world, place, service, wrong):
    """Keys that are none, or an address that is none, are told to the browser and not kept."""
    answer = world.as_(place.resident).post("/account/push", **service.browser("x") | {wrong: "http://"})

    assert 422 == answer.status_code
    with world.database.read() as session:
        assert 0 == session.query(PushSubscription).count()


def test_a_private_address_is_not_posted_to(world, place, subscribed, service):
    """An endpoint inside the portal's own network is never connected to without the owner's leave; its person sees why."""
    round_ = world.app.state.portal.web_push._round
    round_._poster = replace(round_._poster, reach=replace(round_._poster.reach, private=()))
    happens(world, place, "A777AA999", "refuse", "pass_expired")

    assert (0, []) == (deliver(world), service.shown)
    assert "a private address" in subscribed.get(f"/t/{place.territory.code}/notices").text


def test_what_waits_for_a_browser_is_bounded(world, place, service, subscribed):
    """A browser that is off for long hears the newest notices, not hundreds."""
    now = utc_now()
    with world.database.write() as session:
        row = session.query(PushSubscription).one()
        for number in range(web_push.MOST_WAITING + 7):
            notice = web_push.Notice(str(number), "x" * 5000, "/", "t", timedelta(hours=1))
            web_push.put(session, row, notice, now=now)
            session.flush()

    deliver(world)

    assert [str(number) for number in range(7, web_push.MOST_WAITING + 7)] == titles(service)


def test_the_worker_knows_what_to_do_with_a_notice(world, place):
    """The service worker shows what it is told and opens only pages of this portal; its picture is there."""
    visitor = world.visitor()
    worker = visitor.get("/sw.js").text

    assert "__ICON__" not in worker
    icon = worker.split('icon: "')[1].split('"')[0]
    assert 200 == visitor.get(icon).status_code
    assert json.loads(visitor.get("/manifest.webmanifest").text)["id"] == "/"
    pages = {page.path: page.access for page in ALL_PAGES}
    assert Access.ACCOUNT == pages["/account/push"] == pages["/account/push/off"]

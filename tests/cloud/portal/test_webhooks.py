"""Webhooks: another program hears of every visit, signed; who may be called is the owner's to say; all of it is seen."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import jsonschema_rs
import pytest

from cloud.couriers import webhooks
from cloud.db.models import Role, Webhook, WebhookEvent, utc_now
from cloud.domain import territories
from core.signed_body import signature
from tests.cloud.portal.conftest import PASSWORD
from tests.cloud.portal.test_guests import happens, subject


@pytest.fixture
def private_receivers():
    return (ip_network("127.0.0.0/8"),)


class Receiver:
    """Another program: takes what is signed with its secret, and answers as it is told to."""

    def __init__(self):
        self.url, self.secret, self.answers, self.taken = "", "", [], []

    def take(self, headers, body):
        if self.answers:
            return self.answers.pop(0)
        stamp = headers["X-Okter-Timestamp"]
        if headers["X-Okter-Signature"] != signature(self.secret, stamp, body):
            return 401
        told = json.loads(body)
        assert headers["X-Okter-Id"] == told["id"]
        assert abs(float(stamp) - utc_now().timestamp()) < 300
        self.taken.append(told)
        return 204


@contextmanager
def listening(receiver):
    class Talk(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.take(self.headers, body))
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver():
    with listening(Receiver()) as one:
        yield one


@pytest.fixture
def hook(world, place, receiver):
    """The manager's page, with the receiver's address added by it; the place's own example is gone."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/webhooks"
    manager.post(f"{path}/{place.ids['webhook_id']}/remove")
    answer = manager.post(path, url=receiver.url, current_password=PASSWORD)
    receiver.secret = re.search(r"<pre>(\S+)</pre>", answer.text)[1]
    assert receiver.secret not in manager.get(path).text
    return manager


def deliver(world, *, now=None):
    return world.app.state.portal.webhooks.deliver_due(now=now)


def page_of(manager, place):
    return manager.get(f"/t/{place.territory.code}/webhooks").text


def only(world):
    with world.database.read() as session:
        return session.query(Webhook).one()


def test_a_visit_is_told_as_the_api_tells_it(world, place, hook, receiver):
    """Each visit is posted once, signed, in order, in the very form of `GET /api/v1/visits` and of the OpenAPI."""
    first = happens(world, place, "A777AA999", "open", "pass_valid", pass_id=place.ids["pass_id"])
    second = happens(world, place, None, "refuse", "unreadable")

    assert (2, 0) == (deliver(world), deliver(world))

    assert [first, second] == [told["visit"]["id"] for told in receiver.taken]
    told = receiver.taken[0]
    assert ("visit", place.territory.code) == (told["type"], told["territory"])
    assert ("A777AA999", "open", place.ids["pass_id"]) == tuple(
        told["visit"][name] for name in ("plate", "decision", "pass_id")
    )
    api = world.visitor().get("/api/openapi.json").json()
    schema = api["webhooks"]["visit"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert jsonschema_rs.validator_for({**schema, "components": api.get("components", {})}).is_valid(told)
    assert "принял" in page_of(hook, place).casefold()


def test_a_failing_receiver_is_seen_and_told_again(world, place, hook, receiver):
    """A receiver that is down is told again later; its page says since when, why, what waits and when it is tried."""
    now, receiver.answers = utc_now(), [503]
    happens(world, place, "A777AA999", "open", "pass_valid")
    assert 0 == deliver(world)
    page = page_of(hook, place)
    assert "HTTP 503" in page
    assert "не принимает" in page
    assert "Следующая попытка" in page

    assert 1 == deliver(world, now=now + timedelta(minutes=5))

    assert "HTTP 503" not in page_of(hook, place)


def test_long_failure_switches_it_off_and_writes_to_the_managers(world, place, hook, receiver):
    """After three days without a taken message nothing more is posted, the managers get a letter, and may switch it on."""
    receiver.answers = [500, 500]
    happens(world, place, "A777AA999", "open", "pass_valid")
    deliver(world)
    deliver(world, now=utc_now() + webhooks.OFF_AFTER + timedelta(minutes=1))

    (letter,) = [letter for letter in world.letters() if "Webhook" in subject(letter)]
    assert "To: managera@example.com" in letter
    assert "отключён: долго не принимал" in page_of(hook, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.read() as session:
        assert 0 == session.query(WebhookEvent).count()

    hook.post(f"/t/{place.territory.code}/webhooks/{only(world).id}/on")
    happens(world, place, "A777AA999", "open", "pass_valid")
    assert 1 == deliver(world)


def test_trying_it_out(world, place, hook, receiver):
    """«Проверить» posts a message about nothing."""
    hook.post(f"/t/{place.territory.code}/webhooks/{only(world).id}/test")

    assert 1 == deliver(world)
    assert [("ping", None)] == [(told["type"], told["visit"]) for told in receiver.taken]


def test_another_territory_hears_nothing(world, place, make_place, hook, receiver):
    """A webhook hears of its own territory alone."""
    other = make_place("B")
    happens(world, other, "A777AA999", "open", "pass_valid")

    with world.database.read() as session:
        assert [int(other.ids["webhook_id"])] == [row.receiver_id for row in session.query(WebhookEvent)]


def test_a_manager_who_is_one_no_more_falls_silent(world, place, hook, receiver):
    """A webhook made by somebody who manages no more is silent and says so; another manager takes it over by one press."""
    with world.database.write() as session:
        territories.membership(session, place.manager, place.territory).role = Role.RESIDENT
        territories.membership(session, place.operator, place.territory).role = Role.MANAGER
    happens(world, place, "A777AA999", "open", "pass_valid")
    assert 0 == deliver(world)
    other = world.as_(place.operator)
    assert "больше не управляет" in page_of(other, place)

    other.post(f"/t/{place.territory.code}/webhooks/{only(world).id}/on")
    happens(world, place, "A777AA999", "open", "pass_valid")

    assert 1 == deliver(world)


def test_an_address_inside_is_not_called(world, place, hook, receiver):
    """Without the owner's leave an address of a private network is never connected to, and the page says why."""
    with world.database.write() as session:
        session.query(Webhook).one().url = receiver.url.replace("127.0.0.1", "10.0.0.1")
    happens(world, place, "A777AA999", "open", "pass_valid")

    assert 0 == deliver(world)
    assert "a private address" in page_of(hook, place)


@pytest.mark.parametrize(
    ("url", "password", "said"),
    [
        ("https://example.ru/x", "wrong", "Неверный пароль"),
        ("example.ru", PASSWORD, "Введите адрес целиком"),
        ("https://user:secret@example.ru/", PASSWORD, "Введите адрес целиком"),
    ],
)
def test_what_is_not_added(world, place, url, password, said):
    """A webhook wants the password and an address that is one."""
    manager = world.as_(place.manager)
    answer = manager.post(f"/t/{place.territory.code}/webhooks", url=url, current_password=password)

    assert (422, True) == (answer.status_code, said in answer.text)


def test_there_are_few_of_them(world, place):
    """A territory has at most five."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/webhooks"
    for number in range(webhooks.MOST_WEBHOOKS - 1):
        assert 200 == manager.post(path, url=f"https://e.ru/{number}", current_password=PASSWORD).status_code

    assert "не больше 5" in manager.post(path, url="https://e.ru/x", current_password=PASSWORD).text

"""Notices to browsers of the guard's page: sealed for each, told once, ended with the person, dropped with the browser."""

from __future__ import annotations

import ipaddress
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.rules.policy import Direction
from edge.neighbours.delivery import Delivery
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.seam import NeighbourFailed, StatusNow, Waiting
from edge.neighbours.settings import WebPushSettings
from edge.neighbours.subscriptions import (
    KEY_FILE,
    MOST_BROWSERS,
    Subscription,
    Subscriptions,
    SubscriptionsUnkept,
    mark_of,
    own_key,
)
from edge.neighbours.web_push import FIRST_REST_S, WebPush
from edge.persons import Persons, Role
from posting.post import Poster
from posting.reach import Reach
from tests.cloud.push_service import PushService, push_service
from tests.neighbours.conftest import BARRIER, LOST, STATUS

CAR = Waiting("run-1-7", "entry", Direction.ENTRY, "А 123 ВС 77", "no_pass")
LOOPBACK = Reach(private=(ipaddress.ip_network("127.0.0.0/8"),))
EVENING = 1_764_450_000.0
"""2025-11-30 00:00 in Moscow."""


class Gate:
    """A gate with a push service and browsers whose owners are at the page."""

    def __init__(self, folder: Path, service: PushService) -> None:
        self.folder = folder
        self.service = service
        self.access = FakeGateAccess(standing={CAR.visit_id})
        self.now = 1000.0

    def subscribe(self, name: str, *, person: str = "", language: str = "ru", password: str = "") -> None:
        mark = mark_of(Persons(self.folder), person, password)
        told = self.service.browser(name)
        Subscriptions(self.folder).put(Subscription(**told, language=language, name=person, mark=mark))

    def pusher(self, *, quiet: str = "", password: str = "", reach: Reach = LOOPBACK) -> WebPush:
        settings = WebPushSettings(on=True, contact="mailto:guard@example.ru", quiet=quiet)
        return WebPush(
            settings, self.access, state_dir=self.folder, password=password, site="КПП-1",
            zone=ZoneInfo("Europe/Moscow"), poster=Poster(reach), clock=lambda: self.now,
        )  # fmt: skip

    def shown(self, name: str = "guard") -> list[dict[str, str]]:
        return [notice for path, _, notice in self.service.shown if path == f"/{name}"]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with push_service() as service:
        yield Gate(tmp_path, service)


def test_who_waits_is_told_with_the_way_to_their_card(gate: Gate) -> None:
    """Plate, reason and a path that dies in a minute; sealed, signed by this gate's own key, worth a minute on the way."""
    gate.subscribe("guard")
    gate.pusher().take(CAR)
    ((_, headers, notice),) = gate.service.shown
    assert {
        "title": "entry: А 123 ВС 77",
        "body": "Ждёт: нет пропуска",
        "path": "/notice/run-1-7?until=1060",
        "tag": "run-1-7",
        "lang": "ru",
    } == notice
    assert ("60", "high") == (headers["ttl"], headers["urgency"])


def test_each_browser_reads_its_own_language(gate: Gate) -> None:
    """One event, two languages."""
    gate.subscribe("guard")
    gate.subscribe("other", language="en")
    gate.pusher().take(replace(CAR, plate="", reason="unreadable"))
    assert "entry: машина без номера" == gate.shown()[0]["title"]
    assert gate.shown("other")[0]["body"].startswith("Waits: ")


def test_what_goes_wrong_is_told_once_and_its_end_too(gate: Gate) -> None:
    """A camera lost, a barrier forced, nobody who could decide; the first status after a start tells nothing."""
    gate.subscribe("guard")
    pusher = gate.pusher()
    forced = replace(STATUS, barriers=(replace(BARRIER, alarms=("forced",)),))
    for status in (STATUS, STATUS, forced, forced, replace(LOST, barriers=forced.barriers), STATUS):
        pusher.take(StatusNow(status))
    told = [one["body"] for one in gate.shown()]
    assert 4 == len(told), told
    assert "шлагбаум main: открыт силой" == told[0]
    assert any("камера entry" in one for one in told)
    assert "сообщённые неисправности прошли" == told[-1]


def test_quiet_hours_hold_back_who_waits_and_no_fault(gate: Gate) -> None:
    """As Telegram's; without a clock that can be trusted it rings."""
    gate.subscribe("guard")
    gate.access.wall = EVENING
    pusher = gate.pusher(quiet="23-7")
    pusher.take(CAR)
    assert [] == gate.shown()
    for status in (STATUS, LOST):
        pusher.take(StatusNow(status))
    assert gate.shown()
    before = len(gate.shown())
    gate.access.wall = None
    pusher.take(CAR)
    assert before + 1 == len(gate.shown())


def test_a_car_that_left_while_the_news_stood_in_the_queue_rings_nobody(gate: Gate) -> None:
    """It is asked whether it still waits."""
    gate.subscribe("guard")
    gate.access.standing = set()
    gate.pusher().take(CAR)
    assert [] == gate.shown()


def test_notices_end_with_the_person(gate: Gate) -> None:
    """Removed, or given another PIN, or the common password changed: nothing more goes to that browser."""
    gate.subscribe("guard", password="общий пароль")
    gate.pusher(password="общий пароль").take(CAR)
    gate.pusher(password="другой пароль").take(CAR)
    assert 1 == len(gate.shown())
    persons = Persons(gate.folder)
    persons.put("Иван", Role.GUARD, "482913")
    gate.pusher(password="общий пароль").take(CAR)
    assert 1 == len(gate.shown())
    gate.subscribe("ivan", person="Иван")
    gate.pusher().take(CAR)
    assert 1 == len(gate.shown("ivan"))
    persons.put("Иван", Role.GUARD, "582914")
    gate.pusher().take(CAR)
    assert 1 == len(gate.shown("ivan"))


def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told(gate: Gate) -> None:
    """410 of its push service removes it from the file."""
    gate.subscribe("gone")
    gate.subscribe("guard")
    del gate.service.browsers["/gone"]
    gate.pusher().take(CAR)
    assert 1 == len(gate.shown())
    assert [f"{gate.service.url}/guard"] == [one.endpoint for one in Subscriptions(gate.folder).all()]


def test_a_service_that_fails_is_left_alone_for_a_while(gate: Gate) -> None:
    """Its trouble is raised for the status where nobody was reached; asked again after a rest."""
    gate.subscribe("guard")
    gate.service.answers["/guard"] = [503]
    pusher = gate.pusher()
    with pytest.raises(NeighbourFailed, match="503"):
        pusher.take(CAR)
    pusher.take(CAR)
    assert [] == gate.shown()
    gate.now += FIRST_REST_S + 1
    pusher.take(CAR)
    assert 1 == len(gate.shown())


def test_a_fault_that_began_while_nobody_could_be_reached_is_told_afterwards(gate: Gate) -> None:
    """A camera lost together with the way out is no secret once the way is back, and neither is the end of it."""
    gate.subscribe("guard")
    pusher = gate.pusher()
    pusher.take(StatusNow(STATUS))
    pusher.take(StatusNow(STATUS))
    gate.service.answers["/guard"] = [503, 503]
    with pytest.raises(NeighbourFailed, match="503"):
        pusher.take(StatusNow(LOST))
    pusher.take(StatusNow(LOST))  # while its push service is left alone
    assert [] == gate.shown()
    gate.service.answers.clear()
    gate.now += FIRST_REST_S + 1
    pusher.take(StatusNow(LOST))
    assert [one for one in gate.shown() if "камера entry" in one["body"]]

    gate.service.answers["/guard"] = [503]
    with pytest.raises(NeighbourFailed, match="503"):
        pusher.take(StatusNow(STATUS))
    pusher.take(StatusNow(STATUS))
    gate.now += FIRST_REST_S + 1
    pusher.take(StatusNow(STATUS))
    assert "сообщённые неисправности прошли" == gate.shown()[-1]["body"]


def test_a_card_that_takes_no_writing_rings_nobody_twice(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that is gone and cannot be forgotten is left alone; the others are told of a fault once."""
    gate.subscribe("gone")
    gate.subscribe("guard")
    del gate.service.browsers["/gone"]

    def dead(_self: object, _endpoint: str) -> None:
        raise SubscriptionsUnkept("read-only")

    monkeypatch.setattr(Subscriptions, "drop", dead)
    pusher = gate.pusher()
    for status in (STATUS, STATUS, LOST, LOST, LOST):
        pusher.take(StatusNow(status))
    assert len({one["tag"] for one in gate.shown()}) == len(gate.shown()) > 0


def test_no_browser_makes_the_gate_ask_its_own_network(gate: Gate) -> None:
    """An endpoint on this box or beside it is not asked: a subscription is typed by whoever is at the page."""
    gate.subscribe("guard")
    with pytest.raises(NeighbourFailed, match="private"):
        gate.pusher(reach=Reach()).take(CAR)
    assert [] == gate.service.shown


def test_a_push_service_that_hangs_delays_nobody(gate: Gate) -> None:
    """Giving news returns at once while the neighbour is stuck; what it has no time for is counted."""
    release, entered = threading.Event(), threading.Event()

    class Stuck:
        def take(self, told: object) -> None:
            del told
            entered.set()
            release.wait()

        def listen(self, stop: threading.Event) -> None:
            del stop

        def close(self) -> None:
            release.set()

    delivery = Delivery("web_push", Stuck(), most=3)
    delivery.start()
    delivery.give(CAR)
    entered.wait()
    spent = time.thread_time()
    for _ in range(100):
        delivery.give(CAR)
    assert time.thread_time() - spent < 1.0
    assert 97 == delivery.lost
    delivery.close()


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    """32 bytes, 0600, the same at every look; a spoiled one is an error and not another key."""
    first = own_key(tmp_path)
    assert first == own_key(tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode)
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(SubscriptionsUnkept, match="испорчен"):
        own_key(tmp_path)


def test_subscriptions_are_bounded_and_a_spoiled_file_keeps_nobody_out(gate: Gate) -> None:
    """The oldest goes; one browser is one line however often it subscribes; the file is for its owner alone."""
    kept = Subscriptions(gate.folder)
    for number in range(MOST_BROWSERS + 3):
        gate.subscribe(f"b{number}")
    gate.subscribe("b10")
    found = [one.endpoint.rpartition("/")[2] for one in kept.all()]
    assert MOST_BROWSERS == len(found)
    assert ("b3", "b10", 1) == (found[0], found[-1], found.count("b10"))
    path = gate.folder / "push-subscriptions.json"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    path.write_text("[" * 5000)
    with pytest.raises(SubscriptionsUnkept):
        kept.all()
    gate.subscribe("b1")
    assert 1 == len(kept.all())

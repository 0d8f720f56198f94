"""What pages say of a gate: only what it has said, how old that is, and that its silence is no answer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cloud.db.models import Command, Gate, GateEvent, utc_now
from cloud.domain import answers, presence

HOURS = timedelta(hours=5)


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


def changed(world, kind, **facts):
    with world.database.write() as session:
        session.query(kind).update(facts, synchronize_session=False)


def away(world):
    changed(world, Gate, last_seen_at=utc_now() - HOURS)


def told(page):
    """The card at the top of the guard's page."""
    return re.search(r'<div id="told".*?<div id="alarm"', page, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("facts", "words", "look"),
    [
        ({}, ("ждём ответа шлагбаума", "data-waiting"), "upcoming"),
        ({"outcome": "done"}, ("выполнено", "Стрелу портал не видит"), "current"),
        ({"outcome": "done", "outcome_detail": "нет ответа платы"}, ("плата не подтвердила",), "upcoming"),
        ({"outcome": "refused", "outcome_detail": "занято"}, ("не выполнено", "Шлагбаум сказал: занято"), "expired"),
        ({"outcome": "expired"}, ("дошла поздно",), "expired"),
        ({"created_at": utc_now() - answers.ANSWER_WITHIN}, ("За 15 с шлагбаум не ответил",), "expired"),
    ],
)
def test_after_a_press_only_what_was_seen_is_said(world, place, base, facts, words, look):
    """The guard's page says first what the gate answered to a command; unanswered, it never says that it was done."""
    guard = world.as_(place.operator)
    guard.post(f"{base}/gates/{place.ids['gate_id']}/open", lane="entry")
    changed(world, Command, outcome=None)
    if facts:
        changed(world, Command, **facts)
    if "created_at" in facts:
        changed(world, Command, created_at=utc_now() - answers.ANSWER_WITHIN)

    card = told(guard.get(f"{base}/check").text)

    assert all(word in card for word in words)
    assert [look] == re.findall(r'<span class="state (\w+)"', card)
    assert ("current" in card) == (facts == {"outcome": "done"})


def test_a_silent_gate_is_told_before_the_press(world, place, base):
    """Where there is no contact, each way to OPEN says so with the age of the last one, is not green and sends to the post."""
    guard = world.as_(place.operator)
    ask = f"{base}/gates/{place.ids['gate_id']}/open?lane=entry"
    changed(world, Gate, last_seen_at=utc_now())
    assert "Открывайте на посту" not in guard.get(ask).text
    assert "Команда действует 12 секунд" in guard.get(ask).text
    away(world)

    for path in (ask, f"{base}/check"):
        page = guard.get(path).text
        assert all(word in page for word in ("нет связи", "5 ч назад", "Открывайте на посту")), path
        assert [] == re.findall(r'<button(?: class="wide")?>Открыть<', page), path


def test_a_relay_that_did_not_answer_is_told_before_the_press(world, place, base):
    """A gate on the line whose last report says that its relay is silent will hardly open, and that is said."""
    changed(world, Gate, last_seen_at=utc_now(), health_at=utc_now(), health={"relay_alive": False})

    assert "Реле не отвечало" in world.as_(place.operator).get(f"{base}/check").text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("journal", "проезды появятся здесь"),
        ("reports", "проезды появятся здесь"),
        ("expected", "проезды появятся здесь"),
        ("check", "проезды появятся здесь"),
        ("check?plate=O001OO77", "последних изменений не знает"),
        ("passes", "последних изменений не знает"),
        ("blocked", "последних изменений не знает"),
    ],
)
def test_lists_and_counts_say_which_gate_is_missing(world, place, base, path, words):
    """What rests on a gate's news, or on its knowing the list, names the gate that is away and since when; else it says nothing."""
    manager = world.as_(place.manager)
    changed(world, Gate, last_seen_at=utc_now())
    assert words not in manager.get(f"{base}/{path}").text
    away(world)

    page = manager.get(f"{base}/{path}").text

    assert words in page
    assert "5 ч назад" in page
    if path == "expected":
        assert "На территории сейчас: " not in page


def test_a_change_of_the_list_is_not_promised_for_a_gate_that_is_away(world, place, base):
    """After filing, ending and banning while a gate is away, the notice says that it does not know of it yet."""
    away(world)
    manager = world.as_(place.manager)
    manager.post(f"{base}/passes/new", plate="O001OO77")
    assert "отставший узнает о нём" in manager.get(f"{base}/passes").text
    manager.post(f"{base}/passes/{place.ids['pass_id']}/end")
    assert "отставший пускает по ней" in manager.get(f"{base}/passes").text
    manager.post(f"{base}/blocked", plate="O002OO77")
    assert "отставший пускает его" in manager.get(f"{base}/blocked").text

    changed(world, Gate, last_seen_at=utc_now())
    manager.post(f"{base}/passes/new", plate="O003OO77")
    assert "виден при проезде" in manager.get(f"{base}/passes").text


def test_an_old_report_is_not_green(world, place, base):
    """On a gate's page nothing of a report is shown as good or bad once the report is no longer about now."""
    manager, path = world.as_(place.manager), f"{base}/gates/{place.ids['gate_id']}"
    health = {"relay_alive": True, "cameras": [{"lane": "entry", "alive": True}]}
    changed(world, Gate, last_seen_at=utc_now(), health_at=utc_now(), health=health)
    assert '<span class="state current">работает' in manager.get(path).text
    changed(world, Gate, last_seen_at=utc_now() - HOURS, health_at=utc_now() - HOURS)

    page = manager.get(path).text

    assert "что сейчас, неизвестно" in page
    assert '<span class="state current">' not in page


@pytest.mark.parametrize(
    ("decision", "opened", "words", "inside"),
    [
        ("open", None, "Открыто", True),
        ("open", "yes", "Открыто", True),
        ("open", "unconfirmed", "Открыто, плата не подтвердила", True),
        ("open", "no", "Не открылся", False),
        ("refuse", "no", "Отказано", False),
        ("refuse", "yes", "Отказано, открыт вручную", True),
    ],
)
def test_a_decision_is_no_opening(world, place, base, decision, opened, words, inside):
    """A visit is told by what came of the decision, as far as the gate has said; a car is inside only if it was let through."""
    body = {} if opened is None else {"opened": opened}
    with world.database.write() as session:
        gate = session.get(Gate, int(place.ids["gate_id"]))
        gate.lanes = [{"name": "entry", "direction": "entry"}]
        event = GateEvent(
            gate_id=gate.id, territory_id=gate.territory_id, event_id="e", at=utc_now(), lane="entry",
            plate="O009OO77", decision=decision, reason="no_pass", body=body,
        )  # fmt: skip
        session.add(event)
        session.flush()
        number = event.id

    page = world.as_(place.operator).get(f"{base}/visits/{number}").text

    assert f">{words}</span>" in page
    with world.database.read() as session:
        found = presence.inside(session, place.territory, now=utc_now())
    assert inside == ("O009OO77" in {one.plate for one in found.cars})

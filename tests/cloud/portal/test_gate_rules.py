"""«Шлагбаумы»: a manager chooses anti-passback and convoy for a gate, and sees what the gate has said of it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import null

from cloud.api.enrolment import enrol_gate
from cloud.db.models import Account, AuditEntry, Gate, utc_now
from cloud.domain import gates
from sync import wire
from sync.link import NOTHING
from tests.cloud.api.test_link import report

TOLD = wire.RulesTold(
    12.0, "cloud", convoy=False, convoy_from="cloud", age_s=60, chosen=wire.RulesChosen(12.0, convoy=False)
)


@pytest.fixture
def path(place) -> str:
    return f"/t/{place.ids['code']}/gates/{place.ids['gate_id']}"


def gate_says(world, place, *, ago: timedelta = timedelta(0), **changed: object) -> None:
    with world.database.write() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        rules = replace(TOLD, **changed)
        gate.health = wire.parse(wire.encode(replace(report(NOTHING), rules=rules)))
        gate.health_at = gate.last_seen_at = utc_now() - ago
        gate.token_hash, gate.revoked_at = "x" * 64, None


def shown(visitor, path: str) -> str:
    """The card of the rules, in words."""
    card = re.search(r'id="rules">(.*?)</form>', visitor.get(path).text, re.DOTALL)
    assert card is not None
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(card[1])).split())


def test_a_choice_is_kept_and_not_called_in_force(world, place, path) -> None:
    """It stands in the form and in the acts, with the word that the gate does not know yet."""
    visitor = world.as_(place.manager)
    visitor.get(path)
    assert 303 == visitor.post(f"{path}/manage/rules", anti_passback_h="12", convoy="1").status_code
    with world.database.read() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        assert (12, True) == (gate.anti_passback_h, gate.convoy)
        assert 1 == session.query(AuditEntry).filter_by(action="gate-rules").count()
    text = shown(visitor, path)
    assert 2 == text.count("шлагбаум ещё не знает")
    assert "в силе у шлагбаума" not in text
    assert 'value="12"' in visitor.get(path).text
    visitor.post(f"{path}/manage/rules", anti_passback_h="12", convoy="1")  # the same again is no act
    with world.database.read() as session:
        assert 1 == session.query(AuditEntry).filter_by(action="gate-rules").count()
    visitor.post(f"{path}/manage/rules", anti_passback_h="")
    with world.database.read() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        assert (0, False) == (gate.anti_passback_h, gate.convoy)


def test_what_the_gate_says_is_shown_as_it_says_it(world, place, path) -> None:
    """In force since when; decided by its file; without an exit; and, silent since, what was in force then."""
    visitor = world.as_(place.manager)
    visitor.get(path)
    visitor.post(f"{path}/manage/rules", anti_passback_h="12")
    gate_says(world, place)
    assert 2 == shown(visitor, path).count("в силе у шлагбаума с ")
    gate_says(world, place, anti_passback_from="file", anti_passback_h=8.0)
    assert re.search(r"решает файл шлагбаума : 8 ч\. .*выбор здесь не действует", shown(visitor, path))
    gate_says(world, place, anti_passback_from="no_exit", anti_passback_h=0.0)
    assert "у шлагбаума нет выезда" in shown(visitor, path)
    gate_says(world, place, chosen=None, anti_passback_h=0.0)
    assert "шлагбаум ещё не знает У него сейчас: выключено." in shown(visitor, path)
    gate_says(world, place, ago=timedelta(hours=2), anti_passback_from="file")
    assert "решал файл шлагбаума" in shown(visitor, path)
    gate_says(world, place, ago=timedelta(hours=2))
    text = shown(visitor, path)
    assert 2 == text.count("было в силе у шлагбаума с ")
    assert "Последнее слово шлагбаума" in text


def test_another_box_has_not_said_what_the_one_before_it_said(world, place, path) -> None:
    """A box bound in the place of another knows nothing yet, whatever stood in the last report; nor does one that is locked out."""
    visitor = world.as_(place.manager)
    visitor.get(path)
    visitor.post(f"{path}/manage/rules", anti_passback_h="12")
    gate_says(world, place, ago=timedelta(seconds=20), convoy_from="file")
    with world.database.write() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        gate.enrolled_at = gate.last_seen_at = utc_now() - timedelta(seconds=10)
    text = shown(visitor, path)
    assert 2 == text.count("шлагбаум ещё не знает")
    assert "не принимает" not in text
    assert "<dt>Свободно на диске" not in visitor.get(path).text
    gate_says(world, place, convoy_from="file")
    assert "решает файл шлагбаума" in shown(visitor, path)
    visitor.post(f"{path}/manage/revoke")
    assert 2 == shown(visitor, path).count("шлагбаум ещё не знает")


def test_a_box_that_was_just_bound_has_told_nothing(world, place, path) -> None:
    """Page, fleet and database keep no camera, disk, list or grade of the box before; the first report of the new one fills them."""
    visitor = world.as_(place.manager)
    gate_says(world, place)
    assert "Свободно на диске" in visitor.get(path).text
    with world.database.write() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        gate.list_cursor = "old"
        code = gates.new_code(session, gate, by=session.get_one(Account, place.manager.id), now=utc_now())

    enrol_gate(world.database, wire.EnrollRequest(code, "box", (wire.Lane("entry", "entry"),), "0.2.0"))

    text = visitor.get(path).text
    assert 2 == text.count("ещё не сообщал")
    for word in ("<dt>Камеры", "<dt>Свободно на диске", "<dt>Реле", "отстаёт"):
        assert word not in text
    assert "на связи" in text, "binding itself was heard"
    assert "о себе не сообщал" in visitor.get("/fleet").text
    with world.database.read() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        assert (None, None, None) == (gate.health_at, gate.grade, gate.list_cursor)
        assert 1 == session.query(Gate).filter(Gate.health.is_(null())).count()
    gate_says(world, place)
    assert "<dt>Свободно на диске" in visitor.get(path).text


@pytest.mark.parametrize("hours", ["-1", "169", "1.5", "много", "9" * 30, "١٢"])
def test_hours_out_of_range_are_refused(world, place, path, hours: str) -> None:
    """With the field named; nothing is kept."""
    visitor = world.as_(place.manager)
    visitor.get(path)
    answer = visitor.post(f"{path}/manage/rules", anti_passback_h=hours, convoy="1")
    assert 422 == answer.status_code
    assert "целое число от 0 до 168" in answer.text
    with world.database.read() as session:
        assert not session.get_one(Gate, int(place.ids["gate_id"])).convoy


def test_nobody_but_a_manager_of_that_territory_chooses(world, place, make_place, path) -> None:
    """Neither an operator nor the manager of a neighbour."""
    other = make_place("B")
    for account, code in ((place.operator, place.ids["code"]), (other.manager, other.ids["code"])):
        visitor = world.as_(account)
        answer = visitor.post(f"/t/{code}/gates/{place.ids['gate_id']}/manage/rules", anti_passback_h="12")
        assert answer.status_code in {403, 404}
    with world.database.read() as session:
        assert 0 == session.get_one(Gate, int(place.ids["gate_id"])).anti_passback_h

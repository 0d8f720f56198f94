"""«Парк шлагбаумов»: the gates of all territories that a person manages, and what is old said to be old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.db.models import AuditEntry, Gate, utc_now
from sync import wire
from tests.cloud.fleet.test_standing import WELL


def reported(world, place, *, ago: timedelta = timedelta(0), **changed) -> None:
    """A report of the place's gate that came `ago`."""
    with world.database.write() as session:
        gate = session.get_one(Gate, int(place.ids["gate_id"]))
        gate.health = wire.parse(wire.encode(replace(WELL, **changed)))
        gate.grade, gate.version = 0, "0.1.0"
        gate.last_seen_at = gate.health_at = utc_now() - ago


def test_a_manager_sees_their_gates_and_nobody_elses(world, place, make_place):
    """Also a guard of the territory sees none: it is not theirs to look after."""
    make_place("B")
    assert "gate A" in (shown := world.as_(place.manager).get("/fleet").text)
    assert "gate B" not in shown
    for account in (place.operator, place.resident, place.asking, world.account("Nobody")):
        shown = world.as_(account).get("/fleet").text
        assert "gate A" not in shown
        assert "которыми вы управляете" in shown


def test_what_a_silent_gate_said_is_told_as_past(world, place):
    """A report of an hour ago is no present: the gate is silent, and its word stands under «тогда»."""
    reported(world, place, clock_trusted=False)
    live = world.as_(place.manager).get("/fleet").text
    assert "тогда сообщил" not in live

    reported(world, place, ago=timedelta(hours=1), clock_trusted=False)
    old = world.as_(place.manager).get("/fleet").text
    assert "тогда сообщил" in old
    assert "60 мин назад" in old
    assert 'unit silent"' in old


def test_what_a_gate_does_not_tell_is_said(world, place):
    """An older gate tells neither networks nor alarms nor updates: «не сообщает», never a tick."""
    reported(world, place, alarms=None)
    shown = world.as_(place.manager).get("/fleet").text
    assert shown.count("не сообщает") >= 3
    assert "о тревогах не сообщает" in shown
    assert "неисправностей не назвал" not in shown


def test_a_gate_that_never_reported_is_unknown(world, place):
    """Heard, and nothing said of itself: neither well nor faulty."""
    shown = world.as_(place.manager).get("/fleet").text
    assert 'unit unknown"' in shown
    assert "о себе не сообщал" in shown


@pytest.mark.parametrize(
    "query", ["standing=well", "version=0.1.0", "territory=000-000", "standing=x&after=zz&version=" + "9" * 99]
)
def test_any_filter_is_answered(world, place, query):
    """One that nothing fits shows that there is nothing; an odd one is none."""
    assert 200 == world.as_(place.manager).get(f"/fleet?{query}").status_code


def test_a_manager_has_a_token_replaced(world, place):
    """The wish is kept, written down, and seen on the gate's page."""
    visitor = world.as_(place.manager)
    path = f"/t/{place.ids['code']}/gates/{place.ids['gate_id']}"
    with world.database.write() as session:
        session.get_one(Gate, int(place.ids["gate_id"])).enrolled_at = utc_now()

    assert 303 == visitor.post(f"{path}/manage/token").status_code

    assert "будет сменён" in visitor.get(path).text
    with world.database.read() as session:
        assert session.get_one(Gate, int(place.ids["gate_id"])).token_wanted_at is not None
        assert 1 == session.query(AuditEntry).filter_by(action="gate-token-wanted").count()

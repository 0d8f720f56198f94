"""«Парк шлагбаумов»: the gates of all territories that a person manages, and what is old said to be old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.db.models import AuditEntry, Gate, Release, ReleasePiece, Rollout, RolloutGate, Territory, utc_now
from cloud.fleet import rollouts
from cloud.fleet.rings import WHOLE, Phase, Ring, Rules
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


ASKS = {"python": "3.11", "machine": "aarch64", "running": ""}


@pytest.fixture
def rollout(world) -> int:
    """A release on its way to all gates at once, in two rings."""
    with world.database.write() as session:
        release = Release(name="0.2.0-2000", version="0.2.0", python="3.11", machine="aarch64", size=1, sha256="0" * 64)
        session.add(release)
        session.flush()
        session.add(ReleasePiece(release_id=release.id, number=0, body=b"x"))
        session.flush()
        return rollouts.start(session, release, (Ring(share=WHOLE),) * 2, Rules(), now=utc_now()).id


def asks(world, place) -> bool:
    """The place's gate asks for an update: whether there is one for it, and whether it may fetch it."""
    gate_id = int(place.ids["gate_id"])
    with world.database.write() as session:
        wanted = rollouts.wanted(session, gate_id, now=utc_now(), **ASKS)
        session.flush()
        fetches = rollouts.release_for(session, gate_id, "0.2.0-2000")
    assert (wanted is None) is (fetches is None)
    return wanted is not None


def test_no_rollout_no_section(world, place):
    """While nothing is on its way, and nothing is stopped, the page says nothing of updates in rings."""
    assert "Обновления в пути" not in world.as_(place.manager).get("/fleet").text


def test_a_manager_sees_where_a_rollout_stands(world, place, make_place, rollout):
    """Its release, its ring, and how one's own gates are in it; other people's are not counted."""
    other = make_place("B")
    shown = world.as_(place.manager).get("/fleet").text
    assert "0.2.0-2000" in shown
    assert "кольцо 1 из 2" in shown
    assert "Вашим шлагбаумам ещё не предложено." in shown

    assert asks(world, other)
    assert "Вашим шлагбаумам ещё не предложено." in world.as_(place.manager).get("/fleet").text
    assert asks(world, place)
    assert "предложено: 1<" in world.as_(place.manager).get("/fleet").text


@pytest.mark.parametrize(
    ("why", "words"), [("failed", "вернулся с него"), ("worse", "больше неисправностей"), ("silent", "замолчал")]
)
def test_the_reason_of_a_stop_is_told(world, place, rollout, why, words):
    """A rollout that stopped by itself says why; nothing is told of whose gate it was."""
    with world.database.write() as session:
        row = session.get_one(Rollout, rollout)
        row.phase, row.why = Phase.STOPPED, why
    shown = world.as_(place.manager).get("/fleet").text
    assert "остановилась сама" in shown
    assert words in shown


def test_a_manager_stops_updates_of_their_own_gates(world, place, make_place, rollout):
    """One press: their gates are given nothing, what was begun is dropped, others go on, and it is written down; one more lets it go."""
    other, visitor = make_place("B"), world.as_(place.manager)
    assert asks(world, place)

    assert 303 == visitor.post("/fleet/updates/stop").status_code

    shown = visitor.get("/fleet").text
    assert "Шлагбаумам 1 из 1 ваших территорий обновления не даются." in shown
    assert 'action="/fleet/updates/stop"' not in shown
    assert not asks(world, place)
    assert asks(world, other)
    assert 303 == visitor.post("/fleet/updates/stop").status_code
    assert 303 == visitor.post("/fleet/updates/resume").status_code
    assert asks(world, place)
    with world.database.read() as session:
        assert Phase.RUNNING == session.get_one(Rollout, rollout).phase
        told = session.query(AuditEntry).filter(AuditEntry.action.startswith("updates-")).order_by(AuditEntry.id)
        assert [("updates-stopped", place.territory.id), ("updates-let-go", place.territory.id)] == [
            (row.action, row.territory_id) for row in told
        ]


def test_a_stop_is_seen_when_nothing_is_on_its_way(world, place, rollout):
    """Whoever stopped updates finds the way back also after the rollout has ended."""
    visitor = world.as_(place.manager)
    visitor.post("/fleet/updates/stop")
    with world.database.write() as session:
        rollouts.end(session, session.get_one(Rollout, rollout), now=utc_now())
    assert 'action="/fleet/updates/resume"' in visitor.get("/fleet").text


def test_whoever_manages_nothing_stops_nothing(world, place, rollout):
    """A guard and a resident see no rollout, and their press changes nothing."""
    for account in (place.operator, place.resident, place.asking):
        visitor = world.as_(account)
        assert "0.2.0-2000" not in visitor.get("/fleet").text
        visitor.post("/fleet/updates/stop")
    with world.database.read() as session:
        assert session.get_one(Territory, place.territory.id).updates_stopped_at is None
    assert asks(world, place)


def test_a_stop_counts_nobody_as_given(world, place, rollout):
    """A gate that asks while its manager has stopped updates is not counted in the ring: it proves nothing and is not bad."""
    world.as_(place.manager).post("/fleet/updates/stop")
    assert not asks(world, place)
    with world.database.read() as session:
        assert 0 == session.query(RolloutGate).count()

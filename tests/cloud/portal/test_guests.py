"""Guests at the gate: their hosts hear of them and let them in by one press."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest

from cloud.api.events import store_groups
from cloud.api.requests import Caller
from cloud.db.models import GateEvent, Membership, Pass, utc_now
from cloud.domain.check import check_plate
from sync import wire


def happens(world, place, plate, decision, reason, *, ago=timedelta(0), pass_id=None):
    """A visit as the gate tells it; the id of its row."""
    event = wire.GateEvent(
        id=str(uuid.uuid4()), kind="visit", at=utc_now() - ago, clock_trusted=True, lane="entry", plate=plate,
        decision=decision, reason=reason, pass_id=pass_id,
    )  # fmt: skip
    caller = Caller(int(place.ids["gate_id"]), place.territory.id)
    store_groups(world.database, [(caller, [event])], tell=world.app.state.tell_host)
    with world.database.read() as session:
        return session.query(GateEvent.id).filter_by(event_id=event.id).scalar()


@pytest.fixture
def expired(world, place):
    """The resident's guest, whose pass ended an hour ago."""
    with world.database.write() as session:
        row = session.get(Pass, place.ids["pass_id"])
        row.valid_until, row.note = utc_now() - timedelta(hours=1), "тёща"
    return place


def allowed(world, place, plate):
    with world.database.read() as session:
        return check_plate(session, place.territory, plate, now=utc_now()).allowed


def test_a_refused_guest_is_let_in_by_one_press(world, expired):
    """The host of a refused guest gets a letter; one press on its page lets the car in today, and the guard sees by whom."""
    number = happens(world, expired, "A777AA999", "refuse", "pass_expired")
    (letter,) = world.letters()
    assert "To: residenta@example.com" in letter
    link = re.search(r"http://portal\.test(/t/\S+)", letter)[1]
    resident, guard = world.as_(expired.resident), world.as_(expired.operator)
    assert "Пропустить сегодня" in resident.get(link).text
    assert not allowed(world, expired, "A777AA999")

    answer = resident.post(f"{link}/admit")

    assert 303 == answer.status_code
    assert allowed(world, expired, "A777AA999")
    assert f"/guests/{number}" in link
    feed = guard.get(f"/t/{expired.territory.code}/feed").text
    assert "Теперь въезд разрешён: residentA" in feed
    with world.database.read() as session:
        row = session.query(Pass).filter_by(plate="A777AA999", deleted_at=None).order_by(Pass.created_at.desc()).first()
        assert ("тёща", expired.resident.id) == (row.note, row.owner_id)
        assert timedelta(0) < row.valid_until - utc_now() <= timedelta(hours=24)
    assert "Пропустить сегодня" not in resident.get(link).text


def test_the_page_of_passes_asks_too(world, expired):
    """Without mail the host finds the refused guest at the top of «Заявки», each car once, until it is settled."""
    for _ in range(3):
        happens(world, expired, "A777AA999", "refuse", "pass_expired")
    resident, path = world.as_(expired.resident), f"/t/{expired.territory.code}/passes"
    page = resident.get(path).text
    assert 1 == page.count("Вашего гостя не пропустили</strong>")
    assert "Вашего гостя" not in world.as_(expired.operator).get(path).text

    resident.post(re.search(r'action="(/t/\S+/admit)"', page)[1])

    assert "Вашего гостя" not in resident.get(path).text


@pytest.mark.parametrize("who", ["operator", "asking", "manager"])
def test_nobody_lets_in_anothers_guest(world, expired, who):
    """Only the host has the button: not the guard, not a stranger, and not the manager under the host's name."""
    number = happens(world, expired, "A777AA999", "refuse", "pass_expired")
    path = f"/t/{expired.territory.code}/guests/{number}"
    visitor = world.as_(getattr(expired, who))

    assert "Пропустить сегодня" not in visitor.get(path).text
    assert visitor.post(f"{path}/admit").status_code in {403, 404}
    assert not allowed(world, expired, "A777AA999")


def test_a_banned_guest_is_the_managers_business(world, expired):
    """A plate on the block list brings no letter and no button: one press must not undo a ban."""
    with world.database.write() as session:
        session.get(Pass, expired.ids["blocked_id"]).plate = "A777AA999"
    happens(world, expired, "A777AA999", "refuse", "blocked")

    assert [] == world.letters()
    assert "Вашего гостя" not in world.as_(expired.resident).get(f"/t/{expired.territory.code}/passes").text


@pytest.mark.parametrize(
    ("plate", "ago"),
    [("A777AA999", timedelta(hours=3)), ("B123BC77", timedelta(0)), (None, timedelta(0))],
    ids=["old news", "nobody's", "unread"],
)
def test_what_concerns_nobody_now_tells_nobody(world, expired, plate, ago):
    """Visits told late, of cars that nobody filed, or unread, write no letter and offer nothing."""
    number = happens(world, expired, plate, "refuse", "no_pass", ago=ago)
    resident = world.as_(expired.resident)

    assert [] == world.letters()
    assert "Вашего гостя" not in resident.get(f"/t/{expired.territory.code}/passes").text
    if plate == "A777AA999":
        page = resident.post(f"/t/{expired.territory.code}/guests/{number}/admit")
        assert (422, True) == (page.status_code, "слишком много времени" in page.text)


@pytest.mark.parametrize(("refused", "arrived"), [("1", ""), ("", "1"), ("", "")])
def test_everybody_chooses_their_letters(world, place, refused, arrived):
    """Letters about arrivals and refusals come as each person has chosen; a repeated event tells nothing twice."""
    resident = world.as_(place.resident)
    resident.post(f"/t/{place.territory.code}/notices", tell_refused=refused, tell_arrived=arrived)

    happens(world, place, "A777AA999", "open", "pass_valid", pass_id=place.ids["pass_id"])
    happens(world, place, "A777AA999", "refuse", "unreadable")

    subjects = [re.search("Subject: (.*)", letter)[1] for letter in world.letters()]
    assert bool(refused) + bool(arrived) == len(subjects)
    with world.database.read() as session:
        row = session.get(Membership, int(place.ids["member_id"]))
        assert (bool(refused), bool(arrived)) == (row.tell_refused, row.tell_arrived)

"""Guests at the gate: their hosts hear of them and let them in by one press."""

from __future__ import annotations

import email
import email.policy
import re
import uuid
from datetime import timedelta

import pytest

from cloud.api.events import store_groups
from cloud.api.requests import Caller
from cloud.db.models import Gate, GateEvent, Membership, Pass, utc_now
from cloud.domain import endings
from cloud.domain.check import check_plate
from cloud.web import tidings
from sync import wire


def happens(world, place, plate, decision, reason, *, ago=timedelta(0), pass_id=None):
    """A visit as the gate tells it; the id of its row."""
    event = wire.GateEvent(
        id=str(uuid.uuid4()), kind="visit", at=utc_now() - ago, clock_trusted=True, lane="entry", plate=plate,
        decision=decision, reason=reason, pass_id=pass_id,
    )  # fmt: skip
    caller = Caller(int(place.ids["gate_id"]), place.territory.id)
    state = world.app.state
    store_groups(world.database, [(caller, [event])], tell=state.tell_host, programs=state.tell_programs)
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
    assert "Пропустить сейчас" in resident.get(link).text
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
    assert "Пропустить сейчас" not in resident.get(link).text


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

    assert "Пропустить сейчас" not in visitor.get(path).text
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
    resident.post(f"/t/{place.territory.code}/notices", by_mail="1", tell_refused=refused, tell_arrived=arrived)

    happens(world, place, "A777AA999", "open", "pass_valid", pass_id=place.ids["pass_id"])
    happens(world, place, "A777AA999", "refuse", "unreadable")

    subjects = [re.search("Subject: (.*)", letter)[1] for letter in world.letters()]
    assert bool(refused) + bool(arrived) == len(subjects)
    with world.database.read() as session:
        row = session.get(Membership, int(place.ids["member_id"]))
        assert (bool(refused), bool(arrived)) == (row.tell_refused, row.tell_arrived)


def test_one_press_admits_once_and_for_two_hours(world, expired):
    """What one press files is worth one entry within two hours, and nothing tomorrow."""
    number = happens(world, expired, "A777AA999", "refuse", "pass_expired")

    world.as_(expired.resident).post(f"/t/{expired.territory.code}/guests/{number}/admit")

    with world.database.read() as session:
        row = session.query(Pass).filter_by(plate="A777AA999", deleted_at=None).order_by(Pass.created_at.desc()).first()
        assert (True, True) == (row.one_time, row.valid_until - utc_now() <= timedelta(hours=2))


def test_a_plate_read_in_one_character_otherwise_asks_too(world, place):
    """A refused plate that differs from one pass in a single character asks its host, who sees both, and admits the one read."""
    number = happens(world, place, "A777AA997", "refuse", "no_pass")
    resident, path = world.as_(place.resident), f"/t/{place.territory.code}/guests/{number}"
    assert 1 == len(world.letters())
    page = resident.get(path).text
    assert "А777АА997" in page
    assert "A777AA999" in page
    assert "отличается одним знаком" in resident.get(f"/t/{place.territory.code}/passes").text

    resident.post(f"{path}/admit")

    assert allowed(world, place, "A777AA997")


@pytest.mark.parametrize("why", ["two hosts", "two characters", "over"])
def test_what_is_only_alike_asks_nobody(world, place, why):
    """Two hosts with a like plate, two characters apart, or a pass that is over: nobody is asked about a stranger."""
    with world.database.write() as session:
        row = session.get(Pass, place.ids["pass_id"])
        if why == "over":
            row.valid_until = utc_now() - timedelta(minutes=1)
        if why == "two hosts":
            session.add(
                Pass(
                    territory_id=row.territory_id, plate="A777AA998", plate_display="A777AA998",
                    owner_id=place.operator.id, rev=9,
                )
            )  # fmt: skip
    happens(world, place, "A777AA988" if why == "two characters" else "A777AA997", "refuse", "no_pass")

    assert [] == world.letters()
    assert "Вашего гостя" not in world.as_(place.resident).get(f"/t/{place.territory.code}/passes").text


@pytest.mark.parametrize("wanted", ["1", ""])
def test_a_guest_who_leaves_has_not_arrived(world, place, wanted):
    """A car seen on a lane out is told as one that left, to who wants that, and never as an arrival."""
    with world.database.write() as session:
        session.get(Gate, int(place.ids["gate_id"])).lanes = [{"name": "entry", "direction": "exit"}]
    world.as_(place.resident).post(
        f"/t/{place.territory.code}/notices", by_mail="1", tell_left=wanted, tell_arrived="1"
    )

    happens(world, place, "A777AA999", "open", "exit_allowed")

    assert ["Гость уехал" in subject(letter) for letter in world.letters()] == [True] * bool(wanted)


@pytest.mark.parametrize(("reason", "title"), [("pass_valid", "Гость проехал шлагбаум"), ("exit_free", "Гость уехал")])
def test_a_guest_on_a_lane_that_nobody_knows_is_not_said_to_have_come(world, place, reason, title):
    """A lane renamed since the gate was bound has no direction: the car passed, unless its reason tells that it left."""
    with world.database.write() as session:
        session.get(Gate, int(place.ids["gate_id"])).lanes = [{"name": "renamed", "direction": "entry"}]
    world.as_(place.resident).post(f"/t/{place.territory.code}/notices", by_mail="1", tell_left="1", tell_arrived="1")

    happens(world, place, "A777AA999", "open", reason)

    (letter,) = world.letters()
    assert title in subject(letter)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_manager_hears_of_who_asks_to_join(world, place, wanted):
    """A request to join writes to the managers who want to hear of it, and to nobody else."""
    manager = world.as_(place.manager)
    manager.post(f"/t/{place.territory.code}/notices", by_mail="1", tell_joining="1" if wanted else "")

    world.as_(world.account("Newcomer")).post("/territories/join", code=place.territory.code, object="дом 9")

    letters = world.letters()
    assert bool(wanted) == bool(letters)
    assert all("managera@example.com" in letter and "Newcomer" in subject(letter) for letter in letters)


def subject(letter):
    return email.message_from_string(letter, policy=email.policy.default)["Subject"]


@pytest.mark.parametrize("but", ["", "unwanted", "short", "outlasted", "far"])
def test_a_pass_about_to_end_is_told_once(world, place, but):
    """The day before a lasting pass ends its owner hears of it, once, if they want to and no other pass outlasts it."""
    now = utc_now()
    with world.database.write() as session:
        row = session.get(Pass, place.ids["pass_id"])
        row.created_at = now if but == "short" else now - timedelta(days=30)
        row.valid_until = now + timedelta(hours=50 if but == "far" else 5)
        session.get(Membership, int(place.ids["member_id"])).tell_ending = but != "unwanted"
        if but == "outlasted":
            session.add(
                Pass(
                    territory_id=row.territory_id,
                    plate=row.plate,
                    plate_display=row.plate,
                    owner_id=row.owner_id,
                    rev=9,
                )
            )

    told = []
    for _ in range(2):
        with world.database.write() as session:
            told.append(endings.tell_endings(session, tidings.pass_ending(world.app.state.portal), now=now))

    assert [0 if but else 1, 0] == told
    assert (0 if but else 1) == len(world.letters())

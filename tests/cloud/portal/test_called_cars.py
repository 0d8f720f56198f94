"""A taxi of which only the last digits are known: on the guard's list for some hours, and on no gate's."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from cloud.db.models import FootPass, Gate, GateEvent, Pass, Territory, utc_now
from cloud.domain.last_digits import fitting


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


def announce(world, place, base, **fields):
    resident = world.as_(place.resident)
    resident.get(f"{base}/foot")
    return resident.post(f"{base}/foot/car", **{"who": "Такси", "digits": "998", "note": "белая", **fields})


def refuse(world, place, plate: str) -> None:
    with world.database.write() as session:
        session.get(Gate, int(place.ids["gate_id"])).lanes = [{"name": "въезд", "direction": "entry"}]
        session.add(
            GateEvent(
                gate_id=int(place.ids["gate_id"]), territory_id=place.territory.id, event_id=str(uuid.uuid4()),
                at=utc_now(), lane="въезд", plate=plate, decision="refuse", reason="no_pass", body={},
            )
        )  # fmt: skip


def test_the_guard_sees_whose_car_it_may_be(world, place, base):
    """The digits are on the guard's list with whom to call; a refused car that has them is told as one that may be awaited."""
    assert 303 == announce(world, place, base).status_code
    guard = world.as_(place.operator)
    listed = guard.get(f"{base}/expected").text
    refuse(world, place, "B998OP77")
    card = guard.get(f"{base}/check").text

    for words in ("номер кончается на 998", "Такси", "белая", "residentA"):
        assert words in listed, words
    assert "Может быть, ждут: Такси, номер кончается на 998" in card
    assert "Совпали все цифры номера. Так же, случайно, у одной машины из 1000." in card
    assert 'href="tel:+79120000000"' in card


def test_another_car_is_not_told_as_awaited(world, place, base):
    """Digits that do not end the number, those of a region, those that came already, and those of before are no reason to let in."""
    announce(world, place, base)
    guard = world.as_(place.operator)
    for plate in ("B989OP77", "B123OP998"):
        refuse(world, place, plate)
        assert "Может быть, ждут" not in guard.get(f"{base}/check").text

    refuse(world, place, "B998OP77")
    assert "Может быть, ждут" in guard.get(f"{base}/check").text
    with world.database.write() as session:
        row = session.query(FootPass).filter_by(digits="998").one()
        row.valid_until = utc_now() - timedelta(seconds=1)
    assert "Может быть, ждут" not in guard.get(f"{base}/check").text


def test_no_gate_opens_by_some_digits(world, place, base):
    """The list of the gates does not change: neither its revision nor its passes."""
    with world.database.read() as session:
        before = session.get(Territory, place.territory.id).pass_rev, session.query(Pass).count()
    announce(world, place, base)
    with world.database.read() as session:
        assert before == (session.get(Territory, place.territory.id).pass_rev, session.query(Pass).count())


def test_it_is_for_some_hours_and_once(world, place, base):
    """Three hours from now; pressing twice announces one car."""
    announce(world, place, base)
    announce(world, place, base)
    with world.database.read() as session:
        (row,) = session.query(FootPass).filter_by(digits="998")
        assert timedelta(hours=2, minutes=59) < row.valid_until - utc_now() <= timedelta(hours=3)


@pytest.mark.parametrize("digits", ["", "7", "1234567", "12а", "٣٣٣"])
def test_what_is_no_digits_is_asked_back(world, place, base, digits):
    """One digit fits too many cars; the error stands at its field, what was typed stays, and the other form shows none."""
    answer = announce(world, place, base, digits=digits)

    assert 422 == answer.status_code
    assert 'id="e-digits"' in answer.text
    assert 1 == answer.text.count('value="белая"')


def test_a_banned_car_is_nobodys_taxi(world, place, base):
    """A few digits that fit are no reason to let in what the manager has banned."""
    announce(world, place, base)
    refuse(world, place, "B998OP77")
    guard = world.as_(place.operator)
    assert "Может быть, ждут" in guard.get(f"{base}/check").text
    with world.database.write() as session:
        session.query(GateEvent).filter_by(plate="B998OP77").update({"reason": "blocked"})
    assert "Может быть, ждут" not in guard.get(f"{base}/check").text


@pytest.mark.parametrize(
    ("digits", "plate", "fit"),
    [
        ("998", "B998OP77", ("whole", 1000)),
        ("98", "B998OP77", ("end", 100)),
        ("99877", "B998OP77", ("region", 1000)),
        ("9877", "B998OP77", ("region", 100)),
        ("99", "B998OP77", None),
        ("77", "B998OP77", None),
        ("877", "B123OP877", None),
        ("1234", "AA1234BB", ("whole", 10000)),
        ("23", "01A123BC", ("end", 100)),
        ("998", "OP998", ("unsure", 10)),
        ("123", "AB123177", ("unsure", 1000)),
        ("123", "123ABC02", ("unsure", 1000)),
        ("998", "", None),
    ],
)
def test_the_last_digits_are_those_of_the_number(digits, plate, fit):
    """They end the number by the plate's format; the region counts only if it was said too, and how sure it is goes with it."""
    found = fitting(digits, plate)

    assert fit == (None if found is None else (found.fit.value, found.one_in))

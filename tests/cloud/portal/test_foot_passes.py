"""Guests on foot: a resident says who comes, the guard marks who has come, and no gate ever hears of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.db.models import FootPass, Membership, Pass, Territory, utc_now
from cloud.domain import foot_passes, object_register, retention, territories
from tests.cloud.portal.test_guests import subject


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture
def alone(world, place):
    """The place without the example of its fixture."""
    with world.database.write() as session:
        session.query(FootPass).delete()
    return place


def today(page_now=None):
    return str((page_now or utc_now()).astimezone(foot_passes.ZoneInfo("Europe/Moscow")).date())


def rows_of(world):
    with world.database.read() as session:
        return session.query(FootPass).order_by(FootPass.id).all()


def test_who_is_announced_is_expected_and_marked(world, alone, base):
    """A group is on the guard's list with host and telephone; the guard marks two, then three; the host sees it; it is undone by one press."""
    resident, guard = world.as_(alone.resident), world.as_(alone.operator)
    answer = resident.post(f"{base}/foot", names="Бригада, Иван", people="5", day=today(), days="1", note="забор")
    assert 303 == answer.status_code
    (row,) = rows_of(world)
    page = guard.get(f"{base}/expected").text
    assert all(text in page for text in ("Бригада, Иван", "человек: 5", "забор", "дом A", "tel:+79120000000"))

    guard.post(f"{base}/foot/{row.id}/came", people="2")
    assert "пришли 2 из 5" in guard.get(f"{base}/expected").text
    guard.post(f"{base}/foot/{row.id}/came", people="3")

    assert "пришли 5 из 5" in guard.get(f"{base}/expected").text
    assert "сегодня пришли: 5" in resident.get(f"{base}/foot").text
    assert 422 == guard.post(f"{base}/foot/{row.id}/came", people="1").status_code
    guard.post(f"{base}/foot/{row.id}/not-come")
    assert (0, None) == (rows_of(world)[0].came, rows_of(world)[0].came_at)


def test_no_gate_hears_of_guests_on_foot(world, alone, base):
    """Filing, marking and ending change neither the list of passes nor its revision: nothing of it can open a barrier."""

    def listed():
        with world.database.read() as session:
            place = session.get(Territory, alone.territory.id)
            return place.pass_rev, place.pass_epoch, session.query(Pass).count()

    before, resident, guard = listed(), world.as_(alone.resident), world.as_(alone.operator)
    resident.post(f"{base}/foot", names="А777АА999", people="1", day=today(), days="7")
    (row,) = rows_of(world)
    guard.post(f"{base}/foot/{row.id}/came", people="1")
    resident.post(f"{base}/foot/{row.id}/end")

    assert before == listed()


def test_a_pass_of_several_days_is_expected_on_each(world, alone, base):
    """Who came yesterday is expected again today; who is announced for tomorrow is not expected yet, and cannot be marked."""
    now = utc_now()
    with world.database.write() as session:
        place = session.get(Territory, alone.territory.id)
        midnight = foot_passes.day_of(place, now)
        for name, days in (("three days", (-1, 2)), ("tomorrow", (1, 2))):
            period = foot_passes.Period(midnight + timedelta(days=days[0]), midnight + timedelta(days=days[1]))
            wanted = foot_passes.Wanted(name, 1, period, "")
            foot_passes.file(session, place, wanted, owner=alone.resident, label="", now=now)
        row = session.query(FootPass).filter_by(names="three days").one()
        row.came, row.came_at = 1, midnight - timedelta(minutes=1)
    guard = world.as_(alone.operator)

    page = guard.get(f"{base}/expected").text

    assert ("three days" in page, "tomorrow" in page, "пришли 1 из 1" in page) == (True, False, False)
    assert "tomorrow" in guard.get(f"{base}/expected?q=TOMORR").text
    later = next(row for row in rows_of(world) if row.names == "tomorrow")
    assert "не ждут" in guard.post(f"{base}/foot/{later.id}/came", people="1").text
    assert "пришли 1 из 1" not in guard.get(f"{base}/expected").text


@pytest.mark.parametrize("by", ["letter", "nothing"])
def test_the_host_hears_when_they_have_come(world, alone, base, by):
    """Who wants to hear of guests that arrive hears of those on foot too."""
    with world.database.write() as session:
        session.get(Membership, int(alone.ids["member_id"])).tell_arrived = by == "letter"
    world.as_(alone.resident).post(f"{base}/foot", names="Тёща", people="1", day=today(), days="1")
    world.as_(alone.operator).post(f"{base}/foot/{rows_of(world)[0].id}/came")

    assert ["Гости пришли: Тёща"] * (by == "letter") == [subject(letter) for letter in world.letters()]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"names": ""}, "Напишите, кто придёт"),
        ({"names": "x" * 301}, "Напишите, кто придёт"),
        ({"people": "0"}, "от 1 до 100"),
        ({"people": "101"}, "от 1 до 100"),
        ({"people": "-1"}, "от 1 до 100"),
        ({"day": "2020-01-01"}, "Выберите день"),
        ({"day": "вчера"}, "Введите дату"),
        ({"days": "5"}, "Выберите, на сколько"),
    ],
)
def test_a_form_that_cannot_be_meant_is_asked_back(world, alone, base, fields, said):
    """Nobody, nobody's number, the past: said beside the form, and nothing is kept."""
    form = {"names": "Иван", "people": "1", "day": today(), "days": "1"} | fields
    answer = world.as_(alone.resident).post(f"{base}/foot", **form)

    assert (422, True, []) == (answer.status_code, said in answer.text, rows_of(world))


def test_it_is_bounded(world, alone, base, monkeypatch):
    """A double press is one; a person has so many; a closed territory takes none; the hour's limit counts these too."""
    monkeypatch.setattr(foot_passes, "MOST_OPEN", 3)
    resident = world.as_(alone.resident)
    form = {"people": "1", "day": today(), "days": "1"}
    for name in ("a", "a", "b", "c"):
        assert 303 == resident.post(f"{base}/foot", names=name, **form).status_code
    assert "не больше 3" in resident.post(f"{base}/foot", names="d", **form).text
    with world.database.write() as session:
        session.get(Territory, alone.territory.id).filings_per_hour = 1
    manager = world.as_(alone.manager)
    assert [303, 422] == [manager.post(f"{base}/foot", names=name, **form).status_code for name in "ab"]
    with world.database.write() as session:
        session.get(Territory, alone.territory.id).closed_at = utc_now()
    assert "Территория закрыта" in world.as_(alone.operator).post(f"{base}/foot", names="x", **form).text


def test_who_has_left_expects_nobody(world, alone, base):
    """With the host's membership their guests leave the list; with the account the names are gone."""
    resident, guard = world.as_(alone.resident), world.as_(alone.operator)
    resident.post(f"{base}/foot", names="Тёща", people="1", day=today(), days="1")
    document = json.loads(resident.get("/account/export").text)
    assert ["Тёща"] == [row["names"] for row in document["guests_on_foot"]]
    assert {"unwelcome", "notes", "notices_on_devices", "consents"} <= set(document)
    with world.database.write() as session:
        member = session.get(Membership, int(alone.ids["member_id"]))
        territories.end(session, member, foot_passes.MemberState.LEFT, now=utc_now())
    assert "Тёща" not in guard.get(f"{base}/expected").text

    resident.get("/account/delete")
    resident.post("/account/delete", current_password="правильный пароль 1")

    assert [] == rows_of(world)


def test_the_names_are_forgotten_with_the_journal(world, alone, base):
    """After the territory's retention nobody knows any more who came on foot."""
    world.as_(alone.resident).post(f"{base}/foot", names="Тёща", people="1", day=today(), days="1")

    retention.sweep(world.database, world.app.state.pictures, now=utc_now() + timedelta(days=92))

    assert [] == rows_of(world)


def test_a_renamed_object_renames_its_guests(world, alone, base):
    """An object called otherwise is so on the guard's list too."""
    world.as_(alone.resident).post(f"{base}/foot", names="Тёща", people="1", day=today(), days="1")
    with world.database.write() as session:
        object_register.rename(session, alone.territory, rows_of(world)[0].object_key, "Участок 9")

    assert ["Участок 9"] == [row.object_label for row in rows_of(world)]


@pytest.mark.parametrize("who", ["operator", "asking"])
def test_nobody_ends_anothers(world, place, base, who):
    """Only the host and the manager take an entry off."""
    answer = world.as_(getattr(place, who)).post(f"{base}/foot/{place.ids['foot_id']}/end")

    assert 404 == answer.status_code
    assert rows_of(world)[0].ended_at is None
    world.as_(place.manager).post(f"{base}/foot/{place.ids['foot_id']}/end")
    assert rows_of(world)[0].ended_at is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(presses=st.lists(st.integers(1, 5), max_size=8), people=st.integers(1, 10))
def test_never_more_than_were_announced(presses, people):
    """However the guard presses, no more are marked than were announced, and none is lost that was marked."""
    now = utc_now()
    place = Territory(timezone="Asia/Kamchatka")
    row = FootPass(
        people=people, came=0, valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1),
    )  # fmt: skip
    marked = 0
    for press in presses:
        try:
            foot_passes.mark(row, place, press, now=now)
            marked += press
        except foot_passes.Invalid:
            assert marked + press > people
        assert marked == foot_passes.came_today(row, place, now=now) <= people

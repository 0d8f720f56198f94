"""The guard's telephone: the refused car first, who is expected, who is in."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest

from cloud.db.models import FootPass, Gate, GateEvent, Pass, utc_now
from cloud.domain import foot_passes, presence
from cloud.domain.gates import Lane
from cloud.web.templates import says_more


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture
def seen(world, place):
    """Has the gate see a car."""
    with world.database.write() as session:
        gate = session.get(Gate, int(place.ids["gate_id"]))
        gate.lanes = [{"name": "въезд", "direction": "entry"}, {"name": "выезд", "direction": "exit"}]
        session.query(GateEvent).delete()

    def see(plate, lane="въезд", decision="open", *, ago=timedelta(0)):
        with world.database.write() as session:
            event = GateEvent(
                gate_id=int(place.ids["gate_id"]), territory_id=place.territory.id, event_id=str(uuid.uuid4()),
                at=utc_now() - ago, lane=lane, plate=plate, decision=decision, reason="no_pass", body={},
            )  # fmt: skip
            session.add(event)
            session.flush()
            return event.id

    return see


def test_the_refused_car_stands_first(world, place, base, seen):
    """A refused car is on top of the guard's page, with opening, calling whose guest it is like, and a note."""
    number = seen("A777AA998", decision="refuse")

    page = world.as_(place.operator).get(f"{base}/check").text

    card = page[page.index('id="alarm"') : page.index("<h1>")]
    assert f'action="{base}/gates/{place.ids["gate_id"]}/open"' in card
    assert "Похоже на гостя: residentA" in card
    assert 'href="tel:+79120000000"' in card
    assert f"{base}/visits/{number}#f-note" in card


@pytest.mark.parametrize("why", ["old", "revoked", "lane gone"])
def test_what_cannot_be_opened_is_not_offered(world, place, base, seen, why):
    """A refusal of long ago, of a gate shut out, or of a lane that is no more has no button to open."""
    seen("A777AA998", "ворота" if why == "lane gone" else "въезд", "refuse", ago=timedelta(hours=why == "old"))
    with world.database.write() as session:
        if why == "revoked":
            session.get(Gate, int(place.ids["gate_id"])).revoked_at = utc_now()

    page = world.as_(place.operator).get(f"{base}/feed").text

    card = page[page.index('data-part="alarm"') : page.index('data-part="feed"')]
    assert "Последний отказ" in card
    assert "/open" not in card


def test_who_is_in_and_who_is_expected(world, place, base, seen):
    """In is who came in and was not seen to leave; expected is who has a short pass for today and is not in."""
    now = utc_now()
    with world.database.write() as session:
        for plate, start, days in (("O111OO77", 0, 1), ("O222OO77", 0, 1), ("O333OO77", 48, 3), ("O444OO77", 0, 60)):
            begin = now + timedelta(hours=start)
            end = begin + timedelta(days=days)
            session.add(
                Pass(
                    territory_id=place.territory.id, plate=plate, plate_display=plate, valid_from=begin, valid_until=end
                )
            )
    seen("O222OO77")
    seen("X555XX77", ago=timedelta(hours=2))
    seen("X555XX77", "выезд", ago=timedelta(hours=1))
    seen("X666XX77", "боковой")

    page = (
        world.as_(place.operator)
        .get(f"{base}/expected")
        .text.replace('<span class="region">', "")
        .replace("</span>", "")
    )

    waiting, inside = page.split("На территории сейчас: 1")
    assert "Ожидаются сегодня: 1" in waiting
    assert "O111OO77" in waiting
    assert "О222ОО77" in inside
    assert not [plate for plate in ("O333OO77", "O444OO77", "Х555ХХ", "Х666ХХ") if plate in page]


def test_more_events_than_are_looked_at_make_a_lower_bound(world, place, base, seen, monkeypatch):
    """Where not every event of the week was looked at, the figure of those inside is "at least"."""
    for number in range(5):
        seen(f"X11{number}XX77")
    guard = world.as_(place.operator)
    page = guard.get(f"{base}/expected").text
    monkeypatch.setattr(presence, "MOST_EVENTS", 3)

    assert "На территории сейчас: 5" in page
    assert "На территории сейчас: не меньше 3" in guard.get(f"{base}/expected").text


def test_who_is_inside_is_unknown_without_an_entry(world, place, base):
    """Where no gate has told of a lane by which cars come in, nobody knows who is inside: that is not nobody."""
    with world.database.write() as session:
        session.get(Gate, int(place.ids["gate_id"])).lanes = [{"name": "ворота", "direction": "both"}]

    page = world.as_(place.operator).get(f"{base}/expected").text

    assert "На территории сейчас: неизвестно" in page
    assert "На территории сейчас: 0" not in page


def test_a_search_by_object_finds_every_car(world, place, base):
    """The guard types a house and sees all its cars with whom to call."""
    page = world.as_(place.operator).get(f"{base}/expected?q=дом A").text

    assert "residentA" in page
    assert "A777AA" in page


@pytest.mark.parametrize(
    ("name", "direction", "more"),
    [("въезд", "entry", False), ("Exit", "exit", False), ("ворота", "entry", True), ("ворота", "both", False)],
)
def test_nothing_is_said_twice(name, direction, more):
    """«въезд въезд» helps nobody: a lane that is called by its direction is not told to have it."""
    assert more == says_more(Lane(name, direction))


@pytest.mark.parametrize(("language", "shown"), [("ru", "въезд"), ("en", "entry")])
def test_a_lane_of_the_examples_is_called_in_the_pages_language(world, place, base, seen, language, shown):
    """`entry`, as every new config calls it, is «въезд» for Russian readers; a name of the site's own stays as it is."""
    seen("A777AA998", "entry")
    seen("A777AA997", "Ворота у пруда")
    operator = world.as_(place.operator)
    operator.client.cookies.set("okter_language", language)

    page = operator.get(f"{base}/journal").text

    assert f"· {shown}</td>" in page
    assert "· Ворота у пруда</td>" in page


def test_a_plate_that_was_not_read_is_said_to_be_none(world, place, base, seen):
    """The page of such a visit has words for it, and no confidence in nothing."""
    number = seen(None, decision="refuse")
    with world.database.write() as session:
        session.get(GateEvent, number).confidence = 0.0

    page = world.as_(place.operator).get(f"{base}/visits/{number}").text

    assert "<h1>Номер не прочитан</h1>" in page
    assert "Уверенность чтения" not in page


def test_an_old_refusal_is_no_alarm(world, place, base, seen):
    """After two hours the last refusal stands among the visits only, and the check comes first."""
    seen("A777AA998", decision="refuse", ago=timedelta(hours=3))

    page = world.as_(place.operator).get(f"{base}/check").text

    assert "Последний отказ" not in page
    assert "Отказано" in page


def test_a_long_day_is_turned_page_by_page(world, place, base):
    """Every expected guest is on some page and the figure counts all of them, also where others stand before them."""
    now = utc_now()
    with world.database.write() as session:
        for number in range(460):
            short = number >= 220  # the first ones are everyday cars of short remaining time: no guests
            session.add(
                Pass(
                    territory_id=place.territory.id, plate=f"A{number:03}AA77", plate_display=f"А {number:03} АА 77",
                    valid_from=now - timedelta(hours=1 if short else 2000), valid_until=now + timedelta(days=1),
                    object_key=f"{number:03}", created_at=now,
                )
            )  # fmt: skip
    guard, seen = world.as_(place.operator), set()
    page = guard.get(f"{base}/expected").text
    assert "Ожидаются сегодня: 240" in page
    for _ in range(3):
        seen |= set(re.findall(r"check\?plate=[^\"]+", page))
        assert re.search(r"[\d]+–[\d]+ из 240", page)
        more = re.search(r'href="(\?[^"]*cars=\d+)#cars">Следующие', page)
        if more is None:
            break
        page = guard.get(f"{base}/expected{more[1].replace('&amp;', '&')}").text
    assert 240 == len(seen)
    assert 200 == guard.get(f"{base}/expected?cars=nonsense&inside=99").status_code


def test_walkers_are_counted_whole(world, place, base):
    """A page holds some of them, the figure all."""
    now = utc_now()
    with world.database.write() as session:
        session.add_all(
            FootPass(
                territory_id=place.territory.id, owner_id=place.resident.id, names=f"гость {number}", people=1,
                valid_from=now - timedelta(hours=1), valid_until=now + timedelta(hours=5), object_label="", object_key="",
                note="", created_at=now,
            )
            for number in range(foot_passes.PAGE + 3)
        )  # fmt: skip
    guard = world.as_(place.operator)
    (total,) = map(int, re.findall(r"Пешком и без номера сегодня: (\d+)", guard.get(f"{base}/expected").text))
    assert total >= foot_passes.PAGE + 3
    last = guard.get(f"{base}/expected?foot={foot_passes.PAGE}").text
    assert total - foot_passes.PAGE == last.count('class="came"')
    assert f"{foot_passes.PAGE + 1}–{total} из {total}" in last
    assert f"Пешком и без номера: {foot_passes.PAGE + 3}" in guard.get(f"{base}/expected?q=гость").text

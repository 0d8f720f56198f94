"""The journal: search, export, chart, and forgetting in time."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from cloud.api.events import store_groups
from cloud.api.requests import Caller
from cloud.db.models import AuditEntry, GateEvent, Pass, Territory, utc_now
from cloud.domain import retention
from cloud.domain.journal import Day
from cloud.web.chart import day_chart
from sync import wire


@pytest.fixture
def busy(world, place):
    """The place with some more visits in its journal."""
    with world.database.write() as session:
        rows = (
            ("B123BC77", "refuse", "no_pass", None, 1),
            (None, "refuse", "unreadable", None, 2),
            ("K1", "open", "cloud_command", "=1+1", 40),
        )
        for number, (plate, decision, reason, label, days) in enumerate(rows):
            session.add(
                GateEvent(
                    gate_id=int(place.ids["gate_id"]), territory_id=place.territory.id, event_id=f"{number:036}",
                    at=utc_now() - timedelta(days=days), lane="entry", plate=plate, decision=decision, reason=reason,
                    object_label=label,
                )
            )  # fmt: skip
    return place


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 4),
        ("plate=а777", 1),
        ("plate=b123bc77", 1),
        ("plate=%25", 0),
        ("object=ДОМ", 1),
        ("reason=no_pass", 1),
        ("decision=refuse", 2),
        ("from=2000-01-01&to=2000-01-02", 0),
        ("reason=nonsense&from=nonsense&before=nonsense", 4),
    ],
)
def test_search(world, busy, query, expected):
    """The journal is searched by plate, object, reason, decision and days; nonsense finds everything, not an error."""
    page = world.as_(busy.operator).get(f"/t/{busy.territory.code}/journal?{query}")

    assert 200 == page.status_code
    assert expected == page.text.count("/visits/")


@pytest.mark.parametrize(
    ("at", "trusted", "first"),
    [
        (datetime(2199, 1, 1, tzinfo=UTC), False, True),
        (datetime(2199, 1, 1, tzinfo=UTC), True, True),
        (datetime(2001, 1, 1, tzinfo=UTC), False, True),
        (utc_now() - timedelta(days=2), True, False),
        (utc_now() - timedelta(days=2), False, True),
    ],
    ids=["future", "trusted future", "past", "offline", "offline without a clock"],
)
def test_a_visit_stands_where_its_time_can_be(world, busy, at, trusted, first):
    """A time that cannot be, or is not trusted, gives way to the arrival: in order, by days, and for retention."""
    told = wire.GateEvent(
        id="00000000-0000-4000-8000-00000000000a", kind="visit", at=at, clock_trusted=trusted, lane="entry",
        plate="X999XX99", decision="refuse", reason="no_pass",
    )  # fmt: skip
    store_groups(world.database, [(Caller(int(busy.ids["gate_id"]), busy.territory.id), [told])])
    with world.database.write() as session:  # somebody came after it
        session.add(
            GateEvent(
                gate_id=int(busy.ids["gate_id"]), territory_id=busy.territory.id, event_id="later", lane="entry",
                at=utc_now() + timedelta(seconds=1), plate="B123BC77", decision="refuse", reason="no_pass",
            )
        )  # fmt: skip
    visitor, base = world.as_(busy.manager), f"/t/{busy.territory.code}"

    rows = visitor.get(f"{base}/journal").text.split("<tbody>")[1]
    assert rows.index("В123ВС") < rows.index("Х999ХХ")
    assert first == (rows.index("Х999ХХ") < rows.index("А777АА"))
    today = utc_now().astimezone(ZoneInfo("Europe/Moscow")).date()
    assert first == ("Х999ХХ" in visitor.get(f"{base}/journal?from={today}").text)
    assert "2199" not in visitor.get(f"{base}/check").text

    retention.sweep(world.database, world.app.state.pictures, now=utc_now() + timedelta(days=200))
    with world.database.read() as session:
        assert 0 == session.query(GateEvent).count()


def test_the_export_is_a_table_without_formulas(world, busy):
    """The CSV holds what the search finds, for spreadsheets, and no cell of it can be a formula."""
    answer = world.as_(busy.manager).get(f"/t/{busy.territory.code}/journal.csv")

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert ["Время", "Шлагбаум", "Проезд", "Номер автомобиля", "Решение", "Причина", "Объект"] == rows[0]
    assert 5 == len(rows)
    assert "'=1+1" in [row[-1] for row in rows]
    with world.database.read() as session:
        assert 1 == session.query(AuditEntry).filter_by(action="journal-exported").count()


@pytest.mark.long
def test_the_export_is_whole(world, busy):
    """However many visits a search finds, the table has each of them once, newest first, a page in memory at a time."""
    now, most = utc_now(), 20_050
    rows = [
        {"gate_id": int(busy.ids["gate_id"]), "territory_id": busy.territory.id, "event_id": f"many{number}",
         "at": now - timedelta(seconds=number // 3), "placed_at": now - timedelta(seconds=number // 3), "lane": "entry",
         "kind": "visit", "plate": f"T{number}", "decision": "refuse", "reason": "no_pass", "body": {}, "clock_trusted": True,
         "received_at": now, "conflict": False}
        for number in range(most)
    ]  # fmt: skip
    with world.database.write() as session:
        session.execute(insert(GateEvent), rows)

    answer = world.as_(busy.manager).get(f"/t/{busy.territory.code}/journal.csv?plate=T")

    found = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]
    assert most == len(found) == len({row[3] for row in found})
    times = [row[0] for row in found]
    assert times == sorted(times, reverse=True)


def test_the_chart_scales_to_its_highest_day():
    """The busiest day fills the height; opened stand below, refused on top."""
    chart = day_chart([Day(date(2026, 11, 1), 0, 0), Day(date(2026, 11, 2), 30, 10), Day(date(2026, 11, 3), 10, 0)])

    assert (40, 40, 10) == (chart.highest, chart.opened, chart.refused)
    assert (30.0, 90.0, 0.0, 30.0) == (
        chart.bars[1].opened_y, chart.bars[1].opened_height, chart.bars[1].refused_y, chart.bars[1].refused_height,
    )  # fmt: skip
    assert [0.0, 30.0] == [chart.bars[0].opened_height, chart.bars[2].opened_height]


def test_retention_forgets_visits_with_their_pictures(world, busy):
    """Visits older than the territory's days go, and their pictures with them; younger ones stay."""
    picture = world.settings.data_dir / "snapshots" / "old.jpg"
    picture.parent.mkdir()
    picture.write_bytes(b"x")
    with world.database.write() as session:
        session.get(Territory, busy.territory.id).retention_days = 30
        session.query(GateEvent).filter_by(plate="K1").one().snapshot_path = "snapshots/old.jpg"

    retention.sweep(world.database, world.app.state.pictures, now=utc_now())

    with world.database.read() as session:
        assert 3 == session.query(GateEvent).count()
    assert not picture.exists()


def test_retention_tells_the_gates_before_it_forgets_passes(world, place):
    """A pass that ran out long ago first becomes a tombstone under a new revision; the row goes a season later."""
    with world.database.write() as session:
        session.get(Pass, place.ids["pass_id"]).valid_until = utc_now() - timedelta(days=100)
        before = session.get(Pass, place.ids["pass_id"]).rev

    retention.sweep(world.database, world.app.state.pictures, now=utc_now())
    with world.database.read() as session:
        row = session.get(Pass, place.ids["pass_id"])
        assert row.deleted_at is not None
        assert row.rev > before
        tombstone = row.rev
        assert 0 == session.get(Territory, place.territory.id).pass_floor

    retention.sweep(world.database, world.app.state.pictures, now=utc_now() + timedelta(days=91))
    with world.database.read() as session:
        assert session.get(Pass, place.ids["pass_id"]) is None
        assert tombstone == session.get(Territory, place.territory.id).pass_floor
        assert session.get(Pass, place.ids["blocked_id"]) is not None

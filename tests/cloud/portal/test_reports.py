"""What the manager counts: reports, the risk of the list, acts without an end, small pictures made once."""

from __future__ import annotations

import csv
import html
import io
import re
import uuid
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from cloud.db.models import AuditEntry, GateEvent, Pass, Territory, utc_now
from cloud.domain import audit, day_counts, list_risk, retention
from cloud.pictures import thumbnail_key
from cloud.web import xlsx_table
from cloud.web.pages.journal import WORKBOOKS
from core.passes.risk import list_risk as core_list_risk
from core.reading.confusions import MEASURED


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture
def visits(world, place):
    """Three visits of yesterday beside the one of now."""
    with world.database.write() as session:
        for decision, reason, label in (
            ("open", "pass_valid", "=1+1"),
            ("refuse", "no_pass", None),
            ("refuse", "no_pass", None),
        ):
            session.add(
                GateEvent(
                    gate_id=int(place.ids["gate_id"]), territory_id=place.territory.id, event_id=str(uuid.uuid4()),
                    at=utc_now() - timedelta(days=1), lane="entry", decision=decision, reason=reason,
                    object_label=label, body={},
                )
            )  # fmt: skip
        session.flush()
        day_counts.recount(session, session.merge(place.territory))


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("day", [["1", "2", "3"], ["1", "0", "1"]]),
        ("reason", [["0", "2", "2"], ["2", "0", "2"]]),
        ("object", [["0", "2", "2"], ["1", "0", "1"], ["1", "0", "1"]]),
    ],
)
def test_a_report_counts_the_journal(world, place, base, visits, by, rows):
    """By day, object and reason: openings, refusals and both, on the page as in the file, and no cell is a formula."""
    manager = world.as_(place.manager)
    first = (utc_now() - timedelta(days=1)).astimezone().date() - timedelta(days=1)

    answer = manager.get(f"{base}/reports.csv?by={by}&from={first}")

    table = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]
    counted = [row[1:] for row in table if row[1:] != ["0", "0", "0"]]
    assert rows == counted
    assert not [cell for row in table for cell in row if cell.startswith("=")]
    page = manager.get(f"{base}/reports?by={by}&from={first}").text
    assert all(f"<td>{count}</td>" in page for row in rows for count in row)
    assert "Скачал отчёт" in manager.get(f"{base}/acts").text


def test_today_stands_first_on_the_screen_and_last_in_the_file(world, place, base, visits):
    """Who opens the report asks about now; a table of days is read and drawn forwards."""
    manager = world.as_(place.manager)
    page = manager.get(f"{base}/reports?by=day").text
    table = list(csv.reader(io.StringIO(manager.get(f"{base}/reports.csv?by=day").text.removeprefix("\ufeff"))))[1:]
    days = [row[0] for row in table]
    assert len(days) == 2
    assert days == re.findall(r"<tr><td>(\d\d\.\d\d\.\d{4})</td>", page)[::-1]


def sheet_of(answer):
    """The cells of a workbook's only sheet, read off its XML: texts, and numbers as numbers; and its parts by name."""
    assert 200 == answer.status_code
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    rows = []
    for row in re.findall(r"<row .*?</row>", parts["xl/worksheets/sheet1.xml"], re.DOTALL):
        cells = re.findall(r"<c [^>]*?(?:/>|>(.*?)</c>)", row, re.DOTALL)
        rows.append([html.unescape(text[1]) if (text := re.search(r"<t[^>]*>(.*?)</t>", cell, re.DOTALL)) else
                     float(number[1]) if (number := re.search(r"<v>(.*?)</v>", cell)) else "" for cell in cells])  # fmt: skip
    return rows, parts


@pytest.mark.parametrize("by", ["day", "reason", "object"])
def test_a_workbook_says_what_the_csv_says(world, place, base, visits, by):
    """The XLSX has the rows of the CSV with counts as numbers, whose and of what it is above, sums below, no formula."""
    manager = world.as_(place.manager)
    first = (utc_now() - timedelta(days=1)).astimezone().date() - timedelta(days=1)
    query = f"by={by}&from={first}"
    table = list(csv.reader(io.StringIO(manager.get(f"{base}/reports.csv?{query}").text.removeprefix("\ufeff"))))

    rows, parts = sheet_of(manager.get(f"{base}/reports.xlsx?{query}"))

    assert place.territory.name == rows[0][0]
    assert table[0] == rows[3]
    assert [[float(cell) for cell in row[1:]] for row in table[1:]] == [row[1:] for row in rows[4:-1]]
    assert ["Всего", *(sum(column) for column in zip(*(row[1:] for row in rows[4:-1]), strict=True))] == rows[-1]
    assert "<f>" not in parts["xl/worksheets/sheet1.xml"]
    assert by != "object" or "=1+1" in {row[0] for row in rows}


def test_the_journal_as_a_workbook(world, place, base, visits, monkeypatch):
    """The journal's search as XLSX: times are times, no more rows than a file bears (and it says so), not without an end."""
    monkeypatch.setattr(xlsx_table, "MOST_ROWS", 2)
    manager = world.as_(place.manager)

    rows, _ = sheet_of(manager.get(f"{base}/journal.xlsx?decision=refuse"))
    assert [float, float] == [type(row[0]) for row in rows[4:]]
    assert {"Отказано"} == {row[4] for row in rows[4:]}
    rows, _ = sheet_of(manager.get(f"{base}/journal.xlsx"))
    assert (7, True) == (len(rows), rows[-1][0].startswith("Здесь первые"))

    answers = [manager.get(f"{base}/journal.xlsx").status_code for _ in range(WORKBOOKS.most)]
    assert {200, 303} == set(answers)


@pytest.mark.parametrize("query", ["from=2026-13-01&by=x", "from=2199-01-01&to=2000-01-01", "to=2000-01-05"])
def test_a_report_is_bounded(world, place, base, query):
    """Days that are none, the wrong way round or centuries apart are a report of at most a year."""
    page = world.as_(place.manager).get(f"{base}/reports?{query}")

    assert 200 == page.status_code
    assert page.text.count("<tr>") <= 370


def test_the_risk_is_that_of_the_list_in_force(world, place, base):
    """The page says what the core computes for the plates that may enter now against those listed that may not."""
    now = utc_now()
    with world.database.write() as session:
        for plate, start, end, blocked in (
            ("A303CH77", None, None, False), ("A305CH77", None, None, True), ("A306CH77", None, now - timedelta(1), False),
            ("A307CH77", now + timedelta(1), None, False),
        ):  # fmt: skip
            session.add(
                Pass(
                    territory_id=place.territory.id, plate=plate, plate_display=plate, valid_from=start, valid_until=end,
                    blocked=blocked,
                )
            )  # fmt: skip

    page = world.as_(place.manager).get(f"{base}/risk").text

    with world.database.read() as session:
        plates = list_risk.plates_of(session, place.territory, now=now)
    assert [{"A303CH77", "A777AA999"}, {"A305CH77", "A307CH77", "B666BB66"}] == [set(found) for found in plates]
    expected = core_list_risk(*plates, MEASURED)
    assert expected.pairs[0].stranger == max(
        ("A305CH77", "A307CH77"), key=lambda plate: MEASURED.opens(plate[3], "3", 8)
    )
    assert "в списке, въезд закрыт" in page
    assert "Чужой откроет шлагбаум: один раз на" in page
    assert 'class="verdict yes"' in page if expected.in_all <= 1e-5 else 'class="verdict no"' in page


def test_the_risk_is_not_computed_for_ever(world, place, base):
    """A long list is seconds of work: a person gets it thirty times an hour."""
    manager = world.as_(place.manager)
    statuses = [manager.get(f"{base}/risk").status_code for _ in range(list_risk.LOOKS.most + 1)]

    assert [200] * list_risk.LOOKS.most + [422] == statuses


def test_acts_are_searched_without_an_end(world, place, base):
    """Acts are found by name, detail, kind and day, and go on page by page to the first."""
    now = utc_now()
    with world.database.write() as session:
        for number in range(audit.PAGE + 5):
            session.add(
                AuditEntry(
                    at=now - timedelta(hours=number), territory_id=place.territory.id, actor="Пётр",
                    action="pass-added", subject=f"H{number:03}HH77",
                )
            )  # fmt: skip
        session.add(AuditEntry(at=now, territory_id=place.territory.id, actor="Анна", action="left", subject=""))
    manager = world.as_(place.manager)

    first = manager.get(f"{base}/acts?q=пётр").text
    older = first.split('href="/t/')[-1]
    assert "Анна" not in first
    assert "H104HH77" not in first
    link = next(part for part in first.split('"') if "before=" in part).replace("&amp;", "&")
    assert "H104HH77" in manager.get(link).text, older
    assert "Анна" in manager.get(f"{base}/acts?action=left").text
    assert "Пётр" not in manager.get(f"{base}/acts?action=left").text
    assert "H000HH77" not in manager.get(f"{base}/acts?to={(now - timedelta(days=2)).date()}").text


def test_small_pictures_are_made_once(world, place, base):
    """The journal's picture is small, made at the first look, kept, and forgotten with the large one; a file that is no picture is shown as it is."""
    folder = world.settings.data_dir / "snapshots" / "1"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "a.jpg"), np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8))
    number = place.ids["event_id"]
    with world.database.write() as session:
        session.get(GateEvent, int(number)).snapshot_path = "snapshots/1/a.jpg"
    guard, path = world.as_(place.operator), f"{base}/visits/{number}"

    small = guard.get(f"{path}/thumb.jpg")

    kept = world.settings.data_dir / thumbnail_key("snapshots/1/a.jpg")
    assert (108, 192) == cv2.imdecode(np.frombuffer(small.content, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert len(small.content) * 20 < len(guard.get(f"{path}/photo.jpg").content)
    made = kept.stat().st_mtime_ns
    guard.get(f"{path}/thumb.jpg")
    assert made == kept.stat().st_mtime_ns
    assert "/thumb.jpg" in guard.get(f"{base}/journal").text
    assert 404 == world.as_(place.manager).get(f"/t/{place.territory.code}/visits/999/thumb.jpg").status_code
    retention.forget_events(
        world.database, world.app.state.pictures, place.territory.id, before=utc_now() + timedelta(days=1)
    )
    assert [] == list(folder.iterdir())


def test_what_is_no_picture_is_no_thumbnail(world, place, base):
    """A gate's file that no decoder reads is answered as it was sent, and nothing is made of it."""
    folder = world.settings.data_dir / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with world.database.write() as session:
        session.get(GateEvent, int(place.ids["event_id"])).snapshot_path = "snapshots/1/a.jpg"

    answer = world.as_(place.operator).get(f"{base}/visits/{place.ids['event_id']}/thumb.jpg")

    assert b"\xff\xd8\xff nothing" == answer.content
    assert ["a.jpg"] == [file.name for file in folder.iterdir()]


def test_the_chart_can_be_reached_by_keyboard(world, place, base):
    """The box that scrolls takes the focus and has a name; printed pages name the territory and the moment."""
    page = world.as_(place.manager).get(f"{base}/journal").text

    assert 'class="scroll today" tabindex="0" role="region" aria-label="Проезды по дням"' in page
    assert '<p class="printed-only">Place A · <time' in page


def test_a_day_of_which_nobody_knows_is_no_zero(world, place, base):
    """Days before the territory began, days deleted since and days to come have no row; the page says since when it knows."""
    manager, today = world.as_(place.manager), utc_now().astimezone(ZoneInfo("Europe/Moscow")).date()
    query = f"by=day&from={today - timedelta(days=40)}&to={today + timedelta(days=3)}"

    rows = manager.get(f"{base}/reports.csv?{query}").text.splitlines()[1:]
    assert [f"{today:%d.%m.%Y}"] == [row.partition(",")[0].partition(";")[0] for row in rows]

    with world.database.write() as session:
        territory = session.get_one(Territory, place.territory.id)
        territory.created_at, territory.retention_days = utc_now() - timedelta(days=400), 7
    assert 7 == len(manager.get(f"{base}/reports.csv?{query}").text.splitlines()) - 1
    assert f"Журнал есть с {today - timedelta(days=6):%d.%m.%Y}" in manager.get(f"{base}/reports?{query}").text

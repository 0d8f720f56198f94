"""The journal on the page: found by part of a plate, day, lane, outcome and reason; page by page, nothing twice."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.decision.record import Opening, Verdict, VisitRecord
from core.words.reasons import Reason
from edge.config import load
from edge.console.app import Console
from edge.console.journal_page import PAGE
from edge.runtime.control import ControlClient
from edge.store.journal import Journal
from relay.fake import FakeRelay
from tests.configs import write_config
from tests.store.records import instant, visit_record

Look = Callable[[str], str]


def moved(record: VisitRecord, days: int) -> VisitRecord:
    at = dataclasses.replace(record.first, wall=record.first.wall + timedelta(days=days))
    return dataclasses.replace(record, first=at, last=at)


VISITS = (
    visit_record(1),
    visit_record(2, plate="B555OO77", display="В 555 ОО 77"),
    moved(visit_record(3, plate="C777CC99", display="С 777 СС 99"), 1),
    visit_record(4, plate=None, display=None, masked="A0?1BC77", decision=Verdict.REFUSE, reason=Reason.UNREADABLE),
    visit_record(5, lane="exit", reason=Reason.EXIT_FREE),
    visit_record(
        6,
        plate="E001KX77",
        reason=Reason.CONSOLE,
        openings=(Opening("r", Reason.CONSOLE, instant(), "done", "", "console:Иван", "к Ивановым", True),),
    ),
)


@pytest.fixture
def look(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Look]:
    config = load(write_config(tmp_path))
    with Journal(config.state_dir / "journal.db") as journal:
        for record in getattr(request, "param", VISITS):
            journal.record(record)
    console = Console(config, gate=ControlClient(config.state_dir), relay=FakeRelay())
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=console.app()), base_url="http://127.0.0.1:8480")
    yield lambda path: asyncio.run(client.get(path)).text
    console.close()


def plates(html: str) -> list[str]:
    return re.findall(r"<b>([^<]+)</b>", html)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("plate=555", ["В 555 ОО 77"]),
        ("plate=в 5", ["В 555 ОО 77"]),
        ("plate=C", ["С 777 СС 99", "А 001 ВС 77", "A0?1BC77", "А 001 ВС 77"]),
        ("plate=%25", []),
        ("day=2026-11-23", ["С 777 СС 99"]),
        ("day=2026-11-22&until=2026-11-23&plate=777", ["С 777 СС 99"]),
        ("lane=exit", ["А 001 ВС 77"]),
        ("reason=unreadable", ["A0?1BC77"]),
        ("opened=no", ["A0?1BC77"]),
        ("opened=yes&plate=555", ["В 555 ОО 77"]),
        ("plate=zzz", []),
    ],
)
def test_what_is_found(look: Look, asked: str, found: list[str]) -> None:
    """Each field narrows the search; letters of either alphabet are one; an unread plate is found by what was read."""
    assert found == plates(look(f"/journal?{asked}"))


def test_who_opened_and_why_stands_in_the_list(look: Look) -> None:
    """The person, the place and the note."""
    html = look("/journal?reason=console")
    assert "страница охраны, Иван" in html
    assert "«к Ивановым»" in html
    card = look(re.search(r'href="(/visit/[^"]+)"', html)[1])
    assert "страница охраны, Иван: выполнено, плата подтвердила" in card
    assert "к Ивановым" in card


@pytest.mark.parametrize("asked", ["day=2026-13-45", "day=x", "plate=%3Cscript%3E", "until=0000-00-00"])
def test_what_cannot_be_is_told(look: Look, asked: str) -> None:
    """One line, and no visits that would look like an answer."""
    html = look(f"/journal?{asked}")
    assert 'role="alert"' in html
    assert [] == plates(html)


@pytest.mark.parametrize(
    "look", [[visit_record(number, plate=f"A{number:03}BC77") for number in range(PAGE * 2 + 3)]], indirect=True
)
def test_page_by_page(look: Look) -> None:
    """Every visit once, newest first, to the end; a link back to the newest."""
    seen: list[str] = []
    path = "/journal?plate=BC77"
    for _ in range(5):
        html = look(path)
        seen += re.findall(r'href="/visit/([^"]+)"', html)
        older = re.search(r'rel="next" href="([^"]+)"', html)
        if older is None:
            break
        path = older[1].replace("&amp;", "&")
    assert [visit_record(number).visit_id for number in reversed(range(PAGE * 2 + 3))] == seen
    assert "К новым" in html


def today(record: VisitRecord) -> VisitRecord:
    at = dataclasses.replace(record.first, wall=datetime.now(UTC))
    return dataclasses.replace(record, first=at, last=at)


@pytest.mark.parametrize("look", [(visit_record(1), today(visit_record(2, plate="B555OO77")))], indirect=True)
def test_only_a_visit_of_another_day_says_its_day(look: Look) -> None:
    """The last visits of the first page: a time alone is one of today."""
    new, old = re.findall(r"<time>([^<]*)</time>", look("/"))

    assert re.fullmatch(r"въезд, \d\d:\d\d:\d\d", new)
    assert "въезд, 22.11.2026 12:01:00" == old

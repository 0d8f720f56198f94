"""The journal as a table for spreadsheets: the same rows whether a page or a job writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.db.engine import Database
from cloud.db.models import GateEvent, Territory
from cloud.domain import journal
from cloud.domain.answers import passage_of
from cloud.domain.journal import Search
from cloud.plates import show_plate
from cloud.web.language import Say
from cloud.web.templates import sentence
from cloud.web.words import PASSAGES, REASONS
from cloud.web.xlsx_table import MOST_ROWS, Cell, Sheet

HEADS = ("Время", "Шлагбаум", "Проезд", "Номер автомобиля", "Решение", "Причина", "Объект")


def words_of(event: GateEvent, say: Say) -> list[str]:
    """The cells of a visit, except its time."""
    passage = passage_of(event)
    return [
        event.gate.name,
        event.lane,
        show_plate(event.plate or "", event.body.get("format")),
        "" if passage is None else say(PASSAGES[passage]),
        sentence(say(REASONS.get(event.reason or "", event.reason or ""))),
        event.object_label or "",
    ]


def days_of(search: Search, say: Say) -> str:
    """The days of a search in words; empty = all days."""
    first = "" if search.first is None else say("с {day}", day=f"{search.first:%d.%m.%Y}")
    last = "" if search.last is None else say("по {day}", day=f"{search.last:%d.%m.%Y}")
    return " ".join(part for part in (first, last) if part)


def about(territory: Territory, what: str, say: Say, *, now: datetime) -> list[str]:
    """The lines above a table: territory, content, time of making."""
    made = say("Составлено {when}", when=f"{now.astimezone(ZoneInfo(territory.timezone)):%d.%m.%Y %H:%M}")
    return [territory.name, what, made]


def sheet_of(
    database: Database,
    territory: Territory,
    search: Search,
    say: Say,
    *,
    now: datetime,
    told: Callable[[int], object] = lambda _: None,
) -> Sheet:
    """The sheet of a workbook, read while it is written: the newest visits up to its limit. `told`: rows so far."""
    zone = ZoneInfo(territory.timezone)

    def rows() -> Iterator[list[Cell]]:
        done = 0
        for events in journal.all_events(database, territory, search, zone):
            told(done)
            done += len(events)
            for event in events:
                yield [event.placed_at.astimezone(zone), *words_of(event, say)]
        told(done)

    return Sheet(
        say("Журнал"),
        about(territory, days_of(search, say) or say("Журнал"), say, now=now),
        [say(head) for head in HEADS],
        rows(),
        cut=say("Здесь первые {n} строк, все — в CSV.", n=MOST_ROWS),
    )

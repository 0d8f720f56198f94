"""Days and hours of a pass: how people write them, what is kept, when they hold, and what is never an open door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.decision.standing import stand
from core.decision.why import sentence
from core.instant import Instant
from core.passes.pass_list import Pass
from core.passes.passcsv import read_passes
from core.passes.schedule import NEVER, ScheduleInvalid, hours_in_words, kept, written
from core.words.language import Language
from core.words.reasons import Reason

MOSCOW = ZoneInfo("Europe/Moscow")
MONDAY = datetime(2026, 11, 30, tzinfo=MOSCOW)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("пн–пт 8–18", "1-5 08:00-18:00"),
        ("с пн по пт с 8 до 18", "1-5 08:00-18:00"),
        ("Будни 9:00-18:00, сб 10–14", "1-5 09:00-18:00; 6 10:00-14:00"),
        ("mon-fri 8-18; sat", "1-5 08:00-18:00; 6 00:00-24:00"),
        ("22–6", "1-7 22:00-06:00"),
        ("пт–пн", "1,5-7 00:00-24:00"),
        ("пн, ср и пт 8–12 13–17", "1,3,5 08:00-12:00; 1,3,5 13:00-17:00"),
        ("8–23:59", "1-7 08:00-24:00"),
    ],
)
def test_it_is_read_as_people_write_it(typed: str, text: str) -> None:
    """Days and hours in Russian and English become one form, and its own words are read back as the same."""
    found = written(typed, MOSCOW)
    assert found is not None
    assert f"{text} Europe/Moscow" == found.text()
    assert found == kept(found.text())
    for language in Language:
        assert found == written(found.words_in(language), MOSCOW)


@pytest.mark.parametrize("typed", ["пон 8-18", "8-8", "25-26", "пн-пт 8", "8:70-9", "-", ";", "пн по 10", "8–18" * 40])
def test_what_is_none_is_an_error(typed: str) -> None:
    """A text that is not wholly understood is no schedule: hours must not silently become others."""
    with pytest.raises(ScheduleInvalid, match="пн–пт 8–18"):
        written(typed, MOSCOW)


@pytest.mark.parametrize(
    "text",
    ["", "1-5 8-18 UTC", "1-5 08:00-18:00 Mars/X", "5-1 08:00-09:00 UTC", "1 08:00-08:00 UTC", "1 08:00-09:00 ../x"],
)
def test_a_kept_form_that_cannot_be_read_is_an_error(text: str) -> None:
    """The kept form is read strictly; the zone names no file outside the zones."""
    with pytest.raises(ScheduleInvalid):
        kept(text)


@pytest.mark.parametrize(
    ("typed", "at", "holds"),
    [
        ("пн 8–18", MONDAY.replace(hour=8), True),
        ("пн 8–18", MONDAY.replace(hour=7, minute=59, second=59), False),
        ("пн 8–18", MONDAY.replace(hour=17, minute=59, second=59), True),
        ("пн 8–18", MONDAY.replace(hour=18), False),
        ("вт 8–18", MONDAY.replace(hour=9), False),
        ("пн 8–23:59", MONDAY.replace(hour=23, minute=59, second=30), True),
        ("вс 22–6", MONDAY.replace(hour=5, minute=59), True),
        ("вс 22–6", MONDAY.replace(hour=6), False),
        ("пн 22–6", MONDAY.replace(hour=5), False),
    ],
)
def test_it_holds_from_its_first_minute_until_its_last(typed: str, at: datetime, holds: bool) -> None:  # noqa: FBT001
    """Half-open, with 23:59 meant whole; hours over midnight belong to the day they begin on."""
    found = written(typed, MOSCOW)
    assert found is not None
    assert holds is found.holds(at.astimezone(UTC))


def test_the_wall_clock_of_the_zone_counts_when_clocks_change() -> None:
    """At 8 o'clock by the clock on the wall, on both sides of the change to summer time."""
    found = written("8–18", ZoneInfo("Europe/Berlin"))
    assert found is not None
    assert [True, False] == [found.holds(datetime(2026, 3, 28, hour, tzinfo=UTC)) for hour in (7, 6)]
    assert [True, False] == [found.holds(datetime(2026, 3, 30, hour, tzinfo=UTC)) for hour in (6, 16)]


def test_outside_its_hours_the_pass_says_when_it_holds_again() -> None:
    """The refusal has its own reason, and its sentence names hours and next beginning in both languages."""
    item = Pass("7", "A123BC77", hours=written("пн–пт 8–18", MOSCOW))
    friday_evening = MONDAY - timedelta(days=2, hours=3)
    found = stand([item], Instant(0.0, friday_evening.astimezone(UTC), wall_trusted=True))
    assert (False, Reason.OUTSIDE_HOURS) == (found.opens, found.reason)
    russian, english = sentence(found.step)
    assert "пн–пт 08:00–18:00" in russian
    assert "2026-11-30T05:00" in russian
    assert "Mon–Fri" in english
    assert stand([item], Instant(0.0, MONDAY + timedelta(hours=9), wall_trusted=True)).opens


def test_hours_do_not_hold_by_a_clock_that_cannot_be_trusted() -> None:
    """A floor of the time says what has begun, not what o'clock it is: no opening on a guess."""
    at = MONDAY + timedelta(hours=9)
    items = [Pass("7", "A123BC77", hours=written("пн–пт 8–18", MOSCOW))]
    assert stand(items, Instant(0.0, at, wall_trusted=False)).reason is Reason.OUTSIDE_HOURS
    assert stand([*items, Pass("8", "A123BC77")], Instant(0.0, at, wall_trusted=False)).opens


def test_hours_that_this_version_cannot_read_never_hold() -> None:
    """`NEVER` refuses at every hour and is told as what could not be read."""
    found = stand([Pass("7", "A123BC77", hours=NEVER)], Instant(0.0, MONDAY, wall_trusted=True))
    assert found.reason is Reason.OUTSIDE_HOURS
    assert "1-5 odd" == hours_in_words("1-5 odd", Language.RU)


def test_a_table_names_hours_and_kind() -> None:
    """A row may have days and hours, may be for one entry, may forbid; what is none of these is told by its column."""
    table = read_passes(
        "номер;часы;вид\nA123BC77;пн–пт 8–18;разовый\nB001BC77;;запрет\nC001BC77;8;\nC002BC77;;так\nC003BC77;8-9;block\n".encode(),
        MOSCOW,
    )
    first, second = table.rows
    assert (written("пн–пт 8–18", MOSCOW), "once") == (first.hours, first.kind)
    assert (None, "block") == (second.hours, second.kind)
    assert [(4, "часы"), (5, "вид"), (6, "часы")] == [(one.line, one.column) for one in table.problems]

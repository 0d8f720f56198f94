"""Days and times as people write them, and the edges of a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.decision.standing import stand
from core.instant import Instant
from core.passes.pass_list import Pass
from core.passes.periods import MomentInvalid, beginning, end

MOSCOW = ZoneInfo("Europe/Moscow")
MIDNIGHT = datetime(2026, 12, 31, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-12-31", "31.12.2026", " 31.12.2026 ", "2026-12-31T23:59", "2026-12-31 23:59:59", "31.12.2026 23:59",
     "31.12.2026 24:00", "2026-12-31T24:00"],
)  # fmt: skip
def test_the_end_of_a_day(text: str) -> None:
    """However the end of a day is written, the period ends with the day: 23:59 includes that minute."""
    assert end(text, MOSCOW) == MIDNIGHT

    item = Pass("1", "A123BC77", None, end(text, MOSCOW))
    second = timedelta(seconds=1)
    assert stand([item], Instant(0.0, MIDNIGHT - second, wall_trusted=True)).opens
    assert not stand([item], Instant(0.0, MIDNIGHT, wall_trusted=True)).opens


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-03-01", (28, 21, 0)), ("01.03.2026", (28, 21, 0)), ("1.3.2026 9:05", (1, 6, 5)),
     ("2026-03-01T12:00", (1, 9, 0)), ("2026-03-01T12:00Z", (1, 12, 0)), ("01.03.2026 00:00", (28, 21, 0))],
)  # fmt: skip
def test_a_beginning(text: str, expected: tuple[int, int, int]) -> None:
    """A day begins at its midnight there; a time is the site's unless it has an offset."""
    found = beginning(text, MOSCOW)
    assert (found.day, found.hour, found.minute) == expected


def test_a_moment_with_its_offset_is_what_it_says() -> None:
    """What a program wrote is not rounded: an exported list is read back as it was."""
    assert end("2026-12-31T23:59:00+03:00", MOSCOW) == MIDNIGHT - timedelta(minutes=1)
    assert end("2026-12-31T18:00", MOSCOW) == MIDNIGHT - timedelta(hours=6)


@pytest.mark.parametrize("text", ["", "  ", "9999-12-31", "31.12.9999"])
def test_open(text: str) -> None:
    """Nothing, and the last day there is, mean that a period does not end."""
    assert end(text, MOSCOW) is None


@pytest.mark.parametrize("text", ["soon", "31/12/2026", "32.12.2026", "31.12.26", "2026-12-31 25:00", "18:00"])
def test_what_is_no_moment(text: str) -> None:
    """It is refused with what was written and what may be."""
    with pytest.raises(MomentInvalid, match=r"31\.12\.2026") as refused:
        end(text, MOSCOW)
    assert text in str(refused.value)


@pytest.mark.parametrize("text", ["1.3.2026 9:05:30", "01.03.2026 09:05:30", "2026-03-01T09:05:30"])
def test_seconds_are_read_where_they_are_written(text: str) -> None:
    """As few people write them, and programs do."""
    assert datetime(2026, 3, 1, 6, 5, 30, tzinfo=UTC) == beginning(text, MOSCOW)


def test_of_a_long_text_that_is_no_moment_the_beginning_is_told() -> None:
    """A line of the wrong file fills no page."""
    with pytest.raises(MomentInvalid) as refused:
        end("x" * 1000, MOSCOW)
    assert ("x" * 40, ("x" * 1000,)) == (refused.value.text, refused.value.args)

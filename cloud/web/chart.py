"""The chart of passages per day, rendered on the server as SVG: no script, no foreign asset, with text beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.domain.journal import Day

HEIGHT = 120
STEP = 20
BAR = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: opened at the bottom, refused on top of it. In pixels of the view box."""

    x: int
    opened_y: float
    opened_height: float
    refused_y: float
    refused_height: float
    label: str
    title_day: str
    opened: int
    refused: int


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    bars: tuple[Bar, ...]
    highest: int
    opened: int
    refused: int


def day_chart(days: Sequence[Day]) -> Chart:
    """Bars scaled to the busiest day; every fifth day is labelled."""
    highest = max((day.opened + day.refused for day in days), default=0)
    scale = HEIGHT / max(highest, 1)
    bars = []
    for number, day in enumerate(days):
        opened, refused = day.opened * scale, day.refused * scale
        bars.append(
            Bar(
                x=number * STEP + (STEP - BAR) // 2,
                opened_y=round(HEIGHT - opened, 1),
                opened_height=round(opened, 1),
                refused_y=round(HEIGHT - opened - refused, 1),
                refused_height=round(refused, 1),
                label=f"{day.day:%d.%m}" if (len(days) - 1 - number) % 5 == 0 else "",
                title_day=f"{day.day:%d.%m.%Y}",
                opened=day.opened,
                refused=day.refused,
            )
        )
    total_opened, total_refused = sum(day.opened for day in days), sum(day.refused for day in days)
    return Chart(STEP * len(days), HEIGHT, tuple(bars), highest, total_opened, total_refused)

"""What should happen at the demo's gate, and whether it did. Pure.

The ground truth beside a clip: `visit,text,case,weather,t_from,t_to`, in seconds of the clip.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.language import say

SLACK_S = 2.0
"""How far the start of a visit may be from the ground truth, in either direction."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One vehicle of the clip."""

    lane: str
    plate: str
    case: str
    """`known`, `unknown`, `expired`, `unreadable`, `leaving`."""
    t_from: float
    t_to: float

    @property
    def opens(self) -> bool:
        return self.case in {"known", "leaving"}

    @property
    def words(self) -> str:
        """The case in words for people."""
        return {
            "known": say("свой, пропуск действует"),
            "unknown": say("чужой"),
            "expired": say("пропуск истёк"),
            "unreadable": say("номер в грязи"),
            "leaving": say("уезжает"),
        }.get(self.case, self.case)


@dataclass(frozen=True, slots=True)
class Happened:
    """One visit as the gate reported it; times are seconds since its clip began."""

    lane: str
    plate: str | None
    opened: bool
    reason: str
    t_first: float
    t_last: float


@dataclass(frozen=True, slots=True)
class Compared:
    """A vehicle of the ground truth beside the gate's result."""

    expected: Expected
    visits: tuple[Happened, ...]
    fault: str
    """Empty if all is as it should be."""


def read_truth(path: Path, *, lane: str) -> tuple[Expected, ...]:
    """The vehicles of one clip."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Expected(lane, row["text"], row["case"], float(row["t_from"]), float(row["t_to"]))
            for row in csv.DictReader(file)
        )


def compare(truth: Iterable[Expected], happened: Sequence[Happened]) -> tuple[Compared, ...]:
    """Each vehicle with the visits that began while it was there, or near its start and name its plate."""
    expected = tuple(truth)
    owned: dict[Expected, list[Happened]] = {one: [] for one in expected}
    for visit in happened:
        began = [
            one for one in expected if one.lane == visit.lane and (_was_there(one, visit.t_first) or _named(one, visit))
        ]
        if began:
            owned[max(began, key=lambda one: one.t_from)].append(visit)
    return tuple(Compared(one, tuple(owned[one]), _fault(one, owned[one])) for one in expected)


def _was_there(one: Expected, at: float) -> bool:
    return one.t_from - SLACK_S / 2 <= at <= one.t_to + SLACK_S / 2


def _named(one: Expected, visit: Happened) -> bool:
    """Whether the visit names this plate, although it began while the scene still moved from the car before."""
    return visit.plate == one.plate and abs(visit.t_first - one.t_from) <= 2 * SLACK_S


def _fault(one: Expected, visits: Sequence[Happened]) -> str:
    opened = [visit for visit in visits if visit.opened]
    if not visits and one.case == "unreadable":  # the muddy car's visit may merge with the one before: it stays out
        return ""
    if not visits:
        return say("машина не замечена")
    if one.opens and not opened:
        return say("не открыто")
    if one.case == "known" and all(visit.plate != one.plate for visit in opened):
        return say("открыто не по номеру {plate}", plate=one.plate)
    if not one.opens and opened:
        return say("открыто чужому")
    if one.case == "expired" and all(visit.reason != "pass_expired" for visit in visits):
        return say("причина не та: ждали pass_expired")
    if one.case == "unknown" and all(visit.reason != "no_pass" for visit in visits):
        return say("причина не та: ждали no_pass")
    return ""

"""The nightly comparison: what became worse is told, what is not known is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from core.decision.record import VisitRecord
from edge.aim.nightly import LEAST_LOOKS, LEAST_VISITS, Baseline, Gathered, Look, compared, completed
from edge.runtime.aim_watch import DRIFTS
from edge.runtime.alarms import Fault
from tests.store.records import visit_record

DAY = Look(infrared=False, brightness=120.0, contrast=52.0, softness_px=0.6, lost=0.08, offset=(0.0, 0.0))
NIGHT = Look(infrared=True, brightness=80.0, contrast=40.0, softness_px=0.7, lost=0.15, offset=(0.0, 0.0))


def seen(*looks: Look, count: int = LEAST_LOOKS) -> Gathered:
    gathered = Gathered()
    for look in looks:
        for _ in range(count):
            gathered.add(look)
    return gathered


def visits(read: int, unread: int) -> Sequence[VisitRecord]:
    return [visit_record(number) for number in range(read)] + [
        visit_record(read + number, plate=None, display=None) for number in range(unread)
    ]


USUAL = completed(Baseline("now"), seen(DAY, NIGHT), visits(38, 2))


def test_the_first_day_and_night_are_the_measure() -> None:
    """What the acceptance did not see is taken from the first that is seen, and stays."""
    assert (120.0, 80.0, 0.05) == (USUAL.day.brightness, USUAL.night.brightness, USUAL.unread)
    assert USUAL == completed(USUAL, seen(replace(DAY, brightness=60.0)), visits(0, 40))


@pytest.mark.parametrize(
    ("looks", "fault", "figure"),
    [
        ([replace(DAY, offset=(0.0188, 0.0))], Fault.DRIFT_MOVED, "вправо на 2 %"),
        ([replace(NIGHT, offset=(0.0, -0.0313))], Fault.DRIFT_MOVED, "вверх на 3 %"),
        ([replace(DAY, softness_px=1.1)], Fault.DRIFT_BLURRED, "в 1.8 раза"),
        ([DAY, replace(NIGHT, softness_px=1.4)], Fault.DRIFT_BLURRED, "в 2.0 раза"),
        ([replace(DAY, lost=0.45)], Fault.DRIFT_DIRTY, "45%"),
        ([replace(DAY, contrast=25.0)], Fault.DRIFT_DIRTY, "контраст 25"),
        ([DAY, replace(NIGHT, brightness=22.0)], Fault.DRIFT_IR, "яркость ночи 22"),
    ],
)
def test_what_became_worse_is_told(looks: list[Look], fault: Fault, figure: str) -> None:
    """Each decay is told by its name, with its figure, and nothing else is."""
    found = worse(compared(USUAL, seen(*looks), visits(40, 0)))
    assert ([fault], True) == ([*found], figure in found[fault])


def worse(found: Mapping[Fault, str]) -> dict[Fault, str]:
    return {fault: words for fault, words in found.items() if words}


def test_plates_read_worse_are_told() -> None:
    """Against the first vehicles after the acceptance: 5 of 100 then, 25 of 100 now."""
    assert {Fault.DRIFT_LEGIBILITY: "не прочитано 25% машин, было 5%"} == compared(USUAL, Gathered(), visits(30, 10))
    assert {Fault.DRIFT_LEGIBILITY: ""} == compared(USUAL, Gathered(), visits(35, 5))


@pytest.mark.parametrize(
    ("gathered", "records"),
    [
        (seen(DAY, NIGHT), visits(38, 2)),
        (seen(replace(DAY, softness_px=4.0, offset=(0.2, 0.0)), count=LEAST_LOOKS - 1), ()),
        (Gathered(), visits(0, LEAST_VISITS - 1)),
        (seen(replace(DAY, softness_px=None, lost=None, offset=None)), ()),
        (seen(replace(DAY, brightness=40.0)), ()),
    ],
)
def test_too_little_is_unknown(gathered: Gathered, records: Sequence[VisitRecord]) -> None:
    """A usual day, an hour too short, too few cars, measures that were not to be had, a grey day: nothing is told."""
    assert {} == worse(compared(USUAL, gathered, records))


def test_a_lamp_is_not_missed_where_it_never_was() -> None:
    """Without a night to compare with nothing is said of the lamp."""
    found = compared(replace(USUAL, night=None), seen(replace(NIGHT, brightness=5.0)), ())
    assert Fault.DRIFT_IR not in found


def test_what_was_not_seen_is_neither_worse_nor_well() -> None:
    """A day without a look at the lane says nothing; a usual day and night say of each measure that it is well."""
    assert {} == compared(USUAL, Gathered(), ())
    well = compared(USUAL, seen(DAY, NIGHT), visits(38, 2))
    assert dict.fromkeys(DRIFTS, "") == dict(well)
    unsharp = compared(USUAL, seen(replace(DAY, softness_px=None), replace(NIGHT, softness_px=None)), ())
    assert Fault.DRIFT_BLURRED not in unsharp

"""How visits end: each in one record, with the reason that is its own."""

from __future__ import annotations

import itertools

import pytest

from core.events import ForgetEvidence, OpenBarrier
from core.geometry import Box
from core.passes.pass_list import Pass
from core.rules.policy import Policy

HOME = Pass("p1", "A123BC77")
CAR = Box(200, 100, 500, 450)


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_late_pictures_are_the_reason_by_themselves(scene, read, lane):
    """A car that only late pictures show, however well it reads, is refused for that and not for a doubtful plate."""
    gate = scene([HOME])
    for i in range(40):
        gate.frame(read("A123BC77", y=300 + 4 * i, w=70 + i, look=i), vehicle=CAR, age=2.0, lane=lane)
    gate.empty(4, lane=lane)

    assert gate.told == [("A123BC77", "refuse", "frame_too_old")]


def test_a_doubtful_plate_stays_the_reason_in_late_pictures(scene, read):
    """What no fresh picture could have opened is not told to have come too late."""
    gate = scene([HOME])
    gate.frame(read("A123BC77", sure=0.9999, w=80), vehicle=CAR, age=2.0)
    for i in range(40):
        gate.frame(vehicle=Box(200, 100 + i, 500, 450), age=2.0)
    gate.empty(4)

    assert [reason for _, _, reason in gate.told] != ["frame_too_old"]


def test_a_car_that_comes_back_and_turns_away_has_its_record(scene):
    """A car opened for that left, came again within twenty seconds and turned away is recorded, and opened for once."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.drive("A123BC77", seconds=8)

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("A123BC77", "refuse", "already_opened")]
    assert len(gate.of(OpenBarrier)) == 1
    assert gate.of(ForgetEvidence) == []


def test_a_car_that_comes_back_and_stays_is_let_in(scene):
    """One that waits is opened for once the time of driving through is over."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.drive("A123BC77", seconds=25)

    assert gate.told == [("A123BC77", "open", "pass_valid")] * 2


def test_a_rear_plate_that_goes_on_for_long_is_no_visit(scene, read):
    """A car just let in that drives away slowly before the camera is not one that came back."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    for i in range(80):
        gate.frame(read("A123BC77", y=600 - 4 * i, w=160 - i, look=i), vehicle=CAR)
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_a_visit_in_anothers_wake_begins_when_its_plate_shows(scene, read):
    """Foreground without a break after a car is not yet the next one: its visit begins with its own plate."""
    gate = scene([HOME])
    gate.drive("A123BC77", seconds=3, then_gone=False)
    gate.vehicle(8)
    shown = gate.mono
    for i in range(30):
        gate.frame(read("B555BB77", y=300 + 4 * i, w=70 + i, look=i), vehicle=CAR)
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("B555BB77", "refuse", "no_pass")]
    assert gate.records[1].first.mono == pytest.approx(shown)


def test_every_retry_waits_from_the_last_opening(scene):
    """The pause before a retry is counted from the opening before it, not from the first."""
    gate = scene([HOME], relay="failed", policy=Policy(retry_after_s=1.0))
    gate.drive("A123BC77", seconds=6)
    asked = [at for at, effect in gate.effects if isinstance(effect, OpenBarrier)]

    assert len(asked) == 6
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(asked))


def test_a_nearer_car_that_is_no_visit_yet_stands_in_front(scene, read):
    """Nothing opens behind a plate read twice that is nearer, though it is only a sighting."""
    gate = scene([HOME])
    for i in range(12):
        front = read("QQ12345QWE", x=500, y=560, w=170, look=i)
        gate.frame(front, read("A123BC77", x=420, y=250 + 3 * i, w=70 + 2 * i, look=i))

    front = next(visit for visit in gate.state.lanes[0].visits if visit.evidence.reading.text.startswith("Q"))
    assert not front.confirmed
    assert gate.of(OpenBarrier) == []


def test_what_was_no_visit_is_told_with_its_rule(scene, read):
    """Whatever is dropped says what it was taken for: a board, and the rule that said so."""
    gate = scene([HOME])
    for i in range(60):
        gate.frame(read("0311", x=400, y=300, w=70, sure=0.7, look=i))
    gate.empty(4)

    dropped = [effect.dropped for effect in gate.of(ForgetEvidence)]
    assert [(one.kind, one.ground, one.frames) for one in dropped] == [("sign", "never_moved", 60)]

"""A camera's own reading is one more witness of what we read ourselves: it never opens, never names, never keeps out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decision.why import sentences
from core.events import CameraPlateRead, OpenBarrier
from core.passes.pass_list import Pass
from core.rules.policy import Policy

LISTED, OTHER = "A123BC77", "B555BB77"
PASSES = [Pass("1", LISTED), Pass("2", OTHER)]
POLICY = Policy(min_frames=2, sure_confidence=1.0)
"""One close picture is not enough here: a second witness is wanted."""


def say(at_gate, plate: str, *, age: float | None = 0.5, lane="entry") -> None:
    at = at_gate.at()
    at_gate.send(CameraPlateRead(lane, at, plate, None if age is None else at.mono - age))


def one_look(at_gate, read, text=LISTED, *, times=1, **how) -> None:
    """The same picture, so that it counts once, with the vehicle around it."""
    for _ in range(times):
        at_gate.frame(read(text, look=1, **how), vehicle=None)


def opened(at_gate) -> list[OpenBarrier]:
    return at_gate.of(OpenBarrier)


def test_one_picture_alone_is_not_enough(scene, read) -> None:
    """What the other tests of this file build on: without the camera's word nothing opens."""
    gate = scene(PASSES, policy=POLICY)
    one_look(gate, read, times=5)
    assert [] == opened(gate)


@pytest.mark.parametrize("before", [True, False])
def test_the_camera_seconds_what_a_picture_of_ours_reads(scene, read, before: bool) -> None:  # noqa: FBT001
    """Said just before our look or just after it, it makes the second of two; our own look opens, not its word."""
    gate = scene(PASSES, policy=POLICY)
    if before:
        say(gate, LISTED)
    one_look(gate, read, times=3)
    if not before:
        say(gate, LISTED)
        assert [] == opened(gate)
        one_look(gate, read)
    assert 1 == len(opened(gate))
    gate.stop()
    assert "Камера сама прочитала то же: А 123 ВС 77." in [
        ru for ru, _ in sentences(gate.records[0], zone=gate.wall.tzinfo)
    ]


def test_a_lying_camera_alone_opens_nothing(scene) -> None:
    """However often it says a listed plate: without a picture of ours there is no vehicle and no visit."""
    gate = scene(PASSES, policy=Policy(min_frames=1))
    for _ in range(50):
        say(gate, LISTED)
        gate.frame()
    gate.wait(10)
    assert ([], []) == (opened(gate), gate.records)


def test_a_lying_camera_lets_no_stranger_in(scene, read) -> None:
    """It says a listed plate while a stranger stands there, close and sure: what we read decides."""
    gate = scene(PASSES, policy=POLICY)
    for _ in range(10):
        say(gate, LISTED)
        gate.drive("K777KK99", seconds=0.5, then_gone=False)
    gate.empty(4.0)
    assert [] == opened(gate)
    assert [("K777KK99", "refuse", "no_pass")] == gate.told
    said = [ru for ru, _ in sentences(gate.records[0], zone=gate.wall.tzinfo)]
    assert "Камера сама прочитала другое, А 123 ВС 77: её чтение ничего не решает." in said


@pytest.mark.parametrize("age", [None, 5.1, 60.0, -2.1])
def test_a_reading_of_unknown_age_or_an_old_one_is_not_counted(scene, read, age: float | None) -> None:
    """Nobody knows when, too long ago, or from the future: told in the record, and nothing else."""
    gate = scene(PASSES, policy=POLICY)
    one_look(gate, read, times=2)
    say(gate, LISTED, age=age)
    one_look(gate, read, times=2)
    assert [] == opened(gate)
    gate.empty(4.0)
    assert any("не считается" in ru for ru, _ in sentences(gate.records[0]))


def test_the_passage_before_is_not_this_one(scene, read) -> None:
    """A reading of four seconds before our first look is of another car with that plate, or of a card held up."""
    gate = scene(PASSES, policy=POLICY)
    say(gate, LISTED, age=0.0)
    gate.wait(4)
    one_look(gate, read, times=3)
    assert [] == opened(gate)


def test_it_says_nothing_of_another_lane_or_of_one_that_is_not_there(scene, read) -> None:
    """The camera of the exit seconds nothing at the entry."""
    gate = scene(PASSES, policy=POLICY)
    say(gate, LISTED, lane="exit")
    say(gate, LISTED, lane="nowhere")
    one_look(gate, read, times=3)
    assert [] == opened(gate)


def test_it_counts_once_however_often_it_is_said(scene, read) -> None:
    """Three witnesses wanted: one picture and a camera that repeats itself are two."""
    gate = scene(PASSES, policy=Policy(min_frames=3, sure_confidence=1.0))
    for _ in range(5):
        say(gate, LISTED)
        one_look(gate, read)
    assert [] == opened(gate)


def test_a_picture_that_is_in_doubt_is_not_saved_by_it(scene, read) -> None:
    """A character that we did not see is not seen because the camera names it."""
    gate = scene(PASSES, policy=POLICY)
    for _ in range(3):
        say(gate, LISTED)
        gate.frame(read(LISTED, look=1, doubt={3: {"3": 0.5, "8": 0.5}}))
    assert [] == opened(gate)


words = st.lists(
    st.tuples(st.sampled_from([LISTED, OTHER, "K777KK99"]), st.sampled_from([None, -1.0, 0.0, 0.5, 4.0, 20.0])),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(told=words, text=st.sampled_from([LISTED, OTHER, "K777KK99"]), looks=st.integers(0, 4))
def test_whatever_it_says_only_what_we_read_is_let_in(scene, read, told, text, looks) -> None:
    """The plate that opens is one that a picture of ours reads, and the exit is free without a word."""
    gate = scene(PASSES, policy=POLICY)
    for plate, age in told:
        say(gate, plate, age=age)
        if looks:
            one_look(gate, read, text)
            looks -= 1
        gate.mono += 0.1
    for wanted in opened(gate):
        assert text in {LISTED, OTHER}
        assert "entry" == wanted.lane
    gate.stop()
    assert all(record.plate == text for record in gate.records if record.openings)

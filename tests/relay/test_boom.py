"""Where the boom is and what is wrong with it, and how a passage ended: pure, at the edge of each time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.words.outcomes import Passed
from relay.barrier import passage as passages
from relay.barrier import position as booms
from relay.barrier.passage import CLEAR_S, WINDOW_S, Passage
from relay.barrier.position import FORCED_GRACE_S, Alarm, Boom, Position

LATER = 0.001
Level = bool | str | None
BOOM = Boom(open_within_s=5.0, left_open_s=20.0, has_open_switch=True, has_closed_switch=True)


def at(boom: Boom, now: float, where: Position) -> Boom:
    """Both switches are fitted and say so."""
    return booms.switched(boom, at_open=where is Position.OPEN, at_closed=where is Position.CLOSED, now=now)


@pytest.mark.parametrize(
    ("at_open", "at_closed", "where"),
    [
        ("absent", "absent", Position.UNKNOWN),
        ("absent", False, Position.OPEN),
        ("absent", True, Position.CLOSED),
        (False, "absent", Position.CLOSED),
        (False, False, Position.BETWEEN),
        (False, True, Position.CLOSED),
        (True, "absent", Position.OPEN),
        (True, False, Position.OPEN),
        (True, True, Position.UNKNOWN),
        (None, False, Position.UNKNOWN),
        (None, True, Position.CLOSED),
        (False, None, Position.UNKNOWN),
        (True, None, Position.OPEN),
        (None, "absent", Position.UNKNOWN),
    ],
)
def test_two_switches_say_where_the_boom_is(at_open: Level, at_closed: Level, where: Position) -> None:
    """One alone says half of it; both at once say that a wire is broken; one that nobody reads says nothing."""
    boom = replace(
        BOOM,
        has_open_switch=at_open != "absent",
        has_closed_switch=at_closed != "absent",
        at_open=None if at_open == "absent" else at_open,
        at_closed=None if at_closed == "absent" else at_closed,
    )
    assert where is boom.position


def test_an_unknown_place_is_no_reason_for_an_alarm() -> None:
    """A boom lost from sight is neither forced nor late nor left open, and is counted anew once it is seen."""
    shut = at(BOOM, 0.0, Position.CLOSED)
    lost = booms.switched(booms.commanded(shut, 10.0), at_open=None, at_closed=None, now=11.0)
    assert set() == booms.elapsed(lost, 100.0, held=False).alarms
    assert set() == at(lost, 100.0, Position.OPEN).alarms
    opened = at(booms.commanded(shut, 10.0), 11.0, Position.OPEN)
    hidden = booms.switched(opened, at_open=True, at_closed=True, now=12.0)
    assert set() == booms.elapsed(hidden, 100.0, held=False).alarms
    seen = at(hidden, 100.0, Position.OPEN)
    assert set() == booms.elapsed(seen, 100.0 + BOOM.left_open_s, held=False).alarms
    assert {Alarm.LEFT_OPEN} == booms.elapsed(seen, 100.0 + BOOM.left_open_s + LATER, held=False).alarms


def test_a_boom_that_leaves_its_place_by_nobodys_doing_was_forced() -> None:
    """From the moment on at which no opening of ours explains it any more, also where there has been none yet."""
    shut = at(BOOM, 0.0, Position.CLOSED)
    assert {Alarm.FORCED} == at(shut, 0.5, Position.BETWEEN).alarms
    told = booms.commanded(shut, 100.0)
    last = 100.0 + BOOM.open_within_s + FORCED_GRACE_S
    assert set() == at(told, last, Position.OPEN).alarms
    forced = at(told, last + LATER, Position.OPEN)
    assert {Alarm.FORCED} == forced.alarms
    assert set() == at(forced, last + 1, Position.CLOSED).alarms


def test_a_boom_that_does_not_come_up_in_its_time_is_told() -> None:
    """It is looked for at its open switch: half way is not open. Once it is there, all is well again."""
    told = at(booms.commanded(at(BOOM, 0.0, Position.CLOSED), 100.0), 101.0, Position.BETWEEN)
    assert set() == booms.elapsed(told, 100.0 + BOOM.open_within_s, held=False).alarms
    late = booms.elapsed(told, 100.0 + BOOM.open_within_s + LATER, held=False)
    assert {Alarm.NOT_OPENED} == late.alarms
    assert set() == at(late, 110.0, Position.OPEN).alarms
    there = at(told, 102.0, Position.OPEN)
    assert set() == booms.elapsed(there, 110.0, held=False).alarms
    assert booms.commanded(there, 103.0).asked_at is None  # it is open: no coming up is waited for


def test_a_boom_that_stands_open_for_nobody_is_told() -> None:
    """Not while it is held, nor for what it stood open before."""
    opened = at(booms.commanded(at(BOOM, 0.0, Position.CLOSED), 100.0), 101.0, Position.OPEN)
    assert set() == booms.elapsed(opened, 121.0, held=False).alarms
    left = booms.elapsed(opened, 121.0 + LATER, held=False)
    assert {Alarm.LEFT_OPEN} == left.alarms
    held = booms.elapsed(left, 200.0, held=True)
    assert set() == held.alarms
    assert set() == booms.elapsed(held, 220.0, held=False).alarms
    assert {Alarm.LEFT_OPEN} == booms.elapsed(held, 220.0 + LATER, held=False).alarms
    assert set() == at(left, 130.0, Position.CLOSED).alarms


class TestPassage:
    """Loops tell who has passed; what they say first, or long after, is nobody's passage."""

    def under(self, passage: Passage, on: float, off: float) -> tuple[Passage, Passed | None]:
        passage, _ = passages.boom_turned(passage, active=True, now=on)
        return passages.boom_turned(passage, active=False, now=off)

    def test_one_passes_and_all_after_it_follow(self) -> None:
        """However many there are, until the barrier opens anew."""
        passage = passages.opened(Passage(has_boom_loop=True), 100.0)
        told = []
        for number in range(4):
            passage, outcome = self.under(passage, 101.0 + number, 101.5 + number)
            told.append(outcome)
        assert [Passed.PASSED, *[Passed.FOLLOWED] * 3] == told
        passage, outcome = self.under(passages.opened(passage, 110.0), 111.0, 112.0)
        assert Passed.PASSED is outcome

    def test_an_opening_explains_what_comes_within_its_time(self) -> None:
        """Under the boom as before it."""
        for boom_loop in (True, False):
            for late, explained in ((0.0, True), (LATER, False)):
                passage = passages.opened(Passage(has_boom_loop=boom_loop), 100.0)
                end = 100.0 + WINDOW_S + late
                if boom_loop:
                    _, outcome = self.under(passage, 101.0, end)
                else:
                    passage, _ = passages.approach_turned(passage, active=True, now=101.0)
                    _, outcome = passages.approach_turned(passage, active=False, now=end)
                assert (Passed.PASSED if explained else None) is outcome

    def test_the_first_word_of_a_loop_is_no_passage(self) -> None:
        """That nobody stands there, said for the first time, tells of nobody who left."""
        passage = passages.opened(Passage(has_boom_loop=True), 100.0)
        assert passages.boom_turned(passage, active=False, now=101.0)[1] is None
        only_before = passages.opened(Passage(has_boom_loop=False), 100.0)
        assert passages.approach_turned(only_before, active=False, now=101.0)[1] is None

    def left(self, passage: Passage) -> Passage:
        passage, _ = passages.approach_turned(passage, active=True, now=101.0)
        passage, outcome = passages.approach_turned(passage, active=False, now=102.0)
        assert outcome is None
        return passage

    def test_who_does_not_come_under_the_boom_has_backed_out(self) -> None:
        """After a moment in which he may still come; not where he has come back to the loop meanwhile."""
        passage = self.left(passages.opened(Passage(has_boom_loop=True), 100.0))
        assert passages.elapsed(passage, 102.0 + CLEAR_S)[1] is None
        assert Passed.BACKED_OUT is passages.elapsed(passage, 102.0 + CLEAR_S + LATER)[1]
        back, _ = passages.approach_turned(passage, active=True, now=103.0)
        assert passages.elapsed(back, 120.0)[1] is None
        under, _ = passages.boom_turned(passage, active=True, now=103.0)
        assert passages.elapsed(under, 120.0)[1] is None

    def test_who_is_under_the_boom_or_has_crossed_backs_out_of_nothing(self) -> None:
        """The rear of a long vehicle leaves the loop before it when its front is under the boom, or past it."""
        fresh = passages.opened(Passage(has_boom_loop=True), 100.0)
        passage, _ = passages.approach_turned(fresh, active=True, now=100.5)
        under, _ = passages.boom_turned(passage, active=True, now=101.0)
        under, _ = passages.approach_turned(under, active=False, now=102.0)
        under, outcome = passages.boom_turned(under, active=False, now=103.0)
        assert Passed.PASSED is outcome
        assert passages.elapsed(under, 120.0)[1] is None
        crossed, _ = self.under(passage, 101.0, 101.5)
        crossed, _ = passages.approach_turned(crossed, active=False, now=102.0)
        assert passages.elapsed(crossed, 120.0)[1] is None

    def test_with_the_loop_before_it_alone_the_boom_says_which_way(self) -> None:
        """Down still, or again: he has backed out. Up: he has passed, as far as anybody can tell."""
        for up, outcome in ((False, Passed.BACKED_OUT), (True, Passed.PASSED)):
            passage = passages.boom_closed(Passage(has_boom_loop=False))
            passage = passages.opened(passage, 100.0)
            if up:
                passage = passages.boom_left_closed(passage)
            passage, _ = passages.approach_turned(passage, active=True, now=101.0)
            assert outcome is passages.approach_turned(passage, active=False, now=102.0)[1]

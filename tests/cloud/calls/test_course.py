"""The course of a call, as a rule for every order of events: one person, one end, no way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.calls import course
from cloud.calls.course import LONGEST, LOST_AFTER, RINGS, Course, Ending, NotYours, Phase, TooLate

START = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
RUNG = Course(rang_at=START, gate_at=START)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


STEPS = st.lists(
    st.tuples(
        st.floats(0, 90),
        st.sampled_from(["answer", "person", "gate", "hang_up", "gate_ends", "look"]),
        st.integers(1, 3),
    ),
    max_size=30,
)


def played(steps):
    """Every course on the way, with the time of each."""
    now, state = START, RUNG
    yield now, state
    for wait_s, what, device in steps:
        now += timedelta(seconds=wait_s)
        try:
            match what:
                case "answer":
                    state = course.answered(state, device, now)
                case "person":
                    state = course.heard_person(state, device, now)
                case "gate":
                    state = course.heard_gate(state, now)
                case "hang_up":
                    state = course.ended(state, Ending.PERSON, now)
                case "gate_ends":
                    state = course.ended(state, Ending.GATE, now)
                case _:
                    state = course.settled(state, now)
        except (TooLate, NotYours):
            pass
        yield now, state


@given(STEPS)
def test_only_the_first_gets_it_and_an_end_stays(steps):
    """However often and by whomever it is answered, the log-in that talks never changes; a call that is over stays so."""
    order = [Phase.RINGING, Phase.ANSWERED, Phase.ENDED]
    before = RUNG
    for _, state in played(steps):
        assert before.device in {None, state.device}
        assert order.index(before.phase) <= order.index(state.phase)
        if before.phase is Phase.ENDED:
            assert before == state
        before = state


@given(STEPS)
def test_no_call_lasts_beyond_its_bounds(steps):
    """Whoever comes later than the bounds of ringing and talking finds it over, and over at or before its bound."""
    for now, state in played(steps):
        found = course.settled(state, now)
        assert found == course.settled(found, now)
        if now >= START + RINGS + LONGEST:
            assert found.phase is Phase.ENDED
        if found.phase is Phase.ENDED:
            assert found.ended_at <= START + RINGS + LONGEST


@given(STEPS)
def test_who_has_not_answered_is_not_heard(steps):
    """The words of any other log-in than the one that talks are refused."""
    for now, state in played(steps):
        for device in (1, 2, 3):
            if state.device != device:
                with pytest.raises(NotYours):
                    course.heard_person(state, device, now)


def test_nobody_answers():
    """It rings for its time and ends by itself, at that time and not at that of the look."""
    asked = course.heard_gate(RUNG, after(20))

    assert Phase.RINGING is course.settled(asked, after(44.9)).phase
    over = course.settled(asked, after(59))
    assert (Ending.NOBODY, START + RINGS) == (over.ending, over.ended_at)


def test_a_second_person_is_too_late():
    """Who answers second is told so, also from another log-in of the same person."""
    first = course.answered(RUNG, 1, after(5))

    with pytest.raises(TooLate):
        course.answered(first, 2, after(5.001))
    assert 1 == course.answered(first, 1, after(9)).device


def test_a_portal_that_was_away_ends_no_talk():
    """Both ends silent for half a minute while the portal restarted: the talk stands."""
    talk = course.answered(RUNG, 1, after(5))

    back = course.heard_gate(talk, after(40))
    back = course.heard_person(back, 1, after(41))

    assert Phase.ANSWERED is course.settled(back, after(42)).phase


@pytest.mark.parametrize(("silent", "ending"), [("gate", Ending.GATE_LOST), ("person", Ending.PERSON_LOST)])
def test_who_falls_silent_is_lost(silent, ending):
    """An end that was silent for two minutes is lost, and the record says which."""
    state = course.answered(RUNG, 1, after(0))
    for second in range(2, 130, 2):
        if silent == "person":
            state = course.heard_gate(state, after(second))
        elif state.phase is not Phase.ENDED:
            state = course.heard_person(state, 1, after(second))

    assert (ending, START + LOST_AFTER) == (state.ending, state.ended_at)

"""When a lane rings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.call import bell
from edge.call.bell import Bell

EVENTS = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from(["press", "car", "over"]), st.sampled_from(["v1", "v2"])), max_size=40
)


@given(EVENTS, st.floats(1, 20))
def test_one_call_at_a_time_and_a_rest_between(events, pause_s):
    """However often it is pressed, a lane rings only while it has no call and has rested."""
    state, now, since = Bell(), 100.0, None
    for wait_s, what, visit in events:
        now += wait_s
        rings = False
        if what == "press":
            state, rings = bell.pressed(state, now)
        elif what == "car":
            state, rings = bell.waits(state, visit, 60.0, now, after_s=20.0)
        elif state.busy:
            state, since = bell.over(state, now, pause_s=pause_s), now
        if rings:
            assert since is None or now >= since + pause_s
        assert state.busy or not rings


@given(st.lists(st.floats(0, 100), max_size=30))
def test_a_car_rings_once(waits):
    """A refused car that stands for an hour is not announced every minute."""
    state, now, rung = Bell(), 0.0, 0
    for waited_s in waits:
        now += 10
        state, rings = bell.waits(state, "v1", waited_s, now, after_s=20.0)
        rung += rings
        if rings:
            state = bell.over(state, now, pause_s=1.0)

    assert rung == (1 if any(one >= 20 for one in waits) else 0)


def test_without_a_wish_no_car_rings():
    """`waiting_s = 0`: the button alone."""
    assert (Bell(), False) == bell.waits(Bell(), "v1", 1e6, 1.0, after_s=0.0)

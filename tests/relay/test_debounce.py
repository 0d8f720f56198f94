"""When a contact that bounces is believed, over any sequence of looks at it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.inputs.debounce import MIN_SAMPLES, Debounce, sample

STEADY_S = 0.05
Look = tuple[float, bool | None]
EXACT_S = 1 / 16
"""Times that add up without rounding: whether the last look is in time is no matter of its last bit."""
LOOKS = st.lists(
    st.tuples(st.sampled_from([1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 4]), st.sampled_from([True, False, None]))
)


def believed(looks: list[Look], start: Debounce) -> list[tuple[float, bool | None]]:
    """After each look: when it was, and what is believed; whether `sample` tells exactly the changes is checked on the way."""
    state, now, told = start, 0.0, []
    for wait_s, level in looks:
        now += wait_s
        before = state.level
        state, changed = sample(state, level, now)
        assert changed is (state.level is not before)
        told.append((now, state.level))
    return told


@settings(deadline=None)
@given(looks=LOOKS)
def test_what_is_not_steady_changes_nothing(looks: list[Look]) -> None:
    """A level is believed exactly when the last looks, three at least and over the whole debounce time, all say so."""
    level: bool | None = False
    for number, (now, after) in enumerate(believed(looks, Debounce(EXACT_S, level=False))):
        seen = looks[number][1]
        run = 0
        while run <= number and looks[number - run][1] is seen:
            run += 1
        steady_s = sum(wait_s for wait_s, _ in looks[number - run + 2 : number + 1])
        if seen is not None and run >= MIN_SAMPLES and steady_s >= EXACT_S:
            level = seen
        assert after is level, (now, looks)


@settings(deadline=None)
@given(
    spikes=st.lists(st.tuples(st.floats(0.001, 0.04), st.floats(0.025, 2.0)), min_size=1, max_size=20),
    poll_s=st.sampled_from([0.005, 0.01, 0.02]),
)
def test_noise_is_no_press(spikes: list[tuple[float, float]], poll_s: float) -> None:
    """Spikes shorter than the debounce time, thirty milliseconds say, are never believed, however many."""
    edges: list[tuple[float, bool]] = [(0.0, False)]
    now = 1.0
    for long_s, quiet_s in spikes:
        edges += [(now, True), (now + long_s, False)]
        now += long_s + quiet_s
    looks: list[Look] = []
    at = 0.0
    while at < now:
        at += poll_s
        looks.append((poll_s, [level for begin, level in edges if begin <= at][-1]))

    assert True not in {level for _, level in believed(looks, Debounce(STEADY_S, level=False))}


def test_a_press_is_believed_in_time() -> None:
    """A contact that stays closed is believed at the first look after its debounce time, and so is its release."""
    looks: list[Look] = [(0.01, True)] * 10 + [(0.01, False)] * 10
    told = [level for _, level in believed(looks, Debounce(STEADY_S, level=False))]

    assert [False] * 5 + [True] * 10 + [False] * 5 == told


def test_three_looks_are_enough_and_two_are_not() -> None:
    """However slow the polling, the second look that agrees is not believed and the third is."""
    told = [level for _, level in believed([(1.0, True)] * 3, Debounce(STEADY_S, level=False))]

    assert [False, False, True] == told

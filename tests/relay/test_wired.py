"""What a contact means, each rule at the moment it begins to hold and the moment before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.input_settings import InputKind, InputSettings
from relay.inputs.unit import InputUnit, inputs_of
from relay.inputs.wired import REARM_S, Meaning, Wired, elapsed, turned
from relay.settings import LaneRoute, RelayPlan

LESS = 0.001
BUTTONS, LOOPS = (
    ("guard_button", "call_button"),
    ("entry_loop", "exit_loop", "boom_loop"),
)


def contact(kind: str, **settings: object) -> Wired:
    return Wired(InputSettings(name="one", kind=kind, barrier="main", pin=5, **settings))


def released(kind: str, at: float = 100.0, **settings: object) -> Wired:
    """Seen open for the first time at `at`."""
    state, meanings = turned(contact(kind, **settings), active=False, now=at)
    assert () == meanings
    return state


def pressed(kind: str, at: float = 100.0, **settings: object) -> tuple[Wired, tuple[Meaning, ...]]:
    """Pressed at `at`, a moment after it was first seen."""
    return turned(released(kind, at - 0.1, **settings), active=True, now=at)


@pytest.mark.parametrize(("kind", "meaning"), [("guard_button", Meaning.OPEN), ("call_button", Meaning.CALL)])
def test_a_press_counts_at_once_and_again_only_after_a_release(kind: str, meaning: Meaning) -> None:
    """The first press after the start has its meaning; the next one only if the button was released for long enough."""
    state, meanings = pressed(kind)
    assert (meaning,) == meanings
    state, meanings = turned(state, active=False, now=101.0)
    assert () == meanings
    assert () == turned(state, active=True, now=101.0 + REARM_S - LESS)[1]
    assert (meaning,) == turned(state, active=True, now=101.0 + REARM_S + LESS)[1]


@pytest.mark.parametrize(("kind", "meaning"), [("guard_button", Meaning.OPEN), ("call_button", Meaning.CALL)])
def test_a_button_that_is_first_seen_released_counts_as_released_for_long_enough(kind: str, meaning: Meaning) -> None:
    """A press in the next moment has its meaning, and to be released at the start, five seconds after boot too, has none."""
    assert (meaning,) == turned(released(kind, 0.0), active=True, now=0.0)[1]
    assert () == turned(contact(kind), active=False, now=5.0)[1]


@pytest.mark.parametrize("kind", BUTTONS)
def test_a_button_that_is_pressed_when_the_process_starts_means_nothing(kind: str) -> None:
    """Nobody saw that press begin: it neither opens, nor holds when it ends."""
    state, meanings = turned(contact(kind), active=True, now=100.0)
    assert () == meanings
    assert () == turned(state, active=False, now=105.0)[1]


@pytest.mark.parametrize(
    ("seconds", "meanings"),
    [(3.0 - LESS, ()), (3.0, (Meaning.HOLD,)), (10.0 - LESS, (Meaning.HOLD,)), (10.0, ()), (11.0, ())],
)
def test_a_long_press_holds_and_one_that_is_too_long_does_not(seconds: float, meanings: tuple[Meaning, ...]) -> None:
    """From `long_press_s` on, and before `stuck_s`, from which on the button counts as stuck."""
    state, _ = pressed("guard_button", at=0.0)
    assert meanings == turned(state, active=False, now=seconds)[1]


def test_a_press_that_did_not_count_does_not_hold_either() -> None:
    """A bounce of a just released button is no press, however long the second contact lasts."""
    state, _ = pressed("guard_button")
    state, _ = turned(state, active=False, now=101.0)
    state, _ = turned(state, active=True, now=101.1)
    assert not state.armed
    assert () == turned(state, active=False, now=106.0)[1]


def test_a_release_takes_the_meaning_of_the_press_with_it() -> None:
    """After a hold the next release means nothing by itself."""
    state, _ = pressed("guard_button")
    state, meanings = turned(state, active=False, now=104.0)
    assert (Meaning.HOLD,) == meanings
    assert not state.armed


@pytest.mark.parametrize("kind", BUTTONS)
def test_a_button_that_stays_pressed_is_stuck_once(kind: str) -> None:
    """The alarm comes at `stuck_s`, once, and is over with the release, before any other meaning of it."""
    state, _ = pressed(kind, at=100.0)
    assert (state, ()) == elapsed(state, 110.0 - LESS)
    state, meanings = elapsed(state, 110.0)
    assert (Meaning.STUCK,) == meanings
    assert (state, ()) == elapsed(state, 199.0)
    state, meanings = turned(state, active=False, now=200.0)
    assert (Meaning.UNSTUCK,) == meanings
    assert not state.stuck


@pytest.mark.parametrize("kind", LOOPS)
def test_a_loop_that_stays_busy_is_stuck(kind: str) -> None:
    """At `loop_stuck_s`, and an exit loop does not let out any more from then on."""
    state, _ = turned(contact(kind, loop_repeat_s=600.0), active=True, now=0.0)
    assert (state, ()) == elapsed(state, 300.0 - LESS)
    state, meanings = elapsed(state, 300.0)
    assert (Meaning.STUCK,) == meanings
    assert (state, ()) == elapsed(state, 900.0)


def test_a_car_on_the_exit_loop_is_let_out_at_the_start_and_again() -> None:
    """Also one that stood there when the process began; again every `loop_repeat_s` while it stands there."""
    state, meanings = turned(contact("exit_loop"), active=True, now=100.0)
    assert (Meaning.OPEN,) == meanings
    assert (state, ()) == elapsed(state, 108.0 - LESS)
    state, meanings = elapsed(state, 108.0)
    assert (Meaning.OPEN,) == meanings
    assert (state, ()) == elapsed(state, 116.0 - LESS)
    assert (Meaning.OPEN,) == elapsed(state, 116.0)[1]
    assert () == turned(state, active=False, now=117.0)[1]


@pytest.mark.parametrize("kind", ["entry_loop", "boom_loop"])
def test_no_other_loop_opens(kind: str) -> None:
    """Neither when a car comes onto it nor while it stands there."""
    state, meanings = turned(contact(kind), active=True, now=100.0)
    assert () == meanings
    assert (state, ()) == elapsed(state, 200.0)


def test_a_fire_is_heard_at_the_start_and_its_end_only_after_it() -> None:
    """An input that is active when the process starts is a fire; one that is quiet then ends none."""
    state, meanings = turned(contact("fire"), active=True, now=100.0)
    assert (Meaning.FIRE_ON,) == meanings
    assert (state, ()) == elapsed(state, 9000.0)
    assert (Meaning.FIRE_OFF,) == turned(state, active=False, now=101.0)[1]
    assert () == turned(contact("fire"), active=False, now=100.0)[1]


@pytest.mark.parametrize("kind", [*BUTTONS, *LOOPS])
def test_what_is_not_active_means_nothing_with_time(kind: str) -> None:
    """A released contact is never stuck and opens nothing."""
    state = released(kind)
    assert (state, ()) == elapsed(state, 99999.0)


PLAN_INPUT = InputSettings(name="button", kind="guard_button", barrier="main", pin=5, contact="normally_closed")


def unit(**settings: object) -> InputUnit:
    plan = RelayPlan("", barriers=(), inputs=(replace(PLAN_INPUT, **settings),))
    return inputs_of(plan)["button"]


@pytest.mark.parametrize(("wiring", "closed_is"), [("normally_open", True), ("normally_closed", False)])
def test_a_contact_is_active_by_its_wiring(wiring: str, *, closed_is: bool) -> None:
    """A normally closed one is active when it is open, so that a broken wire is seen."""
    one = unit(contact=wiring)
    for n in range(4):
        one.sampled(closed=True, now=n * 1.0)
    assert closed_is is one.debounce.level


def test_an_input_that_nobody_can_read_is_deaf_until_it_is_read() -> None:
    """It is told as such from the first sample on that says nothing, and until then it is too early to say."""
    one = unit()
    assert one.deaf is None
    one.sampled(closed=None, now=1.0)
    assert one.deaf is True
    one.sampled(closed=False, now=2.0)
    assert one.deaf is False


def test_a_forgotten_level_is_believed_anew() -> None:
    """After the board was away the first level is the first one seen: it begins no press."""
    one = unit(contact="normally_open")
    told = [one.sampled(closed=True, now=n * 1.0) for n in range(4)]
    assert [False, False, True, False] == told
    one.state = replace(one.state, active=True, stuck=True)
    one.forget()
    assert (None, None) == (one.state.active, one.debounce.level)
    assert not one.state.stuck
    assert one.state.settings == one.settings
    assert one.debounce.steady_s == one.settings.debounce_s
    assert InputKind.GUARD_BUTTON == one.settings.kind


def test_an_input_belongs_to_its_lane_or_to_the_barrier_alone() -> None:
    """A loop has its lane, and through it the barrier; a button of the barrier has no lane."""
    loop = InputSettings(name="loop", kind="exit_loop", lane="exit", pin=6)
    button = InputSettings(name="button", kind="guard_button", barrier="main", pin=5)
    plan = RelayPlan("/", barriers=(), inputs=(loop, button), lanes=(LaneRoute("exit", "exit", "main"),))

    units = inputs_of(plan)

    assert ("main", "exit") == (units["loop"].barrier, units["loop"].lane)
    assert ("main", None) == (units["button"].barrier, units["button"].lane)

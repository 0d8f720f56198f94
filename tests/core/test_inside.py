"""Anti-passback and convoys, by choice: what is known to be inside is not let in twice, what is unknown refuses nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.decision.headline import headline
from core.decision.why import sentences
from core.events import BarrierActed, CameraChanged, OpenBarrier, PolicyChanged, Reason
from core.passes.pass_list import Pass
from core.rules.policy import Policy
from core.turn.state import Inside

LISTED, OTHER = "A123BC77", "B555BB77"
PASSES = [Pass("1", LISTED), Pass("2", OTHER)]
POLICY = Policy(anti_passback_h=0.1)


def gate_with(scene, policy=POLICY, **how):
    return scene(PASSES, policy=policy, **how)


def told(gate) -> list[tuple[str | None, str, str]]:
    return gate.told


def test_a_plate_that_came_in_is_not_let_in_twice(scene) -> None:
    """The second car with the plate is refused with its own reason, and the record says since when."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    gate.wait(60)
    gate.drive(LISTED)
    assert [(LISTED, "open", "pass_valid"), (LISTED, "refuse", "already_inside")] == told(gate)
    record = gate.records[1]
    assert "1" == record.pass_id
    assert any("не выезжал" in ru for ru, _ in sentences(record, zone=gate.wall.tzinfo))
    now = record.last.wall + timedelta(minutes=1)
    assert "уже внутри: въезд сегодня в 12:01, выезда не было видно" == headline(
        record.reason.value, record.trace, now=now, zone=gate.wall.tzinfo
    )


def test_it_is_off_by_default(scene) -> None:
    """Without the setting the same car comes in as often as it likes, and nothing is kept in mind."""
    gate = gate_with(scene, Policy())
    for _ in range(2):
        gate.drive(LISTED)
        gate.wait(60)
    assert ["open", "open"] == [decision for _, decision, _ in told(gate)]
    assert () == gate.state.inside


def leaves(gate, text: str) -> None:
    gate.drive(text, lane="exit")


@pytest.mark.parametrize("shown", [LISTED, "A128BC77", "A123BC"])
def test_who_may_have_left_comes_in_again(scene, shown: str) -> None:
    """Seen at the exit as it is, with a slip of one character, or without its region."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    gate.wait(60)
    if len(shown) < len(LISTED):
        gate.drive(shown, lane="exit", sure=0.6)
    else:
        leaves(gate, shown)
    gate.wait(60)
    gate.drive(LISTED)
    assert "pass_valid" == told(gate)[-1][2]


def test_who_turns_round_inside_and_leaves_at_once_comes_in_again(scene) -> None:
    """At the exit it is the echo of the car just let in, and no visit; but its plate came to the barrier."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    leaves(gate, LISTED)
    assert () == gate.state.inside


def test_who_drives_in_past_the_exits_camera_stays_inside(scene, read) -> None:
    """The same camera sees its back grow smaller: nobody has left."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    for i in range(30):
        part = i / 30
        gate.frame(read(LISTED, x=260, y=450 - 150 * part, w=130 - 70 * part, look=i), lane="exit")
    gate.empty(4.0, lane="exit")
    assert (LISTED,) == tuple(one.plate for one in gate.state.inside)


def test_another_car_that_leaves_says_nothing_of_it(scene) -> None:
    """A plate that is nothing like it, read beyond doubt."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    leaves(gate, "K777KK99")
    gate.wait(60)
    gate.drive(LISTED)
    assert "already_inside" == told(gate)[-1][2]


def unseen(gate, what: str) -> None:
    at = gate.at()
    if what == "unread":
        gate.vehicle(3.0, lane="exit")
        gate.empty(4.0, lane="exit")
    elif what == "camera lost":
        gate.send(CameraChanged("exit", at, alive=False))
        gate.send(CameraChanged("exit", at, alive=True))
    elif what == "button":
        gate.send(BarrierActed(at, "main", None, "b1", Reason.GUARD_BUTTON, "done"))
    else:
        gate.wait(POLICY.anti_passback_h * 3600)


@pytest.mark.parametrize("what", ["unread", "camera lost", "button", "long ago"])
def test_what_is_unknown_refuses_nobody(scene, what: str) -> None:
    """An exit without a plate, an exit's camera that was away, an opening nobody saw used, and six minutes."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    gate.wait(30)
    assert (LISTED,) == tuple(one.plate for one in gate.state.inside)
    unseen(gate, what)
    gate.wait(30)
    gate.drive(LISTED)
    assert "pass_valid" == [reason for plate, _, reason in told(gate) if plate == LISTED][-1]


def test_the_entrys_camera_and_a_failed_relay_make_nobody_inside(scene) -> None:
    """A car for which the barrier did not open has not come in."""
    gate = gate_with(scene, relay="failed")
    gate.drive(LISTED)
    assert () == gate.state.inside


def test_who_turns_back_before_the_barrier_is_not_inside(scene, read) -> None:
    """Opened for, and then seen to go away again."""
    gate = gate_with(scene)
    gate.drive(LISTED, then_gone=False)
    for i in range(30):
        part = i / 30
        gate.frame(read(LISTED, x=260 + 40 * part, y=450 - 150 * part, w=130 - 70 * part, look=i))
    gate.empty(4.0)
    assert () == gate.state.inside


def test_the_exit_is_free_for_whoever_is_or_is_not_inside(scene) -> None:
    """What is kept in mind is never asked at the exit."""
    gate = gate_with(scene)
    gate.state = replace(gate.state, inside=(Inside(OTHER, gate.at()),))
    for text in (LISTED, OTHER, OTHER):
        gate.drive(text, lane="exit")
        gate.wait(60)
    assert ["exit_free"] * 3 == [reason for *_, reason in told(gate)]
    assert 3 <= len(gate.of(OpenBarrier))


def test_a_guard_may_let_in_who_is_refused_so(scene) -> None:
    """The button opens for the waiting car, which then is inside since now."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    gate.wait(60)
    before = gate.state.inside
    gate.drive(LISTED, seconds=3.5, then_gone=False)
    gate.send(BarrierActed(gate.at(), "main", "entry", "c1", Reason.CONSOLE, "done"))
    gate.empty(4.0)
    assert "console" == told(gate)[-1][2]
    assert (LISTED,) == tuple(one.plate for one in gate.state.inside)
    assert gate.state.inside != before


def two_cars(gate, read, *, seconds: float) -> None:
    """One drives on slowly in front, the other right behind it; both plates in view."""
    for i in range(int(seconds * gate.fps)):
        gate.frame(read(LISTED, x=300, y=430 + i, w=140, look=i), read(OTHER, x=320, y=120 + i, w=90, look=i + 1000))


@pytest.mark.parametrize(("convoy", "openings"), [(False, 1), (True, 2)])
def test_a_convoy_goes_on_where_the_site_wants_that(scene, read, convoy: bool, openings: int) -> None:  # noqa: FBT001
    """The second car with a pass is opened for while the first, let through, still drives in; else it waits its turn."""
    gate = gate_with(scene, Policy(convoy=convoy))
    two_cars(gate, read, seconds=3.0)
    assert openings == len(gate.of(OpenBarrier))
    gate.empty(5.0)
    noted = [any("колонна" in ru for ru, _ in sentences(record)) for record in gate.records if record.plate == OTHER]
    assert convoy == any(noted)


def test_a_stranger_ahead_stops_a_convoy(scene, read) -> None:
    """Opening for the one behind would let in the stranger before it."""
    gate = scene([Pass("2", OTHER)], policy=Policy(convoy=True))
    two_cars(gate, read, seconds=3.0)
    assert [] == gate.of(OpenBarrier)


def test_what_was_in_mind_when_it_was_switched_off_is_forgotten(scene) -> None:
    """While it is off nobody watches who leaves: switched on again, it begins with nobody inside."""
    gate = gate_with(scene)
    gate.drive(LISTED)
    assert gate.state.inside
    for policy in (Policy(), POLICY):
        gate.send(PolicyChanged(gate.at(), policy))

    assert () == gate.state.inside

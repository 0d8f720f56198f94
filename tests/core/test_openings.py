"""Openings: what opens, on which frame, how often, and what another's opening does to a visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.events import (
    BarrierActed,
    CameraChanged,
    ConsumePass,
    Instant,
    OpenBarrier,
    PassageSeen,
    PassListChanged,
    Reason,
    VehiclePresence,
)
from core.geometry import Box
from core.passes.pass_list import Pass, PassList
from core.rules.policy import Policy

CAR = Box(200, 100, 500, 450)
HOME = Pass("p1", "A123BC77")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def press(gate, *, reason=Reason.GUARD_BUTTON, lane="entry", outcome="done"):
    gate.send(BarrierActed(gate.at(), "main", lane, f"other-{gate.mono}", reason, outcome))


@pytest.mark.parametrize("plate", ["A123BC77", "B555BB77"])
def test_exit_is_free_for_everybody(scene, plate):
    """A car that leaves is let out, listed or not."""
    gate = scene([HOME])
    gate.drive(plate, lane="exit")

    assert gate.told == [(plate, "open", "exit_free")]
    assert len(gate.of(OpenBarrier)) == 1


def test_exit_is_free_without_a_plate(scene):
    """A vehicle whose plate nobody can read is let out."""
    gate = scene()
    gate.vehicle(4, lane="exit")
    gate.empty(4, lane="exit")

    assert gate.told == [(None, "open", "exit_free")]


def test_exit_is_free_for_the_blocked_with_a_wrong_clock(scene):
    """Neither a prohibition nor the clock holds a car inside."""
    blocked = scene([Pass("p1", "A123BC77", blocked=True)], trusted=False)
    blocked.drive("A123BC77", lane="exit")

    assert blocked.told == [("A123BC77", "open", "exit_free")]


def test_exit_names_the_plate_as_read_at_the_end(scene):
    """The exit opens before the plate is read; the record still names it."""
    gate = scene()
    gate.vehicle(1, lane="exit")
    gate.drive("A123BC77", lane="exit")

    assert gate.told == [("A123BC77", "open", "exit_free")]


@pytest.mark.parametrize("lane", ["entry", "exit"])
@pytest.mark.parametrize("stale", [{"age": 2.0}, {"frozen": True}])
def test_nothing_opens_on_an_old_or_frozen_frame(scene, read, lane, stale):
    """However good the reading, a picture from before does not open."""
    gate = scene([HOME])
    for _ in range(30):
        gate.frame(read("A123BC77", look=gate.frame_id), lane=lane, **stale)
    gate.empty(4, lane=lane)

    assert gate.of(OpenBarrier) == []


def test_evidence_may_be_old_but_the_last_frame_may_not(scene, read):
    """Old frames count for the reading; only a fresh one opens on it."""
    gate = scene([HOME])
    for _ in range(5):
        gate.frame(read("A123BC77", look=gate.frame_id), age=3.0)
    assert gate.of(OpenBarrier) == []
    gate.frame(read("A123BC77", look=gate.frame_id))

    assert len(gate.of(OpenBarrier)) == 1


def test_lost_camera_opens_nothing(scene, read):
    """Frames that come while the camera counts as lost do not open."""
    gate = scene([HOME])
    gate.send(CameraChanged("entry", gate.at(), alive=False))
    for _ in range(10):
        gate.frame(read("A123BC77", look=gate.frame_id))
    assert gate.of(OpenBarrier) == []
    gate.send(CameraChanged("entry", gate.at(), alive=True))
    gate.frame(read("A123BC77", look=gate.frame_id))

    assert len(gate.of(OpenBarrier)) == 1


def test_request_expires_soon(scene):
    """A request to open does not outlive its moment."""
    gate = scene([HOME])
    gate.drive("A123BC77", seconds=1)
    at, opening = next((at, effect) for at, effect in gate.effects if isinstance(effect, OpenBarrier))

    assert opening.expires == pytest.approx(at + gate.policy.request_ttl_s)


def test_failed_opening_is_tried_again_and_recorded(scene):
    """When the relay fails, the visit asks again while frames are fresh, with new request ids."""
    gate = scene([HOME], relay="failed", policy=Policy(max_retries=2, retry_after_s=0.5))
    gate.drive("A123BC77", seconds=5)

    requests = gate.of(OpenBarrier)
    assert len(requests) == 3
    assert len({request.request_id for request in requests}) == 3
    assert [opening.outcome for opening in gate.records[0].openings] == ["failed"] * 3


def test_exit_is_tried_again_without_limit(scene):
    """A failing relay at the exit is asked for as long as the car stands there."""
    gate = scene(relay="failed", policy=Policy(max_retries=0, retry_after_s=0.5))
    gate.drive("A123BC77", lane="exit", seconds=5)

    assert len(gate.of(OpenBarrier)) >= 8


def test_silent_relay_counts_as_failed(scene):
    """A request without an answer is asked again after its end."""
    gate = scene([HOME], relay=None, policy=Policy(request_ttl_s=0.5))
    gate.drive("A123BC77", seconds=4)

    assert len(gate.of(OpenBarrier)) == 3
    assert gate.records[0].openings[0].outcome == "expired"


def test_guard_opens_for_the_refused_visit(scene):
    """The button lets the waiting car in, and its visit says who opened."""
    gate = scene([HOME])
    gate.drive("B555BB77", then_gone=False)
    press(gate)
    gate.empty(4)

    assert gate.told == [("B555BB77", "open", "guard_button")]
    assert gate.of(OpenBarrier) == []


def test_guard_opens_an_empty_lane(scene):
    """An opening with no car in view makes a record of its own."""
    gate = scene([HOME])
    press(gate, reason=Reason.CLOUD_COMMAND)

    assert gate.told == [(None, "open", "cloud_command")]
    assert gate.records[0].frames == 0


def test_refused_command_makes_no_record(scene):
    """A command that the relay did not obey is no opening."""
    gate = scene([HOME])
    press(gate, outcome="refused")

    assert gate.records == []


def test_opening_of_a_shared_barrier_goes_to_the_waiting_car(scene):
    """Without a lane in the event, the car that waits at that barrier is the one let through."""
    gate = scene([HOME])
    gate.drive("B555BB77", then_gone=False)
    press(gate, lane=None, reason=Reason.CONSOLE)
    gate.empty(4)

    assert gate.told == [("B555BB77", "open", "console")]


def test_guard_after_our_opening_is_noted_in_the_same_visit(scene):
    """A second opening by the guard does not change why the car came in."""
    gate = scene([HOME])
    gate.drive("A123BC77", then_gone=False)
    press(gate)
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]
    assert [opening.reason for opening in gate.records[0].openings] == [Reason.PASS_VALID, Reason.GUARD_BUTTON]


def test_pass_added_while_the_car_waits_opens(scene):
    """A resident files the pass, the waiting car is let in."""
    gate = scene()
    gate.drive("A123BC77", then_gone=False)
    gate.send(PassListChanged(gate.at(), PassList([HOME])))
    gate.drive("A123BC77", seconds=1)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_one_time_pass_opens_once(scene):
    """A one-time pass is used up by the passage and refused as expired afterwards, also before the list says so."""
    gate = scene([Pass("once", "A123BC77", one_time=True)])
    gate.drive("A123BC77")
    gate.wait(60)
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("A123BC77", "refuse", "pass_expired")]
    assert [effect.pass_id for effect in gate.of(ConsumePass)] == ["once"]


@pytest.mark.parametrize(("relay", "used"), [("done", ["once"]), ("failed", []), (None, [])])
def test_one_time_pass_is_used_up_when_the_gate_stops_behind_its_car(scene, relay, used):
    """A restart between an opening and the end of its visit does not make two entries of a one-time pass."""
    gate = scene([Pass("once", "A123BC77", one_time=True)], relay=relay)
    gate.drive("A123BC77", then_gone=False)
    gate.stop()

    assert [effect.pass_id for effect in gate.of(ConsumePass)] == used


def test_period_that_ends_while_the_car_waits_does_not_open(scene):
    """The pass is asked about at the moment of opening, not when the car came."""
    gate = scene([Pass("p", "A123BC77", valid_until=NOON + timedelta(seconds=101))])
    gate.vehicle(3)
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "refuse", "pass_expired")]


@pytest.mark.parametrize("stands_s", [18.1, 110.0])
def test_one_time_pass_is_used_up_by_a_car_that_lingers(scene, read, stands_s):
    """A car that stands on after its opening, until its visit begins again or it counts as parked, drives in on its pass once."""
    gate = scene([Pass("once", "A123BC77", one_time=True)])
    for i in range(20):
        gate.frame(read("A123BC77", x=300, y=300 + 5 * i, w=70 + 2.5 * i, look=i), vehicle=CAR)
    for i in range(int(stands_s * 10)):
        gate.frame(read("A123BC77", x=300, y=400, w=120, look=i % 5), vehicle=CAR)
    gate.vehicle(1)
    gate.empty(60)
    gate.drive("A123BC77")

    assert [effect.pass_id for effect in gate.of(ConsumePass)] == ["once"]
    assert gate.told[-1] == ("A123BC77", "refuse", "pass_expired")


def test_busy_relay_uses_up_no_retry(scene, read):
    """While the barrier is busy with the car before, asking costs nothing: the car is let in when it is free."""
    gate = scene([HOME], relay="refused")
    for i in range(80):
        gate.frame(read("A123BC77", x=300, y=300 + i, w=80 + i, look=i), vehicle=CAR)
    gate.relay = "done"
    gate.effects.clear()
    for i in range(20):
        gate.frame(read("A123BC77", x=300, y=380, w=160, look=i), vehicle=CAR)

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize(("lane", "at_once_s"), [("entry", 2.0), ("exit", 1.0)])
def test_car_that_no_relay_let_through_is_met_anew(scene, lane, at_once_s):
    """A car whose opening failed and that comes into view again has not been let through: it waits no longer than any other."""
    gate = scene([HOME], relay="failed")
    gate.drive("A123BC77", seconds=3, then_gone=False, lane=lane)
    gate.empty(3, lane=lane)
    gate.relay = "done"
    gate.effects.clear()
    came = gate.mono
    gate.drive("A123BC77", seconds=10, then_gone=False, lane=lane)

    assert next(at for at, effect in gate.effects if isinstance(effect, OpenBarrier)) - came <= at_once_s


@pytest.mark.parametrize(("listed", "told"), [(True, ("open", "pass_valid")), (False, ("refuse", "no_pass"))])
def test_the_next_car_of_a_fleet_is_its_own(scene, listed, told):
    """Plates one character apart, each read beyond doubt, are two cars, also directly behind one another."""
    gate = scene([HOME, Pass("p2", "A124BC77")] if listed else [HOME])
    gate.drive("A123BC77", sure=0.999)
    came = gate.mono
    gate.drive("A124BC77", seconds=5, sure=0.999)

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("A124BC77", *told)]
    assert gate.records[1].first.mono - came <= 0.5


def test_old_frames_are_named_as_what_kept_it_shut(scene, read):
    """A car that only late pictures show is not told that too few of them agree."""
    gate = scene([HOME])
    for i in range(40):
        gate.frame(read("A123BC77", x=300, y=300 + 4 * i, w=70 + i, look=i), vehicle=CAR, age=2.0)
    gate.empty(4)

    rules = [step.rule for step in gate.records[0].trace]
    assert "frame_too_old" in rules
    assert "no_consensus" not in rules


def test_guard_who_opens_at_once_has_decided(scene, read):
    """Where the guard opens before the gate has decided, the moment of decision is the press."""
    gate = scene([HOME])
    gate.drive("B555BB77", seconds=1, then_gone=False)
    pressed = gate.mono
    press(gate)
    gate.drive("B555BB77", seconds=8)

    assert gate.records[0].decided.mono == pytest.approx(pressed)


@pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(hours=10)])
def test_press_of_long_ago_lets_nobody_through(scene, ago):
    """An opening told late has a record of its own: it is not that of the car in view now."""
    gate = scene([HOME])
    gate.drive("A123BC77", seconds=0.1, then_gone=False)
    now = gate.at()
    # An opening of this boot comes with its own time; of another boot only the wall clock tells.
    mono = now.mono - 3600 if ago == timedelta(hours=1) else now.mono
    at = Instant(mono, now.wall - ago, wall_trusted=mono != now.mono)
    gate.send(BarrierActed(at, "main", "entry", "late", Reason.GUARD_BUTTON, "done"))
    gate.drive("A123BC77", seconds=4)

    assert gate.told == [(None, "open", "guard_button"), ("A123BC77", "open", "pass_valid")]


def test_a_stuck_loop_keeps_no_record_back(scene):
    """A car that was let through and is out of view has gone, whatever a loop says for hours."""
    gate = scene([HOME])
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=True))
    gate.drive("A123BC77")
    gate.wait(60)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


@pytest.mark.parametrize("vehicle", [None, Box(250, 100, 600, 600)], ids=["no foreground", "one foreground"])
def test_nothing_opens_behind_a_car_that_stood_there_first(scene, read, vehicle):
    """A car with a dirty plate that stood at the barrier when the gate began stands before the one with a pass behind it."""
    gate = scene([HOME])
    doubt = {1: {"1": 0.5, "7": 0.3, "2": 0.2}, 4: {"B": 0.5, "8": 0.3, "E": 0.2}}
    for i in range(208):
        front = read("X555XX99", x=500, y=560, w=170, look=i % 4, doubt=doubt)
        near = min(max(0, i - 8), 60)
        behind = read("A123BC77", x=420, y=250 + near, w=70 + near * 0.5, look=i)
        gate.frame(*((front, behind) if i >= 8 else (front,)), vehicle=vehicle)

    assert [] == gate.of(OpenBarrier)


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_a_press_is_not_for_a_sign(scene, read, lane):
    """What a guard opens while only a sign is in view is a record by itself, and the sign asks for nothing afterwards."""
    gate = scene()
    for i in range(450):
        gate.frame(read("0311", x=640, y=120, w=60, look=i % 3), lane=lane)
        if i == 80:
            press(gate, lane=lane)
    gate.empty(4, lane=lane)

    assert gate.told == [(None, "open", "guard_button")]
    assert [] == gate.of(OpenBarrier)


def test_a_car_that_the_guard_let_in_meanwhile_is_not_met_again(scene, read):
    """Our request came too late and was refused, for the guard had pressed: the car is through, and seen again is the same."""
    gate = scene([HOME], relay=None)
    for i in range(40):
        gate.frame(read("A123BC77", x=300, y=300 + 4 * i, w=70 + i, look=i), vehicle=CAR)
        asked = gate.of(OpenBarrier)
        if len(asked) == 1 and len(gate.state.lanes[0].visits[0].openings) == 1:
            press(gate)
            gate.send(BarrierActed(gate.at(), "main", "entry", asked[0].request_id, asked[0].reason, "refused"))
    gate.empty(3)
    gate.relay = "done"
    for i in range(30):
        gate.frame(read("A123BC77", x=300, y=300 + 4 * i, w=70 + i, look=i), vehicle=CAR)
    gate.empty(4)

    assert len(gate.told) == len(gate.of(OpenBarrier)) == 1


def arrives_on_a_one_time_pass(gate, read):
    for i in range(20):
        gate.frame(read("A123BC77", x=300, y=300 + 5 * i, w=70 + 2.5 * i, look=i), vehicle=CAR)


def test_a_car_that_backs_out_after_it_stood_long_keeps_its_pass(scene, read):
    """The pass by which a standing car was let in is not used up when the car is seen to back out, after its record too."""
    gate = scene([Pass("once", "A123BC77", one_time=True)])
    arrives_on_a_one_time_pass(gate, read)
    for i in range(250):
        gate.frame(read("A123BC77", x=300, y=400, w=120, look=i % 5), vehicle=CAR)
    assert gate.told == [("A123BC77", "open", "pass_valid")]
    gate.send(PassageSeen(gate.at(), "main", "entry", "backed_out"))
    gate.empty(6)

    assert [] == gate.of(ConsumePass)


def test_a_loop_is_believed_while_the_camera_is_lost(scene, read):
    """A car on the loop has not driven in only because nobody sees it: it may still back out and keep its pass."""
    gate = scene([Pass("once", "A123BC77", one_time=True)])
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=True))
    arrives_on_a_one_time_pass(gate, read)
    gate.send(CameraChanged("entry", gate.at(), alive=False))
    gate.wait(25)
    gate.send(PassageSeen(gate.at(), "main", "entry", "backed_out"))
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=False))
    gate.wait(10)

    assert [] == gate.of(ConsumePass)


def test_an_opening_nobody_confirmed_counts_as_one(scene):
    """A board whose answer was lost may well have opened: its car is taken to go, and its record says what was told."""
    gate = scene([HOME], relay="unconfirmed")
    gate.drive("A123BC77")

    (record,) = gate.records
    assert ["unconfirmed"] == [opening.outcome for opening in record.openings]
    assert record.opened

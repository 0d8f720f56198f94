"""Visits: one vehicle, one record, whatever it does before the camera."""

from __future__ import annotations

import pytest

from core.events import ForgetEvidence, KeepEvidence, OpenBarrier, PassageSeen, VehiclePresence
from core.gate import Attention, attention
from core.geometry import Box
from core.passes.pass_list import Pass
from core.rules.policy import Policy

HOME = Pass("p1", "A123BC77")
OTHER = Pass("p2", "X777XX99")
CAR = Box(200, 100, 500, 450)


def test_listed_car_opens_once_and_makes_one_record(scene):
    """A car with a pass is let in by its second agreeing frame, and recorded once when it has gone."""
    gate = scene([HOME])
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "open", "pass_valid")]
    assert len(gate.of(OpenBarrier)) == 1
    record = gate.records[0]
    assert record.decided.mono - record.first.mono <= 0.2
    assert record.pass_id == "p1"
    assert record.openings[0].outcome == "done"


def test_stranger_is_refused_and_recorded(scene):
    """A plate that is on no list is refused with `no_pass`."""
    gate = scene([HOME])
    gate.drive("B555BB77")

    assert gate.told == [("B555BB77", "refuse", "no_pass")]
    assert gate.of(OpenBarrier) == []


def test_refusal_is_told_only_after_waiting(scene):
    """A refusal is decided at its deadline, not at the first frame."""
    gate = scene([HOME])
    gate.drive("B555BB77", seconds=5)

    record = gate.records[0]
    assert record.decided.mono - record.first.mono >= gate.policy.refuse_after_s


def test_what_looks_like_a_plate_on_the_same_car_is_no_visit(scene, read):
    """A grille above a plate that reads well is no second vehicle, though it has letters of a kind."""
    gate = scene([HOME])
    doubt = {2: {"1": 0.51, "7": 0.45}}
    for i in range(30):
        x, y, w = 420 - 6 * i, 380 + i, 60 + 3 * i
        gate.frame(
            read("A123BC77", look=i, x=x, y=y, w=w),
            read("K4178AC", look=i, x=x, y=y - 0.8 * w, w=0.95 * w, doubt=doubt),
        )
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_a_scrap_of_text_is_no_plate(scene):
    """Fewer than four characters, however clear, leave the vehicle unreadable."""
    gate = scene([HOME])
    gate.drive("AB1")

    assert gate.told == [(None, "refuse", "unreadable")]


def test_a_scrap_in_the_wake_of_a_car_is_no_visit(scene, read):
    """One character read on the side of a car that drives through is not another car."""
    gate = scene([HOME])
    gate.drive("A123BC77", then_gone=False)
    for i in range(4):
        gate.frame(read("K", x=700 + 60 * i, y=200, w=80, look=i), vehicle=Box(400 + 40 * i, 100, 500, 400))
    gate.vehicle(2.0, box=Box(560, 100, 500, 400))
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_a_scrap_of_text_far_away_lets_a_car_out(scene, read):
    """At the exit two characters of a small plate, seen in every frame, are car enough."""
    gate = scene([HOME])
    for i in range(30):
        gate.frame(read("K7", x=300 + 4 * i, y=300, w=40, look=i), vehicle=Box(200 + 4 * i, 200, 300, 250), lane="exit")
    gate.empty(4, lane="exit")

    assert [opened for _, opened, _ in gate.told] == ["open"]


@pytest.mark.parametrize(("lane", "more"), [("entry", []), ("exit", [(None, "open", "exit_free")])])
def test_the_grille_of_a_car_that_went_in_is_no_visit(scene, read, lane, more):
    """What was seen on a car's face is no car for the foreground that stays in view; at the exit it is let out all the same."""
    gate = scene([HOME])
    for i in range(40):
        near = i / 40
        plate = read("A123BC77", x=500, y=350 + 150 * near, w=80 + 60 * near, look=i)
        grille = read("1", x=380, y=280 + 130 * near, w=55 + 40 * near, look=i)
        gate.frame(plate, grille, vehicle=Box(100, 100, 700, 500), lane=lane)
    gate.vehicle(4.0, lane=lane, box=Box(0, 200, 1136, 500))
    gate.empty(4, lane=lane)

    assert gate.told[0][0] == "A123BC77"
    assert gate.told[1:] == more


def test_pictures_of_another_text_are_no_second_witness(scene, read):
    """One good frame after a poor one that read otherwise is one agreeing picture, not two."""
    gate = scene([HOME])
    gate.frame(read("A128BC77", look=1, w=25, sharpness=0.0, sure=0.6))
    gate.wait(1.2)
    gate.frame(read("A123BC77", look=9, w=89, sharpness=1.0, sure=0.9999))

    assert gate.of(OpenBarrier) == []


def test_refused_visit_opens_when_later_frames_read_better(scene, read):
    """A refusal still becomes an opening when the plate comes clean while the car stands there."""
    gate = scene([HOME])
    smudge = {4: {"B": 0.3, "E": 0.3, "P": 0.3}, 1: {"1": 0.5, "7": 0.45}}
    for _ in range(35):
        gate.frame(read("A123BC77", look=gate.frame_id, doubt=smudge, w=80))
    assert gate.of(OpenBarrier) == []
    gate.drive("A123BC77", seconds=2)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_car_after_an_unreadable_one_is_its_own_visit(scene, read):
    """A car that comes into view where one under mud has just left it keeps its own name."""
    gate = scene([HOME])
    for i in range(50):
        mud = read(str(i % 7) * 4, look=i, x=300 + 5 * abs(25 - i), w=110, sure=0.3)
        gate.frame(mud, vehicle=Box(200, 100, 500, 450))
    gate.empty(2.0)
    gate.drive("A123BC77")

    assert gate.told == [(None, "refuse", "unreadable"), ("A123BC77", "open", "pass_valid")]


def test_car_directly_behind_is_its_own_visit(scene):
    """When the text differs clearly, the plate at the same place is the next car."""
    gate = scene([HOME])
    gate.drive("A123BC77", then_gone=False)
    gate.drive("B555BB77")

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("B555BB77", "refuse", "no_pass")]


def test_two_plates_in_view_open_for_the_nearer_only(scene, read):
    """The pass of the car behind does not open for the stranger before it."""
    gate = scene([HOME])
    for _ in range(40):
        gate.frame(
            read("B555BB77", x=300, y=450, w=140, look=gate.frame_id),
            read("A123BC77", x=320, y=250, w=80, look=gate.frame_id),
        )
    assert gate.of(OpenBarrier) == []
    for _ in range(25):  # the stranger leaves, the resident drives up
        gate.frame(read("A123BC77", x=320, y=300, w=110, look=gate.frame_id))
    gate.empty(4)

    assert sorted(gate.told) == [("A123BC77", "open", "pass_valid"), ("B555BB77", "refuse", "no_pass")]


def test_same_plate_twice_in_one_frame_is_one_car(scene, read):
    """A lorry with its number painted on the body makes one visit."""
    gate = scene([HOME])
    for _ in range(20):
        gate.frame(read("A123BC77", y=500, look=gate.frame_id), read("A123BC77", y=100, w=200, look=-gate.frame_id))
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_car_seen_again_while_driving_through_makes_no_second_visit(scene):
    """The rear plate of the car just let in is the same car."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.drive("A123BC77", seconds=2)

    assert gate.told == [("A123BC77", "open", "pass_valid")]
    assert len(gate.of(ForgetEvidence)) == 1


def test_rear_plate_in_the_other_lane_makes_no_visit(scene):
    """The exit camera that sees a car drive in does not let it out."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.drive("A123BC77", seconds=2, lane="exit", vehicle=None)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_same_car_returning_later_is_a_new_visit(scene):
    """After the time of driving through, the same plate is a new visit."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.wait(60)
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "open", "pass_valid")] * 2


def test_let_in_but_moving_still_gets_a_second_chance(scene):
    """A car that missed its opening and moves again is let in again, as a new visit."""
    gate = scene([HOME])
    gate.drive("A123BC77", seconds=4, then_gone=False)
    for _ in range(5):
        gate.drive("A123BC77", seconds=5, then_gone=False)
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")] * 2
    assert "still_there" in [step.rule for step in gate.records[0].trace]


def test_parked_car_stops_making_visits(scene, read):
    """A car that never moves is opened for once, recorded, then watched in silence."""
    gate = scene([HOME], fps=2)
    for _ in range(240):
        gate.frame(read("A123BC77"))
    gate.empty(5)

    assert gate.told == [("A123BC77", "open", "pass_valid")]
    assert gate.records[0].trace[-1].rule == "still_there"


def test_parked_stranger_makes_one_record(scene, read):
    """A car without a pass that stays all day is one visit."""
    gate = scene([HOME], fps=1, policy=Policy(parked_after_s=60))
    for _ in range(200):
        gate.frame(read("B555BB77"))
    gate.empty(5)

    assert gate.told == [("B555BB77", "refuse", "no_pass")]


def test_parked_car_that_drives_up_is_a_new_visit(scene, read):
    """Silence ends when the parked car moves."""
    gate = scene([HOME], fps=2, policy=Policy(parked_after_s=30))
    for _ in range(70):
        gate.frame(read("B555BB77"))
    gate.drive("B555BB77", seconds=6, lane="entry")

    assert gate.told == [("B555BB77", "refuse", "no_pass")] * 2


def test_ghost_of_one_frame_is_no_visit(scene, read):
    """A plate found in one frame only leaves no record, and its picture is dropped."""
    gate = scene([HOME])
    gate.frame(read("A123BC77", sure=0.9))
    gate.empty(4)

    assert gate.records == []
    assert [effect.visit_id for effect in gate.of(ForgetEvidence)] == [gate.of(KeepEvidence)[0].visit_id]


def test_one_sure_and_close_frame_is_enough(scene, read):
    """A single frame opens when it is close and certain."""
    gate = scene([HOME])
    gate.frame(read("A123BC77", sure=0.9999, w=160))
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_vehicle_without_plate_is_unreadable_at_the_entry(scene):
    """A car whose plate is never found is one refused visit."""
    gate = scene([HOME])
    gate.vehicle(8)
    gate.empty(4)

    assert gate.told == [(None, "refuse", "unreadable")]


def test_car_whose_plate_hardly_shows_is_unreadable_at_the_entry(scene, read):
    """A plate that shows faintly in a few frames makes a car that stands there no less of one."""
    gate = scene([HOME])
    blur = {place: {"8": 0.3, "B": 0.3, "H": 0.3} for place in range(6)}
    for i in range(20):
        faint = [read("888888", doubt=blur, look=i, x=400, y=400 + 2 * i, w=120)] if i in {2, 11, 13} else []
        gate.frame(*faint, vehicle=Box(350 - 6 * i, 150, 200 + 12 * i, 300))
    gate.vehicle(3, box=Box(230, 150, 440, 300))
    gate.empty(4)

    assert gate.told == [(None, "refuse", "unreadable")]


def test_rest_of_a_car_that_was_read_is_no_visit(scene, read):
    """A scrap seen on the face of a car is not another that stands there when the car's own plate is out of view."""
    gate = scene([HOME])
    for i in range(20):
        scrap = [read("K", x=420, y=300, w=90, look=i)] if i in {1, 19} else []
        gate.frame(read("B555BB77", x=500, y=500, w=130, look=i), *scrap, vehicle=CAR)
    gate.vehicle(8, box=CAR)
    gate.empty(4)

    assert gate.told == [("B555BB77", "refuse", "no_pass")]


def test_light_on_a_sign_is_no_visit(scene, read):
    """Foreground that lies over a board, long in view, is no car that came with it."""
    gate = scene([HOME])
    for i in range(60):
        gate.frame(read("0311", x=400, y=300, w=70, sure=0.7, look=i))
    gate.vehicle(3, box=CAR)
    gate.empty(4)

    assert gate.records == []


def test_passing_shadow_is_no_visit(scene):
    """Something large that is gone at once is not recorded."""
    gate = scene([HOME])
    gate.vehicle(0.8)
    gate.empty(4)

    assert gate.records == []


def test_vehicle_takes_the_plate_that_appears_on_it(scene):
    """A car seen before its plate can be read is one visit with the plate."""
    gate = scene([HOME])
    gate.vehicle(3)
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_visit_lasts_while_the_vehicle_stands_in_view(scene):
    """A car whose plate leaves the picture is still the same visit."""
    gate = scene([HOME])
    gate.drive("B555BB77", then_gone=False)
    gate.vehicle(5)
    gate.empty(4)

    assert gate.told == [("B555BB77", "refuse", "no_pass")]


def test_loop_begins_and_holds_a_visit(scene):
    """A car on the loop is a visit, also when the camera sees nothing."""
    gate = scene([HOME])
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=True))
    gate.wait(10)
    assert gate.records == []
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=False))
    gate.wait(4)

    assert gate.told == [(None, "refuse", "unreadable")]


def test_backed_out_car_keeps_its_one_time_pass(scene):
    """A one-time pass is not used by a car that did not drive in."""
    gate = scene([Pass("once", "A123BC77", one_time=True)])
    gate.drive("A123BC77", then_gone=False)
    gate.send(PassageSeen(gate.at(), "main", "entry", "backed_out"))
    gate.empty(4)
    gate.wait(60)
    gate.drive("A123BC77")

    assert gate.told == [("A123BC77", "open", "pass_valid")] * 2


def test_attention_follows_the_visit(scene):
    """The vision is asked for every frame until a decision, then for a few, then for none."""
    gate = scene([HOME])
    seen = [attention(gate.state, "entry")]
    gate.drive("B555BB77", seconds=1, then_gone=False)
    seen.append(attention(gate.state, "entry"))
    gate.drive("B555BB77", seconds=3, then_gone=False)
    seen.append(attention(gate.state, "entry"))
    gate.empty(4)
    seen.append(attention(gate.state, "entry"))

    assert seen == [Attention.IDLE, Attention.UNREAD, Attention.PRESENT, Attention.IDLE]


def test_stop_gives_every_visit_its_record(scene):
    """The end of a video is the end of the visits in it."""
    gate = scene([HOME])
    gate.drive("A123BC77", then_gone=False)
    gate.drive("X777XX99", then_gone=False, lane="exit")
    gate.stop()

    assert gate.told == [("A123BC77", "open", "pass_valid"), ("X777XX99", "open", "exit_free")]
    assert all(not lane.visits for lane in gate.state.lanes)


def test_far_garbage_plate_stays_a_sighting(scene, read):
    """Text that reads as nothing sure is no visit until it is seen often."""
    gate = scene([HOME])
    blur = {place: {"8": 0.3, "B": 0.3, "H": 0.3} for place in range(6)}
    for _ in range(4):
        gate.frame(read("888888", doubt=blur, look=gate.frame_id))
    gate.empty(4)

    assert gate.records == []


def test_vehicle_elsewhere_does_not_take_a_plate(scene, read):
    """A plate outside a waiting vehicle is another car."""
    gate = scene([HOME])
    gate.vehicle(2, box=Box(900, 100, 300, 300))
    for _ in range(10):
        gate.frame(read("B555BB77", x=50, y=600, look=gate.frame_id), vehicle=Box(900, 100, 300, 300))
    gate.empty(4)

    assert sorted(plate or "" for plate, _, _ in gate.told) == ["", "B555BB77"]


def test_sign_that_never_moves_is_no_visit(scene, read):
    """A board with a phone number in view all day is not a car."""
    gate = scene([HOME])
    for _ in range(50):
        gate.frame(read("0311", x=120, y=20, w=70, sure=0.7, look=gate.frame_id))
    gate.stop()

    assert gate.records == []


def test_car_in_the_background_is_no_visit(scene, read):
    """A parked car's plate that is only seen beside a nearer one is not recorded."""
    gate = scene([HOME])
    for i in range(30):
        gate.frame(
            read("A123BC77", x=300, y=300 + 5 * i, w=100 + i, look=gate.frame_id),
            read("B555BB77", x=800, y=100, w=60, look=gate.frame_id),
        )
    gate.empty(4)

    assert gate.told == [("A123BC77", "open", "pass_valid")]


def test_wake_of_a_car_is_no_visit(scene):
    """Foreground that goes on after a car with a plate makes no second record."""
    gate = scene([HOME])
    gate.drive("A123BC77", lane="exit", then_gone=False)
    for i in range(60):
        gate.frame(lane="exit", vehicle=Box(100 + 10 * i, 100, 300, 300))
    gate.empty(4, lane="exit")

    assert gate.told == [("A123BC77", "open", "exit_free")]


def test_unreadable_car_that_follows_closely_is_let_out(scene):
    """A car without a plate that comes in the wake of another and stands there is a visit of its own."""
    gate = scene([HOME])
    gate.drive("A123BC77", lane="exit", then_gone=False)
    for i in range(50):
        gate.frame(lane="exit", vehicle=Box(900 - 10 * i, 100, 300, 300))
    gate.vehicle(12, lane="exit", box=Box(400, 100, 300, 300))
    gate.empty(4, lane="exit")

    assert gate.told == [("A123BC77", "open", "exit_free"), (None, "open", "exit_free")]


def test_a_shadow_over_a_board_is_no_visit(scene, read):
    """One frame of foreground over a board does not make a vehicle of it, though the board is read in every frame."""
    gate = scene()
    for i in range(60):
        gate.frame(read("0311", x=400, y=300, w=70, sure=0.7, look=i), vehicle=CAR if i == 5 else None)
    gate.empty(4)

    assert gate.told == []

"""Which way a car goes at the exit, what is no car at all, and that one car is one visit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.events import FrameRead, OpenBarrier, VehiclePresence
from core.gate import Attention, attention, start
from core.geometry import Box
from core.passes.pass_list import PassList
from core.rules.policy import Approach, Direction, Lane, Site
from core.rules.visit import EXIT
from core.visit.track import NO_TRACK, Way

CAR = Box(200, 100, 500, 450)


def pass_by(gate, read, *, seconds=3.5, w=(200, 45), y=(640, 320), text="A123BC77", vehicle=CAR):
    """A car whose plate goes from one width and height in the picture to another, at the exit."""
    count = int(seconds * gate.fps)
    for i in range(count):
        part = i / max(1, count - 1)
        wide, high = w[0] + (w[1] - w[0]) * part, y[0] + (y[1] - y[0]) * part
        plates = [read(text, x=600 - wide / 2, y=high, w=wide, look=i)] if text else []
        gate.frame(*plates, vehicle=vehicle, lane="exit")


def looking(gate, approach):
    gate.state = start(
        Site((Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main", approach)), run_id="t"),
        PassList(),
    )
    return gate


@pytest.mark.parametrize("fps", [2.0, 10.0, 25.0])
@pytest.mark.parametrize("vehicle", [None, CAR])
def test_what_only_drives_away_is_not_let_out(scene, read, fps, vehicle):
    """A car that goes away from the exit's camera enters: no opening and no visit."""
    gate = scene(fps=fps)
    pass_by(gate, read, vehicle=vehicle)
    gate.empty(5, lane="exit")

    assert gate.of(OpenBarrier) == []
    assert gate.told == []


@pytest.mark.parametrize("scrap", ["0A", "K7", "B777BB"])
def test_a_scrap_seen_before_a_plate_tells_nothing_of_its_way(scene, read, scrap):
    """A small scrap of the background, then the wide plate of a car that drives away: that is no coming nearer."""
    gate = scene(fps=10)
    gate.frame(read(scrap, x=450, y=330, w=120, sure=0.6), lane="exit")
    gate.frame(lane="exit")
    gate.frame(lane="exit")
    pass_by(gate, read, w=(190, 45), vehicle=None)
    gate.empty(5, lane="exit")

    assert gate.of(OpenBarrier) == []


@pytest.mark.parametrize("fps", [2.0, 5.0, 10.0])
def test_a_dirty_plate_that_reads_differently_each_time_leaves(scene, read, fps):
    """A car on whose plate nothing agrees from frame to frame comes to the exit, and is let out, however seldom it is seen."""
    gate = scene(fps=fps)
    for i in range(int(4 * fps)):
        part = min(1.0, i / (2 * fps))
        text = "".join("ABCEHKMOPTXY"[(i * 7 + place * 5) % 12] for place in range(5))
        car = Box(200, 100 + 100 * part, 500, 450)
        gate.frame(read(text, x=300, y=300 + 150 * part, w=80 + 60 * part, sure=0.4, look=i), vehicle=car, lane="exit")

    assert gate.of(OpenBarrier)


def test_a_leap_between_two_places_is_no_drive():
    """One box long ago and some at another place lie on a line, and yet nothing was seen to drive; boxes on the way are."""
    places = {"a leap": [0, 50, 51, 52, 51, 52], "a drive": [0, 10, 20, 31, 41, 52]}
    times = {"a leap": [0.0, 1.0, 1.1, 1.2, 1.3, 1.4], "a drive": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]}
    tracks = dict.fromkeys(places, NO_TRACK)
    for name, xs in places.items():
        for x, mono in zip(xs, times[name], strict=True):
            tracks[name] = tracks[name].after(Box(900 + x, 200, 60, 15), mono, EXIT)

    assert {"a leap": False, "a drive": True} == {name: track.steady(EXIT) for name, track in tracks.items()}


def test_an_outline_that_only_shrinks_is_not_let_out(scene):
    """A car without a plate that drives away is none that leaves either."""
    gate = scene()
    for i in range(30):
        gate.frame(vehicle=Box(300 + 6 * i, 200, 600 - 15 * i, 400 - 10 * i), lane="exit")
    gate.empty(5, lane="exit")

    assert gate.of(OpenBarrier) == []


@pytest.mark.parametrize("text", ["A123BC77", ""])
def test_what_comes_nearer_is_let_out_within_a_second(scene, read, text):
    """Direction costs a leaving car less than a second."""
    gate = scene()
    came = gate.mono
    boxes = [Box(600 - 4 * i, 300 - 3 * i, 200 + 8 * i, 150 + 6 * i) for i in range(30)]
    for i, box in enumerate(boxes):
        plates = [read(text, x=650 - 2 * i, y=340 + 3 * i, w=50 + 3 * i, look=i)] if text else []
        gate.frame(*plates, vehicle=box, lane="exit")

    assert next(at for at, effect in gate.effects if isinstance(effect, OpenBarrier)) - came <= 1.0


def test_a_car_that_rolls_back_is_let_out(scene, read):
    """A car that stands at the exit after rolling back waits there, and leaves."""
    gate = scene()
    pass_by(gate, read, seconds=1, w=(140, 120), y=(430, 400))
    pass_by(gate, read, seconds=3, w=(120, 120), y=(400, 400))

    assert len(gate.of(OpenBarrier)) == 1


def test_a_car_that_turns_round_in_view_is_let_out(scene, read):
    """What went away first and comes back leaves."""
    gate = scene()
    pass_by(gate, read, seconds=2, w=(150, 60), y=(500, 330))
    assert gate.of(OpenBarrier) == []
    pass_by(gate, read, seconds=2, w=(60, 150), y=(330, 500))

    assert len(gate.of(OpenBarrier)) == 1


def test_what_stands_after_driving_away_is_let_out(scene, read):
    """A vehicle that stands at the exit is not kept in for the way it came."""
    gate = scene()
    pass_by(gate, read, seconds=2, w=(150, 60), y=(500, 330))
    pass_by(gate, read, seconds=4, w=(60, 60), y=(330, 330))

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize(("approach", "opens"), [(Approach.AWAY, 1), (Approach.TOWARD, 0), (Approach.AUTO, 0)])
def test_a_lane_can_be_told_which_way_it_looks(scene, read, approach, opens):
    """Where the camera looks at the backs of leaving cars, what goes away leaves at once."""
    gate = looking(scene(), approach)
    pass_by(gate, read)

    assert len(gate.of(OpenBarrier)) == opens


def test_a_camera_behind_the_cars_does_not_let_out_what_comes(scene, read):
    """Told to look at backs, the exit takes what comes nearer for a car that enters."""
    gate = looking(scene(), Approach.AWAY)
    pass_by(gate, read, w=(45, 200), y=(320, 640))

    assert gate.of(OpenBarrier) == []


def test_a_lane_finds_out_which_way_it_looks(scene, read):
    """After some cars that drove away from the camera and then stood at the barrier, the next is let out on its way."""
    gate = scene()
    for number in range(6):
        pass_by(gate, read, seconds=2, w=(150, 60), y=(500, 330), text=f"A12{number}BC77")
        pass_by(gate, read, seconds=3, w=(60, 60), y=(330, 330), text=f"A12{number}BC77")
        gate.empty(25, lane="exit")
    assert gate.state.lanes[1].leads(EXIT) is Approach.AWAY
    gate.effects.clear()
    pass_by(gate, read, text="X777XX99")

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize(("change", "way"), [(40, Way.NEARER), (-40, Way.FURTHER), (0, Way.STANDS)])
def test_a_track_is_not_misled_by_trembling_boxes(change, way):
    """Boxes that tremble by three per cent still tell which way a plate goes."""
    track = NO_TRACK
    for i in range(16):
        tremble = (0.03, -0.02, 0.01, -0.03)[i % 4]
        track = track.after(Box(300, 400, (120 + change * i / 15) * (1 + tremble), 26), i / 10, EXIT)

    assert track.way is way


def watermark(gate, read, seconds, *, vehicle=lambda _: None):
    """Letters in the corner of the picture, read as something else in every frame."""
    for i in range(int(seconds * gate.fps)):
        doubt = {1: {"1": 0.5, "7": 0.45}, 5: {"C": 0.6, "O": 0.3}}
        gate.frame(read("A123BC77", x=1150, y=30, w=100, look=i, doubt=doubt), vehicle=vehicle(i), lane="exit")


def test_a_watermark_is_no_visit(scene, read):
    """What stands in the corner of the picture for 22 seconds, and not on a vehicle, opens nothing and is no visit."""
    gate = scene()
    watermark(gate, read, 22)
    gate.empty(5, lane="exit")

    assert gate.of(OpenBarrier) == []
    assert gate.told == []


def test_traffic_behind_a_watermark_makes_no_car_of_it(scene, read):
    """Foreground that passes by behind what stands in the picture has not come with it."""
    gate = scene()
    watermark(gate, read, 4, vehicle=lambda i: Box(900 - 40 * (i % 10), 0, 370, 300))

    assert [visit.kind for visit in gate.state.lanes[1].visits if visit.evidence.hits] == ["sign"]


BLURRED = {0: {"4": 0.6, "A": 0.3}, 3: {"M": 0.6, "H": 0.3}, 5: {"1": 0.7, "7": 0.2}}


def test_text_on_a_car_makes_no_second_visit(scene, read):
    """Letters elsewhere on a leaving car, read before its plate and better later, are part of it: one visit, one opening."""
    gate = scene()
    for i in range(30):
        near = i / 30
        box = Box(400 - 100 * near, 200 - 50 * near, 300 + 250 * near, 250 + 200 * near)
        letters = read("444M11", x=450 - 80 * near, y=240 - 20 * near, w=40 + 25 * near, look=i, doubt=BLURRED)
        plate = [read("H749CH38", x=520 - 60 * near, y=380 + 90 * near, w=60 + 70 * near, look=i)] if i > 5 else []
        gate.frame(letters, *plate, vehicle=box, lane="exit")
    gate.empty(5, lane="exit")

    assert gate.told == [("H749CH38", "open", "exit_free")]


def test_a_sign_takes_no_vehicle_for_its_own(scene, read):
    """A car without a plate is let out though letters far from it are seen for the first time when it comes."""
    gate = scene()
    for i in range(30):
        letters = [read("O111997", x=1190, y=80, w=52, look=i, sure=0.3)] if i % 3 == 0 else []
        gate.frame(*letters, vehicle=Box(600 - 10 * i, 200 - 3 * i, 240 + 15 * i, 180 + 10 * i), lane="exit")

    assert len(gate.of(OpenBarrier)) == 1


def only_light(gate, seconds, box=CAR):
    for i in range(int(seconds * gate.fps)):
        gate.frame_id += 1
        seen = FrameRead("exit", gate.at(), gate.mono - 0.1, gate.frame_id, (1280, 720), (), None, frozen=False)
        gate.send(replace(seen, light=box if i >= 2 else None))
        gate.mono += 1 / gate.fps


def test_light_is_no_vehicle(scene):
    """A change that may be nothing but light is followed as that: no visit, no opening, no reading of every frame."""
    gate = scene()
    only_light(gate, 20)

    assert gate.of(OpenBarrier) == []
    assert [visit.kind for visit in gate.state.lanes[1].visits] == ["light"]
    assert attention(gate.state, "exit") is Attention.PRESENT


def test_a_vehicle_out_of_the_light_is_let_out(scene):
    """What was light, and shows a vehicle, is one from that moment."""
    gate = scene()
    only_light(gate, 5)
    came = gate.mono
    gate.vehicle(3, lane="exit")
    gate.empty(5, lane="exit")

    assert len(gate.of(OpenBarrier)) == 1
    assert gate.records[0].first.mono >= came


def test_light_hides_no_car_on_a_loop(scene):
    """A loop begins a visit also while the camera shows what may be nothing but light."""
    gate = scene()
    only_light(gate, 2)
    gate.send(VehiclePresence("exit", gate.at(), "exit_loop", present=True))

    assert [visit.confirmed for visit in gate.state.lanes[1].visits] == [False, True]

"""One opening an arrival: what has been opened for and has not moved since is not opened for again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.events import OpenBarrier, PassageSeen, PassListChanged, VehiclePresence
from core.gate import start
from core.geometry import Box
from core.passes.pass_list import Pass, PassList
from core.rules.policy import Policy

HOME = Pass("p1", "A123BC77")
CAR = Box(200, 100, 500, 450)


def stand(gate, read, seconds, *, text="A123BC77", lane="entry", x=300.0, **place):
    for i in range(int(seconds * gate.fps)):
        gate.frame(read(text, x=x, look=i % 5, **place), lane=lane)


def restart(gate):
    """The gate begins anew, with what its journal tells."""
    site = replace(gate.state.site, run_id="again")
    gate.state = start(site, gate.passes, told=gate.records, at=gate.at())
    gate.effects.clear()


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_a_standing_car_is_opened_for_once(scene, read, lane):
    """A car that stands where it was opened for gets no further opening, however long it stands, and one record."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 300, lane=lane)
    gate.empty(5, lane=lane)

    assert len(gate.of(OpenBarrier)) == 1
    assert len(gate.told) == 1


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_a_car_that_others_hide_for_a_while_has_not_arrived(scene, read, lane):
    """A car opened for that was covered by a stranger, and shows again where it stood, is opened for no more."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 50, lane=lane)
    before = len(gate.of(OpenBarrier))
    for i in range(16):
        gate.frame(read("B555BB77", x=300, y=500, w=160, look=i), vehicle=CAR, lane=lane)
    stand(gate, read, 60, lane=lane)
    gate.empty(5, lane=lane)

    assert before == 1
    assert [effect.reason for effect in gate.of(OpenBarrier)][1:] == ([] if lane == "entry" else ["exit_free"])
    assert [told for told in gate.told if told[0] == "A123BC77"] == [gate.told[0]]


@pytest.mark.parametrize("scrap", ["X4O", "B777BB", "A1"])
def test_another_text_beside_a_standing_plate_has_not_moved_it(scene, read, scrap):
    """A scrap on a stranger's car, a plate's width from the standing one that it hides, says nothing of where that is."""
    gate = scene([HOME], fps=5)
    stand(gate, read, 40)
    for i in range(10):
        gate.frame(read(scrap, x=470, look=i % 2, sure=0.6), vehicle=CAR)
    stand(gate, read, 30)

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize("scrap", ["X4O", "K7"])
def test_another_text_does_not_lead_a_car_astray_that_was_just_opened_for(scene, read, scrap):
    """Covered by a stranger with letters on him, unseen for a while, and there again: it is where it was opened for."""
    gate = scene([HOME], fps=5)
    stand(gate, read, 5)
    for _ in range(2):  # while its visit lasts, and when it is a sighting again
        for i in range(5):
            gate.frame(read(scrap, x=380, y=330, w=100, look=i % 2, sure=0.6), vehicle=CAR)
        gate.mono += 40
        stand(gate, read, 5)

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize("scrap", ["X4O", "K7", "B777BB"])
def test_letters_where_a_plate_was_are_not_that_plate(scene, read, scrap):
    """A pass comes while a stranger stands before its car: it opens when the plate itself is seen again, and not before."""
    gate = scene([], fps=5)
    stand(gate, read, 5)
    gate.send(PassListChanged(gate.at(), PassList([HOME], version="later")))
    for i in range(15):
        gate.frame(read(scrap, x=310, look=i % 2, sure=0.6), vehicle=CAR)
    covered = len(gate.of(OpenBarrier))
    stand(gate, read, 2)

    assert covered == 0
    assert len(gate.of(OpenBarrier)) == 1


def test_a_standing_car_that_drives_up_again_has_arrived(scene, read):
    """Its own text elsewhere says that it has moved, in one leap or step by step."""
    for steps in (1, 12):
        gate = scene([HOME], fps=5)
        stand(gate, read, 40)
        for step in range(steps):
            gate.frame(read("A123BC77", x=300, y=400 - 240 * step / steps, w=110 - 40 * step / steps, look=step))
        stand(gate, read, 5, y=160, w=70)
        stand(gate, read, 5)

        assert len(gate.of(OpenBarrier)) == 2


def test_a_car_that_stood_through_a_restart_has_not_arrived(scene, read):
    """The gate that starts again knows from its records whom it has opened for, and opens no second time."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 30)
    gate.stop()
    restart(gate)
    stand(gate, read, 60)

    assert gate.of(OpenBarrier) == []


def test_a_car_that_came_back_after_a_restart_has_arrived(scene, read):
    """What the records tell of a place keeps nobody out who drives up."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.mono += 60
    restart(gate)
    gate.drive("A123BC77")

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_a_car_that_rolls_up_again_is_opened_for(scene, read, lane):
    """A car that missed its opening need only move: by half the width of its plate, in two frames."""
    gate = scene([HOME], fps=4)
    stand(gate, read, 60, lane=lane)
    stand(gate, read, 5, lane=lane, x=370)

    assert len(gate.of(OpenBarrier)) == 2


def test_one_strange_box_is_no_movement(scene, read):
    """A single frame in which the detector sees the plate elsewhere does not make a new arrival."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 40)
    gate.frame(read("A123BC77", x=300, y=390, w=170))
    stand(gate, read, 20)

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_a_car_told_not_to_have_passed_is_opened_for(scene, read, lane):
    """Loops or the boom that say that the car backed out make a standing car one that waits."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 40, lane=lane)
    gate.send(PassageSeen(gate.at(), "main", lane, "backed_out"))
    stand(gate, read, 10, lane=lane)

    assert len(gate.of(OpenBarrier)) == 2


def test_a_loop_under_the_car_asks_again_but_not_for_ever(scene, read):
    """A car that stands on the loop has not passed: it is opened for again, and a loop that hangs opens no more than that."""
    gate = scene([HOME], fps=2)
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=True))
    stand(gate, read, 300)

    assert len(gate.of(OpenBarrier)) == 4


def test_a_car_without_a_plate_behind_another_is_let_out(scene):
    """At the exit a second vehicle whose outline comes to stand where the first stood is opened for in its turn."""
    gate = scene(policy=Policy())
    gate.vehicle(8, lane="exit", box=CAR)
    for i in range(20):
        gate.frame(lane="exit", vehicle=Box(200 + 20 * i, 100 + 10 * i, 500, 450))
    gate.vehicle(30, lane="exit", box=CAR)

    assert len(gate.of(OpenBarrier)) == 2


def test_a_vehicle_that_takes_in_the_plate_of_a_standing_car_opens_nothing(scene, read):
    """What covered the car has a visit, and when it goes the plate shows in its place: nobody has arrived all the same."""
    gate = scene([HOME], fps=4)
    stand(gate, read, 50)
    gate.vehicle(12)
    stand(gate, read, 20)
    gate.empty(5)

    assert len(gate.of(OpenBarrier)) == 1
    assert gate.told[1:] == [("A123BC77", "refuse", "already_opened")]


def test_a_car_on_a_loop_after_a_restart_is_opened_for(scene, read):
    """A loop says that the car has not passed, also to a gate that knows from its records that it had opened."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 30)
    gate.stop()
    restart(gate)
    gate.send(VehiclePresence("entry", gate.at(), "entry_loop", present=True))
    stand(gate, read, 10)

    assert len(gate.of(OpenBarrier)) == 1


@pytest.mark.parametrize("lane", ["entry", "exit"])
def test_one_strange_box_after_a_restart_is_no_movement(scene, read, lane):
    """At the entry one frame elsewhere is no arrival; at the exit it is one, for a car that leaves may show in no more."""
    gate = scene([HOME], fps=2)
    stand(gate, read, 30, lane=lane)
    gate.stop()
    restart(gate)
    stand(gate, read, 5, lane=lane)
    gate.frame(read("A123BC77", x=300, y=390, w=170), lane=lane)
    stand(gate, read, 10, lane=lane)

    assert len(gate.of(OpenBarrier)) == (0 if lane == "entry" else 1)

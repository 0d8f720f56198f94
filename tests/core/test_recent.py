"""Whom the barrier was opened for a while ago: followed, forgotten and met again, one fact at its edge at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.geometry import Box
from core.rules.policy import Policy
from core.turn.recent import (
    MOST_RECENT,
    RecentOpening,
    drives_on,
    forgotten,
    hardly_moved,
    may_arrive,
    not_passed,
    remembered,
    seen_again,
    still_relevant,
    still_stands,
)
from core.visit.visit import Visit
from tests.core.test_conditions import ENTRY, EXIT, NOW, PLATE, RULES, visit

HERE = Box(300.0, 300.0, 80.0, 80.0 / 4.6)
THERE = Box(900.0, 600.0, 160.0, 160.0 / 4.6)
MONO = NOW.mono


def opening(visit_id: str = "old", *, text: str = PLATE, lane: str = "entry", **more: Any) -> RecentOpening:
    """For a plate that stood at `HERE` five seconds ago."""
    made = RecentOpening("main", lane, visit_id, text, 0.9, until=MONO + 20.0, place=HERE, seen=MONO - 5.0)
    return replace(made, **more)


def seen(name: str = "new", *, where: Box = HERE, text: str = PLATE, **how: Any) -> Visit:
    made = visit(name, **how)
    reading = replace(made.evidence.reading, text=text)
    return replace(made, motion=replace(made.motion, plate=where), evidence=replace(made.evidence, reading=reading))


def after(one: RecentOpening, *shown: Visit, lane=ENTRY) -> RecentOpening:
    (found,) = seen_again((one,), lane, shown, MONO, RULES)
    return found


class TestFollowing:
    """Where each plate is now, or that it has moved."""

    def test_the_plate_of_the_visit_itself_is_followed(self) -> None:
        """Wherever it goes; what was seen before this frame says nothing."""
        own = seen("old", where=THERE)
        assert (THERE, MONO) == ((found := after(opening(), own)).place, found.seen)
        assert opening() == after(opening(), seen("old", where=THERE, seen_ago_s=0.1))
        assert opening() == after(opening())
        assert () == seen_again((), ENTRY, (own,), MONO, RULES)

    def test_the_same_plate_at_its_place_has_not_moved(self) -> None:
        """And what made it seem to is forgotten."""
        found = after(opening(frames_away=2), seen())
        assert (HERE, MONO, 0) == (found.place, found.seen, found.frames_away)

    def test_the_same_plate_elsewhere_has_moved_after_some_frames(self) -> None:
        """One frame may be wrong; so many are not."""
        one = opening()
        for number in range(1, RULES.arrived_frames):
            one = after(one, seen(where=THERE))
            assert (HERE, number) == (one.place, one.frames_away)
        assert after(one, seen(where=THERE)).place is None

    def test_the_same_plate_in_another_lane_has_moved_at_once(self) -> None:
        """It cannot stand in both."""
        assert after(opening(), seen(), lane=EXIT).place is None

    def test_another_plate_and_one_that_hardly_reads_say_nothing(self) -> None:
        """Nor one that is known to have moved already, of a place that it does not have."""
        low = RULES.told_confidence - 0.0001
        for other in (seen(where=THERE, text="B555BB99"), seen(where=THERE, confidence=low)):
            assert opening() == after(opening(), other)
        assert 1 == after(opening(), seen(where=THERE, confidence=RULES.told_confidence)).frames_away
        moved = opening(place=None)
        assert moved == after(moved, seen(where=THERE))
        assert 1 == after(opening(), seen(where=THERE, text="B555BB99"), seen(where=THERE)).frames_away


class TestForgetting:
    """What says nothing any more."""

    @pytest.mark.parametrize(
        ("one", "stays"),
        [
            (opening(until=MONO + 0.001, place=None), True),
            (opening(until=MONO, place=None), False),
            (opening(until=MONO, seen=MONO - 10.0), True),
            (opening(until=MONO, seen=MONO - 10.001), False),
            (opening(until=MONO, lane="yard", seen=MONO), True),
            (opening(until=MONO, lane="yard", seen=MONO - 0.001), False),
            (opening(until=MONO + 1, seen=MONO - 1e6), True),
        ],
    )
    def test_by_time(self, one: RecentOpening, stays: bool) -> None:  # noqa: FBT001
        """While the car may drive on, and while an unseen plate is taken to stand where it was."""
        assert ((one,) if stays else ()) == still_relevant((one,), MONO, unseen_s={"entry": 10.0})

    def test_of_those_told_not_to_have_passed_the_newest_alone(self) -> None:
        """Of the barrier and the lane that the word is about, or of any lane of it."""
        first, last = opening("1", until=MONO + 1), opening("2", until=MONO + 2)
        out, two = opening("3", lane="exit", until=MONO + 3), replace(opening("4", until=MONO + 4), barrier="two")
        told = (last, first, out, two)
        assert (first, out, two) == not_passed(told, "main", "entry")
        assert (last, first, two) == not_passed(told, "main", None)
        assert (last, first, out) == not_passed(told, "two", "entry")
        assert told == not_passed(told, "three", None)

    def test_of_a_visit(self) -> None:
        """One that was not let through drives nowhere; one whose car moved may arrive anew."""
        told = (opening("1"), opening("2"))
        assert (told[1],) == forgotten(told, visit("1"))
        assert (replace(told[0], place=None), told[1]) == may_arrive(told, visit("1"))


def test_a_car_that_is_opened_for_again_is_remembered_once() -> None:
    """In its lane; what was opened for in another lane, or for another plate, stays. The oldest go first, where there are too many."""
    policy = Policy(same_car_s=20.0)
    before = (opening("1"), opening("2", text="B555BB99"), opening("3", lane="exit"))
    (other, out, new) = remembered(before, seen("new", where=THERE), ENTRY, MONO, policy, RULES)
    assert ("2", "3", "new") == (other.visit_id, out.visit_id, new.visit_id)
    assert (PLATE, "entry", MONO + 20.0, THERE, MONO, 0) == (
        new.text, new.lane, new.until, new.place, new.seen, new.frames_away,
    )  # fmt: skip
    (before_it,) = remembered((), seen(seen_ago_s=3.0), ENTRY, MONO, policy, RULES)
    assert (MONO - 3.0, MONO + 20.0) == (before_it.seen, before_it.until)
    unseen = seen()
    unseen = replace(unseen, motion=replace(unseen.motion, plate_last=None))
    assert MONO == remembered((), unseen, ENTRY, MONO, policy, RULES)[0].seen
    many = tuple(opening(str(n), text=f"B{n:03}BB99") for n in range(MOST_RECENT))
    found = remembered(many, seen(), ENTRY, MONO, policy, RULES)
    assert (MOST_RECENT, "1", "new") == (len(found), found[0].visit_id, found[-1].visit_id)
    assert many[1:] == remembered(many, replace(seen("0", text="")), ENTRY, MONO, policy, RULES)


class TestMeeting:
    """Is it that car?"""

    def test_that_drives_on(self) -> None:
        """At this barrier, until its time is over, by a plate that reads, and of another visit; the last of several says from where."""
        assert "entry" == drives_on(EXIT, seen(), (opening(),), MONO, RULES)
        assert "exit" == drives_on(EXIT, seen(), (opening(), opening("2", lane="exit")), MONO, RULES)
        assert "entry" == drives_on(EXIT, seen(confidence=RULES.told_confidence), (opening(),), MONO, RULES)
        for said in (
            opening(until=MONO),
            opening("new"),
            opening(text="B555BB99"),
            replace(opening(), barrier="two"),
        ):
            assert drives_on(EXIT, seen(), (said,), MONO, RULES) is None
        assert drives_on(EXIT, seen(confidence=RULES.told_confidence - 0.0001), (opening(),), MONO, RULES) is None

    def test_that_stands_there_still(self) -> None:
        """At the place where it was seen last, in its own lane, of another visit."""
        assert still_stands(ENTRY, seen(), (opening(),), RULES)
        for said in (
            opening(place=None),
            opening("new"),
            opening(lane="exit"),
            opening(text="B555BB99"),
            opening(place=THERE),
        ):
            assert not still_stands(ENTRY, seen(), (said,), RULES)

    def test_that_has_hardly_moved(self) -> None:
        """Seen elsewhere, in too few frames to have arrived anew; of the same conditions."""
        away = opening(frames_away=1)
        assert hardly_moved(ENTRY, seen(where=THERE), (away,), RULES)
        for said in (
            opening(),
            replace(away, place=None),
            replace(away, visit_id="new"),
            replace(away, lane="exit"),
            replace(away, text="B555BB99"),
        ):
            assert not hardly_moved(ENTRY, seen(where=THERE), (said,), RULES)

    def test_one_character_apart_is_one_car_only_in_doubt(self) -> None:
        """Two plates of a fleet, both read beyond doubt, are two cars."""
        near = "A124BC77"
        sure, unsure = RULES.certain_text, RULES.certain_text - 0.0001
        for ours, theirs, same in ((sure, sure, False), (unsure, sure, True), (sure, unsure, True)):
            said = opening(text=near, confidence=theirs)
            assert same is still_stands(ENTRY, seen(confidence=ours), (said,), RULES)
        assert not still_stands(ENTRY, seen(confidence=unsure), (opening(text="A198BC77"),), RULES)

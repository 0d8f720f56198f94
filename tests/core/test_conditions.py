"""What an opening waits for, and the last word of a visit that got none: visits made by hand, one fact at its edge at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.decision.decide import Judgement
from core.decision.record import Opening
from core.decision.trace import Rule, step_of
from core.events import FrameRead, Instant, Reason
from core.geometry import Box
from core.reading.reading import Reading
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn.conditions import (
    agreeing,
    enough,
    final_judgement,
    hindrance,
    in_convoy,
    may_ask,
    nearer,
    sure,
    waits_behind,
)
from core.turn.state import LaneState
from core.visit.phase import Phase
from core.visit.visit import Visit

PLATE = "A123BC77"
POLICY = Policy(open_confidence=0.85, sure_confidence=0.99, sure_width_px=90, min_frames=2)
ENTRY, EXIT = Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main")
SITE = Site((ENTRY, EXIT), POLICY)
RULES = SITE.rules(Direction.ENTRY)
LANE = LaneState(ENTRY)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LESS = 0.0001


def at(mono: float) -> Instant:
    return Instant(mono, NOON + timedelta(seconds=mono), wall_trusted=True)


NOW = at(100.0)


def visit(
    name: str = "v",
    *,
    width: float = 80.0,
    y: float = 300.0,
    confidence: float = 0.9,
    accepted: bool = True,
    kind: str | None = "ru_1",
    reads: int = 5,
    supporters: int = 5,
    repeated: bool = False,
    read_for_s: float = 1.0,
    seen_ago_s: float = 0.0,
    phase: Phase = Phase.WAITING,
    **evidence: Any,
) -> Visit:
    """A visit in the lane whose plate reads `PLATE` and was last seen `seen_ago_s` before `NOW`."""
    reading = Reading(PLATE, PLATE, PLATE, confidence, accepted, kind, "RU", slots=(), candidates=())
    fusion: Any = SimpleNamespace(reads=reads, supporters=lambda _: supporters, repeated=lambda _: repeated)
    last = NOW.mono - seen_ago_s
    made = Visit(name, at(last - read_for_s), at(last), phase)
    motion = replace(
        made.motion, plate=Box(300.0, y, width, width / 4.6), plate_first=last - read_for_s, plate_last=last
    )
    read = replace(made.evidence, fusion=fusion, reading=reading, **{"last_agrees": True, **evidence})
    return replace(made, motion=motion, evidence=read)


OPENS = Judgement(True, Reason.PASS_VALID, PLATE, 0.9)


def frame(*, age_s: float = 0.1, frozen: bool = False, mono: float = NOW.mono) -> FrameRead:
    return FrameRead("entry", at(mono), mono - age_s, 1, (1280, 720), (), None, frozen=frozen)


def test_one_picture_is_enough_only_where_it_is_close_certain_and_accepted() -> None:
    """Each to its limit, and all of them."""
    well = {"width": 90.0, "confidence": 0.99}
    assert sure(visit(**well), POLICY)
    for less in ({"width": 90.0 - LESS}, {"confidence": 0.99 - LESS}, {"accepted": False}):
        assert not sure(visit(**{**well, **less}), POLICY)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_as_many_pictures_as_the_site_wants(count: int) -> None:
    """That read as the plate, for one that is sure; that were read at all, for a near match, which has waited for better ones."""
    wanted = count >= POLICY.min_frames
    assert wanted is enough(visit(supporters=count, reads=9), OPENS, LANE, POLICY, RULES)
    assert wanted is enough(visit(confidence=0.85, supporters=count, reads=9), OPENS, LANE, POLICY, RULES)
    near = visit(confidence=0.85 - LESS, supporters=9, reads=count)
    assert wanted is enough(near, OPENS, LANE, POLICY, RULES)
    other = replace(OPENS, plate="A123BC78")
    assert wanted is enough(visit(supporters=9, reads=count), other, LANE, POLICY, RULES)
    assert enough(visit(supporters=0, reads=0), OPENS, LaneState(EXIT), POLICY, SITE.rules(Direction.EXIT))


def test_a_standing_car_that_reads_the_same_for_long_counts_once_more() -> None:
    """From the moment on that the rules say, only where it was read again, and only beside a picture that reads so."""
    long_s = RULES.settled_s
    for how, counted in (
        ({"supporters": 1, "repeated": True, "read_for_s": long_s}, 2),
        ({"supporters": 1, "repeated": True, "read_for_s": long_s - 0.01}, 1),
        ({"supporters": 1, "repeated": False, "read_for_s": long_s}, 1),
        ({"supporters": 0, "repeated": True, "read_for_s": long_s}, 0),
    ):
        assert counted == agreeing(visit(**how), RULES)
    unseen = visit(supporters=1, repeated=True)
    assert 1 == agreeing(replace(unseen, motion=replace(unseen.motion, plate_first=None)), RULES)


def test_the_picture_of_an_opening_is_of_now() -> None:
    """To the limit on both sides: one from a time to come is of a clock that was set; a frozen one and a dead camera show nothing."""
    car = visit()
    for age_s, rule in (
        (POLICY.max_frame_age_s, None),
        (POLICY.max_frame_age_s + LESS, Rule.FRAME_TOO_OLD),
        (-RULES.capture_skew_s, None),
        (-RULES.capture_skew_s - LESS, Rule.FRAME_TOO_OLD),
    ):
        found = hindrance(LANE, car, frame(age_s=age_s), POLICY, RULES)
        assert rule == (found and found.rule)
    frozen = hindrance(LANE, car, frame(frozen=True), POLICY, RULES)
    dead = hindrance(replace(LANE, camera_alive=False), car, frame(), POLICY, RULES)
    assert [Rule.FRAME_FROZEN] * 2 == [found and found.rule for found in (frozen, dead)]


def test_an_entry_opens_on_a_frame_that_shows_the_plate() -> None:
    """Seen in this very frame, and reading as all of them do; an exit asks for neither."""
    for car in (visit(seen_ago_s=0.1), visit(last_agrees=False)):
        found = hindrance(LANE, car, frame(), POLICY, RULES)
        assert Rule.NO_PLATE_NOW == (found and found.rule)
        assert hindrance(LaneState(EXIT), car, frame(), POLICY, SITE.rules(Direction.EXIT)) is None


CAR = visit(width=80.0, y=300.0)
WIDER = 80.0 * RULES.nearer_widths
AHEAD: dict[str, Any] = {
    "width": WIDER,
    "y": 301.0,
    "confidence": RULES.nearer_confidence,
    "seen_ago_s": RULES.nearer_seen_s,
}


def test_who_stands_nearer_to_the_barrier() -> None:
    """Seen a moment ago, wider and lower, read well enough, a visit or read twice: all of it to its limit."""
    assert nearer(visit("other", **AHEAD), CAR, NOW, RULES)
    assert nearer(visit("other", **AHEAD, phase=Phase.SIGHTING, hits=2), CAR, NOW, RULES)
    for less in (
        {"width": WIDER - LESS},
        {"y": 300.0},
        {"confidence": RULES.nearer_confidence - LESS},
        {"seen_ago_s": RULES.nearer_seen_s + LESS},
        {"phase": Phase.SIGHTING, "hits": 1},
        {"phase": Phase.STANDING},
    ):
        assert not nearer(visit("other", **{**AHEAD, **less}), CAR, NOW, RULES), less
    assert not nearer(visit("v", **AHEAD), CAR, NOW, RULES)  # it is itself
    long_s = RULES.stationary_s + 1.0
    there = {**AHEAD, "phase": Phase.SIGHTING, "hits": 9, "read_for_s": long_s}
    assert nearer(visit("other", **there), CAR, NOW, RULES)  # of a known kind: a car that hardly reads
    assert not nearer(visit("other", **there, kind=None), CAR, NOW, RULES)  # a board


def test_who_is_behind_waits_but_for_a_convoy_whose_first_has_had_its_turn() -> None:
    """And a convoy is one at the entry alone."""
    stranger = visit("other", **AHEAD)
    through = stranger.with_openings((Opening("r", Reason.PASS_VALID, NOW, "done"),))
    convoy = replace(POLICY, convoy=True)
    assert waits_behind(CAR, (CAR, stranger), NOW, POLICY, RULES)
    assert waits_behind(CAR, (CAR, stranger), NOW, convoy, RULES)
    assert waits_behind(CAR, (CAR, through), NOW, POLICY, RULES)
    assert not waits_behind(CAR, (CAR, through), NOW, convoy, RULES)
    found = hindrance(replace(LANE, visits=(CAR, stranger)), CAR, frame(), POLICY, RULES)
    assert Rule.BEHIND == (found and found.rule)
    assert in_convoy(replace(LANE, visits=(CAR, through)), CAR, NOW, RULES)
    assert not in_convoy(replace(LANE, visits=(CAR,)), CAR, NOW, RULES)
    assert not in_convoy(replace(LaneState(EXIT), visits=(CAR, through)), CAR, NOW, RULES)


def test_how_often_the_relay_is_asked() -> None:
    """Again after a pause; at the entry no more than so often, of which a barrier that was busy is none; at the exit without end."""

    def asked(*outcomes: str, ago_s: float = POLICY.retry_after_s) -> Visit:
        openings = tuple(Opening(str(n), Reason.PASS_VALID, at(100.0 - ago_s), one) for n, one in enumerate(outcomes))
        return replace(CAR, openings=openings)

    assert may_ask(CAR, NOW, Direction.ENTRY, POLICY)
    assert may_ask(asked("failed"), NOW, Direction.ENTRY, POLICY)
    assert not may_ask(asked("failed", ago_s=POLICY.retry_after_s - LESS), NOW, Direction.ENTRY, POLICY)
    most = ["failed"] * POLICY.max_retries
    assert may_ask(asked(*most), NOW, Direction.ENTRY, POLICY)
    assert not may_ask(asked(*most, "failed"), NOW, Direction.ENTRY, POLICY)
    assert may_ask(asked(*most, *["refused"] * 20), NOW, Direction.ENTRY, POLICY)
    assert may_ask(asked(*most, "failed"), NOW, Direction.EXIT, POLICY)


@pytest.mark.parametrize(
    ("car", "judgement", "reason"),
    [
        (visit(supporters=1), OPENS, Reason.LOW_CONFIDENCE),
        (visit(supporters=1), replace(OPENS, plate=None), Reason.UNREADABLE),
        (visit().noted(step_of(Rule.FRAME_TOO_OLD, 1.0)), OPENS, Reason.FRAME_TOO_OLD),
        (visit().noted(step_of(Rule.FRAME_FROZEN, 1.0)), OPENS, Reason.FRAME_TOO_OLD),
        (visit().noted(step_of(Rule.NOT_ARRIVED, 1.0)), OPENS, Reason.ALREADY_OPENED),
        (visit(), OPENS, Reason.LOW_CONFIDENCE),
    ],
)
def test_the_last_word_of_a_visit_that_was_not_let_in_is_no(car: Visit, judgement: Judgement, reason: Reason) -> None:
    """Whatever its pass would have allowed: the barrier did not open, and the record says why not."""
    word = final_judgement(car, judgement, LANE, NOW, POLICY, RULES)
    assert (False, reason) == (word.opens, word.reason)
    told = [dict(step.facts) for step in word.trace if step.rule == Rule.NO_CONSENSUS]
    lacking = not enough(car, judgement, LANE, POLICY, RULES)
    assert ([{"agreeing": "1", "needed": "2"}] if lacking else []) == told


def test_the_last_word_leaves_a_refusal_and_what_another_decided_as_they_are() -> None:
    """A pass that does not hold is refused for that; the guard's press has decided for him."""
    refused = Judgement(False, Reason.NO_PASS, PLATE, 0.9)
    assert refused is final_judgement(CAR, refused, LANE, NOW, POLICY, RULES)
    pressed = replace(CAR, overruled=Reason.GUARD_BUTTON)
    assert OPENS is final_judgement(pressed, OPENS, LANE, NOW, POLICY, RULES)

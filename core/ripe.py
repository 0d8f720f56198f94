"""Is the evidence ripe? How many frames, how fresh, and whose turn it is: what must hold before a judgement acts."""

from __future__ import annotations

from dataclasses import replace

from core.decide import Judgement
from core.events import FrameRead
from core.instant import Instant
from core.policy import Direction, Policy
from core.reasons import Reason
from core.record import TraceStep
from core.state import LaneState
from core.visit import Visit
from core.why import Rule, step_of

BEHIND_WIDTHS = 1.15
"""A plate this much wider, and lower in the picture, belongs to a vehicle nearer to the barrier."""
NEARER_SEEN_S = 1.0
NEARER_CONFIDENCE = 0.3
"""What cannot be read at all, however large, does not count as a car in front."""
LATE = frozenset({Rule.FRAME_TOO_OLD.value, Rule.FRAME_FROZEN.value})
"""What kept it shut was the picture's age, however well it read."""
CAPTURE_SKEW_S = 0.05
"""A frame may seem captured this much after the event was made: two readings of one clock."""


def enough(visit: Visit, judgement: Judgement, direction: Direction, policy: Policy) -> bool:
    """Whether there is enough evidence to open on `judgement`."""
    if direction is Direction.EXIT or visit.sure(policy):
        return True
    if judgement.plate != visit.reading.text or visit.reading.confidence < policy.open_confidence:
        return visit.fusion.reads >= policy.min_frames  # a near match waited for better frames already
    return visit.agreeing() >= policy.min_frames


def hindrance(lane: LaneState, visit: Visit, frame: FrameRead, policy: Policy) -> TraceStep | None:
    """What keeps the barrier from opening on this frame, however good the evidence; None if nothing does."""
    at = frame.at
    age_s = at.mono - frame.captured
    if frame.frozen or not lane.camera_alive:
        return step_of(Rule.FRAME_FROZEN, at.mono)
    if not -CAPTURE_SKEW_S <= age_s <= policy.max_frame_age_s:
        return step_of(Rule.FRAME_TOO_OLD, at.mono, age=f"{age_s:.0f} s")
    if lane.lane.direction is Direction.ENTRY:
        if visit.plate_last != at.mono:  # the frame shows the vehicle, but not its plate
            return step_of(Rule.NO_PLATE_NOW, at.mono)
        if any(nearer(other, visit, at) for other in lane.visits):
            return step_of(Rule.BEHIND, at.mono)
    return None


def may_ask(visit: Visit, at: Instant, direction: Direction, policy: Policy) -> bool:
    """First request, or a retry after a failed one; at the exit there is no limit to retries."""
    if not visit.openings:
        return True
    failed = sum(opening.outcome != "refused" for opening in visit.openings)  # a busy barrier has not failed
    if direction is Direction.ENTRY and failed > policy.max_retries:
        return False
    return at.mono - visit.openings[-1].at.mono >= policy.retry_after_s


def last_word(visit: Visit, judgement: Judgement, direction: Direction, policy: Policy, at: Instant) -> Judgement:
    """The judgement at the end of a visit for which the gate did not open, though the plate alone would have let it."""
    if not judgement.opens or visit.overruled is not None:
        return judgement
    reason = Reason.LOW_CONFIDENCE if judgement.plate is not None else Reason.UNREADABLE
    trace = judgement.trace
    if enough(visit, judgement, direction, policy):
        if any(step.rule in LATE for step in visit.trace):
            reason = Reason.FRAME_TOO_OLD
    else:
        agreeing, needed = str(visit.agreeing()), str(policy.min_frames)
        trace += (step_of(Rule.NO_CONSENSUS, at.mono, agreeing=agreeing, needed=needed),)
    return replace(judgement, opens=False, reason=reason, trace=trace)


def nearer(other: Visit, visit: Visit, at: Instant) -> bool:
    """Whether `other` is a vehicle in view between `visit` and the barrier: its plate is wider and lower."""
    if other.id == visit.id or other.plate_box is None or visit.plate_box is None or other.plate_last is None:
        return False
    return (
        at.mono - other.plate_last <= NEARER_SEEN_S
        and (other.confirmed or other.hits >= 2)
        and not _no_vehicle(other, at)
        and other.reading.confidence >= NEARER_CONFIDENCE
        and other.plate_box.w >= visit.plate_box.w * BEHIND_WIDTHS
        and other.plate_box.y > visit.plate_box.y
    )


def _no_vehicle(other: Visit, at: Instant) -> bool:
    """Whether it is parked or a board; a car that hardly reads and stood there when the gate began is neither."""
    return other.silent or (other.rooted(at.mono) and other.reading.format is None)

"""What an opening needs besides a positive judgement: enough agreeing frames, a fresh frame, and the car's turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.decision.decide import Judgement
from core.decision.enough import enough_pictures, sure_alone
from core.decision.record import TraceStep
from core.decision.trace import Rule, step_of
from core.events import FrameRead
from core.instant import Instant
from core.rules.policy import Direction, Policy
from core.rules.visit import Rules
from core.turn.camera_reads import corroborated
from core.turn.state import LaneState
from core.visit.visit import Visit
from core.words.outcomes import Outcome
from core.words.reasons import Reason

LATE = frozenset({Rule.FRAME_TOO_OLD.value, Rule.FRAME_FROZEN.value})
"""Trace rules of an opening that was blocked only by the age of the picture, however well the plate read."""


def enough(visit: Visit, judgement: Judgement, lane: LaneState, policy: Policy, rules: Rules) -> bool:
    """Whether there is enough evidence to open on `judgement`."""
    if lane.lane.direction is Direction.EXIT:
        return True
    plate = visit.motion.plate
    return enough_pictures(
        visit.evidence.reading,
        judgement,
        policy,
        width_px=0.0 if plate is None else plate.w,
        reads=visit.evidence.fusion.reads,
        agreeing=lambda: agreeing(visit, rules) + corroborated(lane.camera_reads, visit, rules),
    )


def sure(visit: Visit, policy: Policy) -> bool:
    """Whether a single picture is so close and so certain that it is enough."""
    plate = visit.motion.plate
    return plate is not None and sure_alone(visit.evidence.reading, plate.w, policy)


def agreeing(visit: Visit, rules: Rules) -> int:
    """How many different pictures read as the fused text; plus one if a standing car's reads agree for `settled_s`."""
    fusion, text = visit.evidence.fusion, visit.evidence.reading.text
    first, last = visit.motion.plate_first, visit.motion.plate_last
    pictures = fusion.supporters(text)
    if pictures and first is not None and last is not None:
        return pictures + (last - first >= rules.settled_s and fusion.repeated(text))
    return pictures


def hindrance(lane: LaneState, visit: Visit, frame: FrameRead, policy: Policy, rules: Rules) -> TraceStep | None:
    """What keeps the barrier from opening on this frame, however good the evidence is. None if nothing does."""
    at = frame.at
    age_s = at.mono - frame.captured
    if frame.frozen or not lane.camera_alive:
        return step_of(Rule.FRAME_FROZEN, at.mono)
    if not -rules.capture_skew_s <= age_s <= policy.max_frame_age_s:
        return step_of(Rule.FRAME_TOO_OLD, at.mono, age=f"{age_s:.0f} s")
    if lane.lane.direction is Direction.ENTRY:
        if visit.motion.plate_last != at.mono or not visit.evidence.last_agrees:
            # The frame shows the vehicle but not its plate: there is none, or other letters are in its place.
            return step_of(Rule.NO_PLATE_NOW, at.mono)
        if waits_behind(visit, lane.visits, at, policy, rules):
            return step_of(Rule.BEHIND, at.mono)
    return None


def waits_behind(visit: Visit, others: Iterable[Visit], at: Instant, policy: Policy, rules: Rules) -> bool:
    """Whether a vehicle ahead has its turn first. In a convoy, one that has been let through has had its turn."""
    return any(nearer(other, visit, at, rules) and not (policy.convoy and other.through) for other in others)


def in_convoy(lane: LaneState, visit: Visit, at: Instant, rules: Rules) -> bool:
    """Whether it follows a vehicle that was let through and is still there.

    Ask only when nothing hinders the opening.
    """
    return lane.lane.direction is Direction.ENTRY and any(nearer(other, visit, at, rules) for other in lane.visits)


def may_ask(visit: Visit, at: Instant, direction: Direction, policy: Policy) -> bool:
    """First request, or a retry after a failed one; at the exit there is no limit to retries."""
    if not visit.openings:
        return True
    # Refused: the barrier was busy, which is no failure.
    failed = sum(opening.outcome != Outcome.REFUSED for opening in visit.openings)
    if direction is Direction.ENTRY and failed > policy.max_retries:
        return False
    return at.mono - visit.openings[-1].at.mono >= policy.retry_after_s


def final_judgement(
    visit: Visit, judgement: Judgement, lane: LaneState, at: Instant, policy: Policy, rules: Rules
) -> Judgement:
    """The judgement at the end of a visit that the gate did not open for, although the plate alone would pass."""
    if not judgement.opens or visit.overruled is not None:
        return judgement
    reason = Reason.LOW_CONFIDENCE if judgement.plate is not None else Reason.UNREADABLE
    trace = judgement.trace
    if enough(visit, judgement, lane, policy, rules):
        if any(step.rule in LATE for step in visit.trace):
            reason = Reason.FRAME_TOO_OLD
        elif any(step.rule == Rule.NOT_ARRIVED for step in visit.trace):
            reason = Reason.ALREADY_OPENED
    else:
        found, needed = str(agreeing(visit, rules)), str(policy.min_frames)
        trace += (step_of(Rule.NO_CONSENSUS, at.mono, agreeing=found, needed=needed),)
    return replace(judgement, opens=False, reason=reason, trace=trace)


def nearer(other: Visit, visit: Visit, at: Instant, rules: Rules) -> bool:
    """Whether `other` is a vehicle in view between `visit` and the barrier: its plate is wider and lower."""
    ahead, plate, seen = other.motion.plate, visit.motion.plate, other.motion.plate_last
    if other.id == visit.id or ahead is None or plate is None or seen is None:
        return False
    return (
        at.mono - seen <= rules.nearer_seen_s
        and (other.confirmed or other.evidence.hits >= 2)
        and not _no_vehicle(other, at, rules)
        and other.evidence.reading.confidence >= rules.nearer_confidence
        and ahead.w >= plate.w * rules.nearer_widths
        and ahead.y > plate.y
    )


def _no_vehicle(other: Visit, at: Instant, rules: Rules) -> bool:
    """Whether it is parked or a sign. A barely readable car that stood there when the gate started is neither."""
    return other.standing or (other.stationary(at.mono, rules) and other.evidence.reading.format is None)

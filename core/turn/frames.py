"""Takes in a frame: which visits it starts or extends, and for which of them the barrier is asked to open."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from core.decision.decide import Judgement
from core.decision.record import Opening
from core.decision.trace import Rule, step_of
from core.events import ForgetEvidence, FrameRead, KeepEvidence, OpenBarrier
from core.instant import Instant
from core.rules.policy import Direction
from core.turn.afterwards import after_opening, alone_on_a_loop, begin_again, goes_back
from core.turn.camera_reads import camera_steps
from core.turn.chances import with_chance
from core.turn.classify import confirmed
from core.turn.conditions import enough, hindrance, in_convoy, may_ask
from core.turn.lane import observe
from core.turn.ownership import named_by
from core.turn.recent import hardly_moved, seen_again, still_stands
from core.turn.sighting import Scene
from core.turn.turn import Turn
from core.turn.visit_record import dropped
from core.visit.track import Way
from core.visit.visit import Visit
from core.words.outcomes import ASKED


def take(turn: Turn, frame: FrameRead) -> None:
    """Processes a frame. A frame of an unknown lane is ignored."""
    number = turn.number(frame.lane)
    if number is None:
        return
    before = {visit.id: visit for visit in turn.lanes[number].visits}
    rules = turn.rules(number)
    turn.lanes[number], touched = observe(turn.lanes[number], frame, partial(turn.new_id, frame.lane), rules)
    lane = turn.lanes[number]
    turn.recent = seen_again(turn.recent, lane.lane, lane.visits, frame.at.mono, rules)
    for lost in before.keys() - {visit.id for visit in lane.visits}:
        turn.effects.append(ForgetEvidence(lost, frame.lane, dropped(before[lost], lane.lane)))
    for visit_id in touched:
        visit = turn.visit(number, visit_id)
        if visit is not None:
            _consider(turn, number, visit, frame)


def _consider(turn: Turn, number: int, visit: Visit, frame: FrameRead) -> None:
    """After a frame that showed the vehicle: confirms it as a visit, opens for it, or notes why not."""
    at = frame.at
    if visit.standing:
        arrives = visit.motion.moved and not goes_back(turn, number, visit, at)
        if arrives or (visit.through and visit.backed_out):
            begin_again(turn, number, visit, at, restarts=0)
        return
    if visit.evidence.best.frame == frame.frame_id:
        turn.effects.append(KeepEvidence(visit.id, turn.lane(number).name, frame.frame_id))
    if not visit.confirmed:
        scene = Scene(turn.lanes[number], frame, turn.policy, turn.rules(number), turn.recent)
        visit = confirmed(visit, scene)
        turn.put(number, visit)
        if not visit.confirmed:
            owner = named_by(visit, scene)
            if owner is not None:
                _join(turn, number, owner, visit, frame)
            return
    visit = _with_chance_kept(turn, number, visit, frame)
    if visit.opened is None:
        _try_to_open(turn, number, visit, frame)
        return
    seen = visit.motion.plate_last
    if seen == at.mono or seen is None or visit.motion.stands_in(frame, turn.rules(number)):
        after_opening(turn, number, visit, at, visit.opened)


def _join(turn: Turn, number: int, owner: Visit, sighting: Visit, frame: FrameRead) -> None:
    """Merges a sighting into the visit that other letters on the same car had started: it is that car's plate."""
    lane = turn.lane(number).name
    turn.drop(number, sighting.id)
    turn.effects.append(ForgetEvidence(sighting.id, lane))
    turn.effects.append(KeepEvidence(owner.id, lane, frame.frame_id))
    named = owner.named(sighting, frame)
    turn.put(number, named)
    turn.remember(number, named, frame.at)


def _try_to_open(turn: Turn, number: int, visit: Visit, frame: FrameRead) -> None:
    direction, policy, rules = turn.lane(number).direction, turn.policy, turn.rules(number)
    judgement = turn.judge(number, visit, frame.at)
    if not judgement.opens or not enough(visit, judgement, turn.lanes[number], policy, rules):
        return
    if hardly_moved(turn.lane(number), visit, turn.recent, rules):
        return
    hindered = hindrance(turn.lanes[number], visit, frame, policy, rules)
    if hindered is None and _has_not_arrived(turn, number, visit, frame.at):
        hindered = step_of(Rule.NOT_ARRIVED, frame.at.mono)
    if hindered is not None:
        turn.put(number, visit.noted(hindered))
    elif may_ask(visit, frame.at, direction, policy):
        _ask(turn, number, visit, judgement, frame.at)


def _with_chance_kept(turn: Turn, number: int, visit: Visit, frame: FrameRead) -> Visit:
    """The visit with this frame among its chances; not a car that still stands where an earlier visit was opened for.

    It serves later readers of the record only: an error in it must not keep this car, nor one at the exit, waiting.
    """
    if turn.lane(number).direction is not Direction.ENTRY:
        return visit
    try:
        stands = visit.opened is None and (
            hardly_moved(turn.lane(number), visit, turn.recent, turn.rules(number))
            or _has_not_arrived(turn, number, visit, frame.at)
        )
        kept = visit if stands else with_chance(turn, number, visit, frame)
    except Exception:  # noqa: BLE001 - whatever it is: the decision does not need it, and the record says that it is missing
        kept = replace(visit, chances=replace(visit.chances, all_kept=False))
    if kept is not visit:
        turn.put(number, kept)
    return kept


def _has_not_arrived(turn: Turn, number: int, visit: Visit, at: Instant) -> bool:
    """Whether its plate still stands where it was opened for, and no loop reports that it has not passed.

    A sighting of such a car starts no visit, but a visit started by something else may turn out to be that car.
    """
    stands = still_stands(turn.lane(number), visit, turn.recent, turn.rules(number))
    return stands and not alone_on_a_loop(turn, number, visit, at)


def _ask(turn: Turn, number: int, visit: Visit, judgement: Judgement, at: Instant) -> None:
    lane = turn.lane(number)
    request_id = str(uuid5(NAMESPACE_URL, f"{visit.id}/{len(visit.openings)}"))
    track = visit.motion.plate_track
    if track.way is Way.STANDS and track.came is not Way.UNKNOWN:
        turn.lanes[number] = turn.lanes[number].learnt(turn.rules(number), nearer=track.came is Way.NEARER)
    turn.openings.append(
        OpenBarrier(request_id, lane.name, lane.barrier, judgement.reason, at.mono + turn.policy.request_ttl_s)
    )
    opening = Opening(request_id, judgement.reason, at, ASKED)
    steps = camera_steps(turn.lanes[number].camera_reads, visit, at, turn.rules(number))
    if in_convoy(turn.lanes[number], visit, at, turn.rules(number)):
        visit = visit.noted(step_of(Rule.CONVOY, at.mono))
    visit = visit.judged(judgement, at).noted(*steps, step_of(Rule.ASKED, at.mono, reason=judgement.reason.value))
    visit = visit.with_openings((*visit.openings, opening)).anchored()
    turn.put(number, visit)
    turn.remember(number, visit, at)

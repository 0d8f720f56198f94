"""The end of a visit: writes its one record and uses up its one-time pass."""

from __future__ import annotations

from dataclasses import replace

from core.decision.decide import Judgement
from core.decision.trace import Rule, step_of
from core.events import ConsumePass, ForgetEvidence, RecordVisit
from core.instant import Instant
from core.rules.policy import Direction
from core.turn.camera_reads import camera_steps
from core.turn.classify import came_back
from core.turn.conditions import final_judgement
from core.turn.inside import after_leaving, entered
from core.turn.openings import used_up
from core.turn.turn import Turn
from core.turn.visit_record import dropped, record_of
from core.visit.visit import Visit
from core.words.outcomes import OPENED
from core.words.reasons import Reason


def stop(turn: Turn, at: Instant) -> None:
    """Ends and records every visit in progress: the gate is stopping."""
    for number, lane in enumerate(turn.lanes):
        for visit in lane.visits:
            end(turn, number, visit, at, Rule.STOPPED)


def end(turn: Turn, number: int, visit: Visit, at: Instant, rule: Rule) -> None:
    """Ends a visit because its vehicle has gone or the gate is stopping."""
    turn.drop(number, visit.id)
    # A gate that stops does not see its car go in. The barrier was opened for it, and that counts as the passage.
    opened = visit.owed is not None or (bool(visit.openings) and visit.openings[-1].outcome in OPENED)
    consume = rule is Rule.GONE or opened
    lane, last = turn.lane(number), step_of(rule, at.mono)
    if not visit.confirmed and came_back(visit, turn.rules(number)):
        write(turn, number, visit.noted(last), at, consume=False, reason=Reason.ALREADY_OPENED)
    elif not visit.confirmed:
        turn.effects.append(ForgetEvidence(visit.id, lane.name, dropped(visit, lane)))
    elif not visit.standing:
        write(turn, number, visit.noted(last), at, consume=consume)
    elif consume:
        _consume(turn, number, visit, visit.judgement, at)
    if rule is Rule.GONE:
        _in_or_out(turn, number, visit, at)


def _in_or_out(turn: Turn, number: int, visit: Visit, at: Instant) -> None:
    """Updates who is inside, if the site uses anti-passback."""
    if not turn.policy.anti_passback_h:
        return
    if turn.lane(number).direction is Direction.EXIT:
        turn.inside = after_leaving(turn.inside, visit, turn.lanes[number], turn.policy, turn.rules(number))
    elif visit.through:
        turn.inside = entered(turn.inside, visit, turn.lanes[number], at, turn.policy, turn.rules(number))


def write(turn: Turn, number: int, visit: Visit, at: Instant, *, consume: bool, reason: Reason | None = None) -> None:
    """Writes the visit's one record, and uses up a one-time pass if `consume`. `reason` replaces the judgement's."""
    lane = turn.lane(number)
    judgement = visit.judgement if visit.openings and visit.judgement is not None else None
    if judgement is None:
        judgement = turn.judge(number, visit, at)
        if reason is not None:
            judgement = replace(judgement, opens=False, reason=reason, trace=())
        judgement = final_judgement(visit, judgement, turn.lanes[number], at, turn.policy, turn.rules(number))
        visit = visit.judged(judgement, at)
    elif lane.direction is Direction.EXIT:
        # The exit opened before the plate could be read well: name the plate as the last frames read it.
        judgement = replace(turn.judge(number, visit, at), trace=())
    if consume:
        visit = _consume(turn, number, visit, judgement, at)
    visit = visit.noted(*camera_steps(turn.lanes[number].camera_reads, visit, at, turn.rules(number)))
    turn.effects.append(RecordVisit(record_of(visit, lane, judgement, turn.passes, at)))


def _consume(turn: Turn, number: int, visit: Visit, judgement: Judgement | None, at: Instant) -> Visit:
    """Uses up the one-time pass with which the vehicle has gone in."""
    item = used_up(visit, judgement, turn.lane(number))
    if item is None:
        return visit
    turn.consumed |= {item.id}
    turn.effects.append(ConsumePass(item.id, visit.id))
    return visit.noted(step_of(Rule.CONSUMED, at.mono, pass_=item.id))

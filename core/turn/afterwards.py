"""After an opening: a car that is still there is watched, parked, or opened for again; the reason is in the trace."""

from __future__ import annotations

from dataclasses import replace

from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.rules.visit import ExitRules, Rules
from core.turn.direction import goes_the_other_way
from core.turn.ending import write
from core.turn.openings import used_up
from core.turn.recent import may_arrive
from core.turn.turn import Turn
from core.visit.phase import Phase
from core.visit.visit import Visit


def after_opening(turn: Turn, number: int, visit: Visit, at: Instant, opened: Instant) -> None:
    """Handles a car still in view `same_car_patience_s` after its opening.

    It is opened for again if it has moved or is known not to have passed; otherwise it is parked.
    """
    waited_s = at.mono - opened.mono
    if waited_s < turn.policy.same_car_patience_s:
        return
    visit = visit.noted(step_of(Rule.STILL_THERE, at.mono, age=f"{waited_s:.0f} s"))
    turn.put(number, visit)
    rules = turn.rules(number)
    leaving = isinstance(rules, ExitRules) and not goes_back(turn, number, visit, at)
    moved = visit.backed_out or (leaving and visit.motion.moved)
    still_here = visit.restarts < rules.most_restarts and (
        alone_on_a_loop(turn, number, visit, at) or _stirs(visit, opened, rules)
    )
    if moved or still_here:
        write(turn, number, visit, at, consume=False)
        begin_again(turn, number, visit, at, restarts=0 if moved else visit.restarts + 1)
    else:
        park(turn, number, visit, at)


def goes_back(turn: Turn, number: int, visit: Visit, at: Instant) -> bool:
    """Whether a car opened for at the exit now drives back in. It needs no opening until it stops or comes again."""
    rules = turn.rules(number)
    return isinstance(rules, ExitRules) and goes_the_other_way(visit, turn.lanes[number], at.mono, rules)


def begin_again(turn: Turn, number: int, visit: Visit, at: Instant, *, restarts: int) -> None:
    """Starts a new visit of the vehicle in view. Its plate has to be read again."""
    lane = turn.lane(number)
    turn.recent = may_arrive(turn.recent, visit)
    owed = used_up(visit, visit.judgement, lane)
    fresh = visit.again(turn.new_id(lane.name), at, restarts=restarts, owed=owed)
    turn.put(number, fresh.noted(step_of(Rule.SEEN, at.mono, how="again")), instead_of=visit.id)


def park(turn: Turn, number: int, visit: Visit, at: Instant) -> None:
    """Records the visit, then only watches the vehicle until it moves or leaves."""
    if not visit.through:
        visit = visit.noted(step_of(Rule.PARKED, at.mono, age=f"{at.mono - visit.first.mono:.0f} s"))
    write(turn, number, visit, at, consume=False)
    turn.put(number, replace(visit, phase=Phase.STANDING).anchored())


def alone_on_a_loop(turn: Turn, number: int, visit: Visit, at: Instant) -> bool:
    """Whether a loop reports a vehicle, and no vehicle other than this one can be on it."""
    lane, rules = turn.lanes[number], turn.rules(number)
    return bool(lane.loops) and not any(
        other.id != visit.id
        and not other.stationary(at.mono, rules)
        and other.last.mono > at.mono - turn.policy.visit_gap_s
        for other in lane.visits
    )


def _stirs(visit: Visit, opened: Instant, rules: Rules) -> bool:
    """Whether a plateless vehicle's outline at the exit changed after the opening: it may be the next car."""
    if not isinstance(rules, ExitRules) or visit.motion.plate is not None:
        return False
    return visit.motion.standstill.since > opened.mono + rules.stirring_s

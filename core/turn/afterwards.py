"""After an opening: a car that is there still is watched, parked, or opened for again, and for what reason."""

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
    """A car that is there long after its opening: it is opened for again once it moves, or is told not to have passed."""
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
    """Whether a car opened for at the exit drives back in: it asks for nothing until it stands or comes."""
    rules = turn.rules(number)
    return isinstance(rules, ExitRules) and goes_the_other_way(visit, turn.lanes[number], at.mono, rules)


def begin_again(turn: Turn, number: int, visit: Visit, at: Instant, *, restarts: int) -> None:
    """A new visit of the vehicle in view, which has to be read again."""
    lane = turn.lane(number)
    turn.recent = may_arrive(turn.recent, visit)
    owed = used_up(visit, visit.judgement, lane)
    fresh = visit.again(turn.new_id(lane.name), at, restarts=restarts, owed=owed)
    turn.put(number, fresh.noted(step_of(Rule.SEEN, at.mono, how="again")), instead_of=visit.id)


def park(turn: Turn, number: int, visit: Visit, at: Instant) -> None:
    """Records the visit and watches the vehicle in silence until it moves or leaves."""
    if not visit.through:
        visit = visit.noted(step_of(Rule.PARKED, at.mono, age=f"{at.mono - visit.first.mono:.0f} s"))
    write(turn, number, visit, at, consume=False)
    turn.put(number, replace(visit, phase=Phase.STANDING).anchored())


def alone_on_a_loop(turn: Turn, number: int, visit: Visit, at: Instant) -> bool:
    """Whether a loop says that a vehicle is there, and it can be no other than this one."""
    lane, rules = turn.lanes[number], turn.rules(number)
    return bool(lane.loops) and not any(
        other.id != visit.id
        and not other.stationary(at.mono, rules)
        and other.last.mono > at.mono - turn.policy.visit_gap_s
        for other in lane.visits
    )


def _stirs(visit: Visit, opened: Instant, rules: Rules) -> bool:
    """Whether the outline of a vehicle without a plate at the exit has changed since: it may be the one that came behind."""
    if not isinstance(rules, ExitRules) or visit.motion.plate is not None:
        return False
    return visit.motion.standstill.since > opened.mono + rules.stirring_s

"""Time has passed: ends visits whose vehicle is gone and unanswered requests; makes due refusals; parks or retries."""

from __future__ import annotations

from dataclasses import replace

from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.rules.policy import Direction
from core.turn.afterwards import begin_again, park
from core.turn.ending import end, write
from core.turn.openings import expired
from core.turn.recent import forgotten, still_relevant
from core.turn.state import LaneState
from core.turn.turn import Turn
from core.visit.visit import Visit

NO_ANSWER_S = 1.0
"""How long after a request's expiry the relay's silence counts as a failure. It allows for the answer's delay; it is
not a rule of visits."""


def end_the_unseen(turn: Turn, at: Instant) -> None:
    """Ends visits whose vehicle has not been seen for too long by `at`. Runs before the event itself is processed.

    A frame that comes after a gap therefore belongs to a new visit, whether the tick or the frame of that moment comes
    first (ADR 88).
    """
    _forget_old_openings(turn, at)
    for number, lane in enumerate(turn.lanes):
        for visit in lane.visits:
            held = _without_answer(turn, visit, at)
            if visit is lane.visits[-1] and _on_a_loop(turn, lane, visit, at):
                held = replace(held, last=at)  # it is there, seen or not
            if at.mono - held.last.mono > turn.policy.visit_gap_s:
                end(turn, number, held, at, Rule.GONE)
            elif held is not visit:
                turn.put(number, held)


def _forget_old_openings(turn: Turn, at: Instant) -> None:
    """An opening explains a standing car only as long as its lane may lose sight of such a car."""
    unseen_s = {lane.lane.name: turn.rules(number).standing_unseen_s for number, lane in enumerate(turn.lanes)}
    turn.recent = still_relevant(turn.recent, at.mono, unseen_s=unseen_s)


def _without_answer(turn: Turn, visit: Visit, at: Instant) -> Visit:
    """The visit, its request failed if the relay has been silent for too long; then it was not opened for."""
    held = expired(visit, at, after_s=turn.policy.request_ttl_s + NO_ANSWER_S)
    if visit.through and not held.through:
        turn.recent = forgotten(turn.recent, held)
    return held


def time_passed(turn: Turn, at: Instant) -> None:
    """Ends what is over at `at`, and does what is due."""
    end_the_unseen(turn, at)
    for number, lane in enumerate(turn.lanes):
        for visit in lane.visits:
            if visit.confirmed and not visit.standing:
                _deadline(turn, number, visit, at)


def _deadline(turn: Turn, number: int, visit: Visit, at: Instant) -> None:
    """Makes a refusal once the waiting time is over.

    Later frames may still change it. Also ends visits that last too long.
    """
    if visit.through:
        return
    leaving = turn.lane(number).direction is Direction.EXIT
    if not leaving and _late(turn, visit, at):
        judgement = turn.judge(number, visit, at)
        if not judgement.opens:
            visit = visit.judged(judgement, at)
            turn.put(number, visit)
    if at.mono - visit.first.mono >= turn.policy.parked_after_s:
        # More frames than the one it may have begun with: a camera sees it.
        if leaving and visit.frames > 1:
            _keep_trying(turn, number, visit, at)
        else:
            park(turn, number, visit, at)


def _late(turn: Turn, visit: Visit, at: Instant) -> bool:
    """Whether a refusal is due."""
    since = visit.motion.plate_first if visit.evidence.reading.text else None
    if since is not None:
        return at.mono - since >= turn.policy.refuse_after_s
    return at.mono - visit.first.mono >= turn.policy.unreadable_after_s


def _keep_trying(turn: Turn, number: int, visit: Visit, at: Instant) -> None:
    """Nobody is kept in: the car that could not be let out gets its record, and a new visit that goes on asking."""
    visit = visit.noted(step_of(Rule.KEPT_IN, at.mono, age=f"{at.mono - visit.first.mono:.0f} s"))
    write(turn, number, visit, at, consume=False)
    begin_again(turn, number, visit, at, restarts=0)


def _on_a_loop(turn: Turn, lane: LaneState, visit: Visit, at: Instant) -> bool:
    """Whether a loop keeps its visit alive: not once it was let through too long ago, unless the camera is lost."""
    if not lane.loops:
        return False
    if visit.opened is None or not lane.camera_alive:
        return True
    return at.mono - visit.opened.mono < turn.policy.same_car_patience_s

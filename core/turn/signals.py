"""Signals from sources other than pictures: list, policy, cameras lost and found, the relay, loops and the boom."""

from __future__ import annotations

from dataclasses import replace

from core.decision.trace import Rule, step_of
from core.events import BarrierActed, CameraPlateRead, PassageSeen, RecordVisit, VehiclePresence
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Policy
from core.turn.camera_reads import with_read
from core.turn.openings import OTHERS, answered, joined
from core.turn.recent import forgotten, not_passed
from core.turn.turn import Turn
from core.turn.visit_record import lone_record
from core.visit.phase import Phase
from core.visit.visit import Visit
from core.words.outcomes import OPENED, Passed


def list_changed(turn: Turn, passes: PassList) -> None:
    turn.passes = passes
    if turn.consumed:  # forget those that the new list marks as used or no longer holds
        turn.consumed = passes.unused(turn.consumed)


def policy_changed(turn: Turn, policy: Policy) -> None:
    turn.policy = policy
    if not policy.anti_passback_h:
        turn.inside = ()  # departures are not watched from now on


def camera_changed(turn: Turn, name: str, *, alive: bool) -> None:
    number = turn.number(name)
    if number is not None:
        turn.lanes[number] = replace(turn.lanes[number], camera_alive=alive)
        if turn.lane(number).direction is Direction.EXIT:
            turn.inside = ()  # cars that left while the camera was away were not seen


def camera_read(turn: Turn, event: CameraPlateRead) -> None:
    """Keeps a reading by the camera itself. It may back our own next look, but never opens by itself (ADR 117)."""
    number = turn.number(event.lane)
    if number is not None:
        lane = turn.lanes[number]
        turn.lanes[number] = replace(lane, camera_reads=with_read(lane.camera_reads, event, turn.rules(number)))


def barrier_acted(turn: Turn, event: BarrierActed) -> None:
    """The relay has answered the gate, or reports an opening made by somebody else."""
    for number, lane in enumerate(turn.lanes):
        for visit in lane.visits:
            if any(opening.request_id == event.request_id for opening in visit.openings):
                held = answered(visit, event)
                turn.put(number, held)
                if not held.through:  # another may have opened for it meanwhile
                    turn.recent = forgotten(turn.recent, visit)
                return
    if event.reason not in OTHERS or event.outcome not in OPENED:
        return  # an answer for a visit that is over, or somebody else's attempt that opened nothing
    found = joined(turn.lanes, event, turn.state.site)
    if found is not None:
        number, visit = found
        turn.put(number, visit)
        turn.remember(number, visit, event.at)
        return
    turn.inside = ()  # the vehicle that went through was not seen, and may have been leaving
    lane_of_event = turn.state.site.lane(event.lane) if event.lane is not None else None
    record = lone_record(turn.new_id(event.lane or event.barrier), lane_of_event, event, turn.passes)
    turn.effects.append(RecordVisit(record))


def passage(turn: Turn, event: PassageSeen) -> None:
    for number, lane in enumerate(turn.lanes):
        if lane.lane.barrier != event.barrier or event.lane not in {None, lane.lane.name}:
            continue
        for visit in lane.visits:
            if visit.through or visit.owed is not None:
                step = step_of(Rule.PASSAGE, event.at.mono, outcome=event.outcome)
                turn.put(number, replace(visit.noted(step), backed_out=event.outcome == Passed.BACKED_OUT))
    if event.outcome == Passed.BACKED_OUT:
        turn.recent = not_passed(turn.recent, event.barrier, event.lane)


def presence(turn: Turn, event: VehiclePresence) -> None:
    number = turn.number(event.lane)
    if number is None:
        return
    lane = turn.lanes[number]
    loops = lane.loops | {event.loop} if event.present else lane.loops - {event.loop}
    visits = lane.visits
    if event.present and all(visit.only_light for visit in visits):
        step = step_of(Rule.SEEN, event.at.mono, how="loop")
        visits = (*visits, Visit(turn.new_id(event.lane), event.at, event.at, Phase.WAITING).noted(step))
    turn.lanes[number] = replace(lane, loops=loops, visits=visits)

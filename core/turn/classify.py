"""What is the thing seen in a lane? One answer, with the rule that gave it, for every sighting and every frame.

A sighting becomes a visit when it is a vehicle that comes to the barrier. Everything else is followed, with the reason
why it is not one, and dropped when it has gone. `gate why --dropped` shows the last of them.
"""

from __future__ import annotations

from dataclasses import replace

from core.decision.decide import NAMEABLE, SHORTEST_PLATE
from core.decision.trace import Rule, step_of
from core.rules.visit import ExitRules, Rules
from core.turn.conditions import sure, waits_behind
from core.turn.direction import other_way
from core.turn.ownership import beside_a_car, named_by, part_of
from core.turn.recent import drives_on, hardly_moved, still_stands
from core.turn.sighting import Classification, Ground, Kind, Scene
from core.visit.phase import Phase
from core.visit.track import Way
from core.visit.visit import Visit


def confirmed(visit: Visit, scene: Scene) -> Visit:
    """The sighting after a frame that showed it: its kind is noted, and a vehicle becomes a visit."""
    if not visit.in_front and _nobody_nearer(visit, scene):
        visit = replace(visit, in_front=True)
    if not scene.exiting and visit.motion.plate is not None and beside_a_car(visit, scene):
        visit = replace(visit, trailing=True)
    kind, ground = classify(visit, scene)
    visit = replace(visit, kind=kind.value, ground=ground.value)
    if kind is Kind.UNKNOWN:
        return visit
    if kind is not Kind.VEHICLE:
        return visit.noted(step_of(Rule.SIGHTED, scene.mono, kind=kind.value, ground=ground.value))
    step = step_of(Rule.SEEN, visit.first.mono, how="plate" if visit.evidence.hits else "vehicle", ground=ground.value)
    return replace(visit.noted(step), phase=Phase.WAITING)


def classify(visit: Visit, scene: Scene) -> Classification:
    """What the sighting is, judged by all its frames so far, and the rule that decided."""
    if visit.only_light:
        return Kind.LIGHT, Ground.LIGHT_ONLY
    if still_stands(scene.lane.lane, visit, scene.recent, scene.rules):
        return Kind.PARKED, Ground.STANDS_SINCE_OPENING
    if hardly_moved(scene.lane.lane, visit, scene.recent, scene.rules):
        return Kind.UNKNOWN, Ground.TOO_FEW_FRAMES
    standing = not scene.exiting and _stands_unread(visit, scene)
    if not scene.exiting and not standing and visit.motion.plate_last not in {None, scene.mono}:
        return Kind.UNKNOWN, Ground.NO_PLATE_NOW  # else a badge of a car that has just gone would become a vehicle
    if any(part_of(other, visit, scene) for other in scene.lane.visits):
        return Kind.PART, Ground.ON_A_CAR
    if named_by(visit, scene) is not None:
        return Kind.PART, Ground.PLATE_OF_A_VISIT
    let_through_in = drives_on(scene.lane.lane, visit, scene.recent, scene.mono, scene.rules)
    if let_through_in is not None and scene.seen_for_s(visit) < _patience_s(scene):
        here = let_through_in == scene.lane.lane.name and visit.motion.plate_track.came is not Way.FURTHER
        return Kind.ECHO, Ground.CAME_BACK if here else Ground.JUST_LET_THROUGH
    if standing:
        return Kind.VEHICLE, Ground.AROUND_PLATE
    vehicle = _leaving(visit, scene) if scene.exiting else None
    answer = (Kind.VEHICLE, vehicle) if vehicle is not None else _founded(visit, scene)
    if answer[0] is Kind.VEHICLE and isinstance(scene.rules, ExitRules):
        return other_way(visit, scene, scene.rules) or answer
    return answer


def _nobody_nearer(visit: Visit, scene: Scene) -> bool:
    """Whether no vehicle is between it and the barrier. Its first read cannot tell, unless it is close and certain."""
    certain = visit.evidence.hits != 1 or sure(visit, scene.policy)
    return certain and not waits_behind(visit, scene.lane.visits, scene.frame.at, scene.policy, scene.rules)


def came_back(visit: Visit, rules: Rules) -> bool:
    """Whether a sighting that has gone was a car just opened for that came back and turned away.

    Such a car gets a record.
    """
    return (
        visit.ground == Ground.CAME_BACK
        and visit.evidence.hits >= 2
        and visit.last.mono - visit.first.mono >= rules.came_back_s
    )


def _patience_s(scene: Scene) -> float:
    return min(scene.policy.same_car_patience_s, scene.rules.echo_patience_s)


def _leaving(visit: Visit, scene: Scene) -> Ground | None:
    """Why a vehicle in view at the exit counts as one, read or not; None if it does not yet.

    Being seen for `exit_presence_s` is enough. Around a plate that never moved, the vehicle must stand still.
    """
    if not _in_presence(visit) or scene.seen_for_s(visit) < scene.policy.exit_presence_s:
        return None
    if visit.motion.plate is None or visit.motion.travelled:
        return Ground.PRESENT
    return Ground.AROUND_PLATE if _vehicle_around(visit, scene) else None


def _in_presence(visit: Visit) -> bool:
    """Whether at least two frames showed a vehicle that is not merely the tail of another vehicle's foreground."""
    return not visit.trailing and visit.present >= 2


def _stands_unread(visit: Visit, scene: Scene) -> bool:
    """Whether a vehicle stands around a plate that hardly shows. It counts as much as a vehicle without any plate."""
    now = visit.last.mono
    if visit.trailing or visit.stationary(now, scene.rules):
        return False
    seen = visit.motion.vehicle is not None  # in the frame of the plate too: a passing shadow is no vehicle
    stood_s = visit.motion.standstill.seconds(now)
    return seen and visit.motion.standstill_around_plate() and stood_s >= scene.policy.vehicle_visit_s


def _vehicle_around(visit: Visit, scene: Scene) -> bool:
    """Whether a vehicle stands still around its plate. One that only passes behind the plate does not."""
    return (
        visit.motion.standstill_around_plate()
        and visit.motion.standstill.seconds(scene.mono) >= scene.policy.vehicle_visit_s
    )


def _founded(visit: Visit, scene: Scene) -> Classification:
    """Whether the evidence makes it a vehicle: several frames or a sure one; neither a sign nor a background car."""
    if visit.evidence.hits == 0 and visit.motion.plate is None:
        return _without_plate(visit, scene)
    if (
        not visit.motion.travelled
        and visit.motion.cornered
        and not visit.evidence.reading.accepted
        and not _vehicle_around(visit, scene)
    ):
        return Kind.SIGN, Ground.CORNER
    if not visit.in_front:
        return Kind.UNKNOWN, Ground.BEHIND_A_CAR
    # At the exit a box that drives is a car, with or without foreground: a car of the road's colour must not be kept in.
    on_a_car = visit.present >= 2 or (scene.exiting and visit.motion.drove)
    if visit.motion.travelled:
        # Scraps of background that are mistaken for one another seem to travel, but have no foreground around them.
        readable = not visit.evidence.illegible(scene.rules, exiting=scene.exiting and on_a_car)
    else:
        readable = _tells(visit, exiting=scene.exiting)
    if readable:
        if sure(visit, scene.policy):
            return Kind.VEHICLE, Ground.PLATE_SURE
        return (Kind.VEHICLE, Ground.PLATE_READ) if visit.evidence.hits >= 2 else (Kind.UNKNOWN, Ground.TOO_FEW_FRAMES)
    if not visit.motion.travelled:
        return Kind.SIGN if visit.stationary(scene.mono, scene.rules) else Kind.UNKNOWN, Ground.NEVER_MOVED
    followed = on_a_car and visit.evidence.hits >= scene.rules.illegible_hits
    if followed and visit.evidence.widest >= scene.rules.illegible_width_px:
        return Kind.VEHICLE, Ground.PLATE_FAINT
    return Kind.UNKNOWN, Ground.TOO_FEW_FRAMES


def _without_plate(visit: Visit, scene: Scene) -> Classification:
    now, span_s = visit.last.mono, visit.last.mono - visit.first.mono
    if visit.trailing:
        rules = scene.rules
        lasts = isinstance(rules, ExitRules) and span_s >= rules.trailing_patience_s
        stays = lasts or visit.motion.standstill.seconds(now) >= rules.trailing_standstill_s
        return (Kind.VEHICLE, Ground.STAYS) if stays else (Kind.ECHO, Ground.JUST_LET_THROUGH)
    if visit.frames >= 2 and span_s >= scene.policy.vehicle_visit_s:
        return Kind.VEHICLE, Ground.FOREGROUND
    return Kind.UNKNOWN, Ground.TOO_FEW_FRAMES


def _tells(visit: Visit, *, exiting: bool) -> bool:
    """Whether the plate alone proves a car and not a sign. At the exit any nameable plate of a known format does."""
    reading = visit.evidence.reading
    known = reading.format is not None and reading.confidence >= NAMEABLE
    return reading.accepted or (exiting and known and len(reading.text) >= SHORTEST_PLATE)

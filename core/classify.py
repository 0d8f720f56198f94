"""What is a thing seen in a lane? One answer, with the rule that gave it, for every sighting and every frame.

A sighting becomes a visit when it is a vehicle that comes to the barrier. All else is followed, told why it is none, and
dropped when it has gone: `gate why --dropped` shows the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.decide import NAMEABLE, SHORTEST_PLATE
from core.events import FrameRead
from core.policy import Approach, Policy
from core.recent import RecentOpening, drives_on, still_stands
from core.rest import cut_off, fills
from core.ripe import NEARER_SEEN_S, nearer
from core.rules import EntryRules, ExitRules, Rules
from core.state import LaneState
from core.track import Way
from core.visit import Visit
from core.why import Rule, step_of


class Kind(StrEnum):
    """What a sighting is."""

    VEHICLE = "vehicle"
    PART = "part"
    """A badge, a grille, a scrap of text on a vehicle that is followed already."""
    PARKED = "parked"
    """A car that has been opened for, and has not moved since."""
    SIGN = "sign"
    """In the picture, and on no vehicle: a board, a watermark."""
    ECHO = "echo"
    """A car just let through, driving on."""
    LIGHT = "light"
    """A change that cannot be told from one of light."""
    OTHER_WAY = "other_way"
    """A car that goes where the lane does not lead: it enters past the exit's camera."""
    UNKNOWN = "unknown"
    """Too little has been seen of it."""


class Ground(StrEnum):
    """The rule that said so."""

    PLATE_READ = "plate_read"
    PLATE_SURE = "plate_sure"
    PLATE_FAINT = "plate_faint"
    AROUND_PLATE = "around_plate"
    PRESENT = "present"
    STAYS = "stays"
    FOREGROUND = "foreground"
    LIGHT_ONLY = "light_only"
    STANDS_SINCE_OPENING = "stands_since_opening"
    JUST_LET_THROUGH = "just_let_through"
    CAME_BACK = "came_back"
    ON_A_CAR = "on_a_car"
    PLATE_OF_A_VISIT = "plate_of_a_visit"
    GOES_AWAY = "goes_away"
    WHICH_WAY = "which_way"
    CORNER = "corner"
    NEVER_MOVED = "never_moved"
    BEHIND_A_CAR = "behind_a_car"
    NO_PLATE_NOW = "no_plate_now"
    TOO_FEW_FRAMES = "too_few_frames"


@dataclass(frozen=True, slots=True)
class Scene:
    """What else is known when a sighting is looked at."""

    lane: LaneState
    frame: FrameRead
    policy: Policy
    rules: EntryRules | ExitRules
    recent: Sequence[RecentOpening]

    @property
    def mono(self) -> float:
        return self.frame.at.mono

    @property
    def exiting(self) -> bool:
        return isinstance(self.rules, ExitRules)


Answer = tuple[Kind, Ground]


def confirmed(visit: Visit, scene: Scene) -> Visit:
    """The sighting after a frame that showed it: what it is is noted, and a vehicle becomes a visit."""
    met = visit.hits != 1 or visit.sure(scene.policy)  # in its first frame nothing can be said of who is nearer
    if met and not visit.in_front and not any(nearer(other, visit, scene.frame.at) for other in scene.lane.visits):
        visit = replace(visit, in_front=True)
    if not scene.exiting and visit.plate_box is not None and _beside_a_car(visit, scene):
        visit = replace(visit, left_over=True)
    kind, ground = classify(visit, scene)
    visit = replace(visit, kind=kind.value, ground=ground.value)
    if kind is Kind.UNKNOWN:
        return visit
    if kind is not Kind.VEHICLE:
        return visit.noted(step_of(Rule.SIGHTED, scene.mono, kind=kind.value, ground=ground.value))
    step = step_of(Rule.SEEN, visit.first.mono, how="plate" if visit.hits else "vehicle", ground=ground.value)
    return replace(visit.noted(step), confirmed=True)


def classify(visit: Visit, scene: Scene) -> Answer:
    """What the sighting is, by all that its frames have shown, and the rule that says so."""
    if visit.only_light:
        return Kind.LIGHT, Ground.LIGHT_ONLY
    if still_stands(scene.lane.lane, visit, scene.recent):
        return Kind.PARKED, Ground.STANDS_SINCE_OPENING
    standing = not scene.exiting and visit.stands_unread(scene.policy)
    if not scene.exiting and not standing and visit.plate_last is not None and visit.plate_last != scene.mono:
        return Kind.UNKNOWN, Ground.NO_PLATE_NOW  # what was a badge of the car before stays one
    if any(_part_of(other, visit, scene) for other in scene.lane.visits):
        return Kind.PART, Ground.ON_A_CAR
    if named_by(visit, scene) is not None:
        return Kind.PART, Ground.PLATE_OF_A_VISIT
    let_through_in = drives_on(scene.lane.lane, visit, scene.recent, scene.mono)
    if let_through_in is not None and _since(visit, scene) < _patience_s(scene):
        here = let_through_in == scene.lane.lane.name and visit.track.came is not Way.FURTHER
        return Kind.ECHO, Ground.CAME_BACK if here else Ground.JUST_LET_THROUGH
    if standing:
        return Kind.VEHICLE, Ground.AROUND_PLATE
    vehicle = _leaving(visit, scene) if scene.exiting else None
    answer = (Kind.VEHICLE, vehicle) if vehicle is not None else _founded(visit, scene)
    if answer[0] is Kind.VEHICLE and isinstance(scene.rules, ExitRules):
        return _other_way(visit, scene, scene.rules) or answer
    return answer


def came_back(visit: Visit, rules: Rules) -> bool:
    """Whether a sighting that has gone was a car just opened for that came again and turned away: it has its own record."""
    return (
        visit.ground == Ground.CAME_BACK and visit.hits >= 2 and visit.last.mono - visit.first.mono >= rules.came_back_s
    )


def _since(visit: Visit, scene: Scene) -> float:
    return scene.mono - visit.first.mono


def _patience_s(scene: Scene) -> float:
    return min(scene.policy.same_car_patience_s, scene.rules.echo_patience_s)


# -- is it one? ---------------------------------------------------------------------------------------------------


def _leaving(visit: Visit, scene: Scene) -> Ground | None:
    """At the exit a vehicle in view for a moment is one, read or not; around a plate that never moved it must stand."""
    if not visit.in_presence() or _since(visit, scene) < scene.policy.exit_presence_s:
        return None
    if visit.plate_box is None or visit.travelled:
        return Ground.PRESENT
    return Ground.AROUND_PLATE if _vehicle_around(visit, scene) else None


def _vehicle_around(visit: Visit, scene: Scene) -> bool:
    """Whether a vehicle stands around its plate; one that passes behind what is in the picture does not."""
    return visit.rest_around_plate() and visit.rest.stood_s(scene.mono) >= scene.policy.vehicle_visit_s


def _founded(visit: Visit, scene: Scene) -> Answer:
    """Whether what was seen is enough for a vehicle at the gate: no ghost of one frame, no sign, no car in the background."""
    if visit.hits == 0 and visit.plate_box is None:
        return _without_plate(visit, scene)
    if not visit.travelled and visit.cornered and not visit.reading.accepted and not _vehicle_around(visit, scene):
        return Kind.SIGN, Ground.CORNER
    if not visit.in_front:
        return Kind.UNKNOWN, Ground.BEHIND_A_CAR
    readable = not visit.faint(exiting=scene.exiting) if visit.travelled else _tells(visit, exiting=scene.exiting)
    if readable:
        if visit.sure(scene.policy):
            return Kind.VEHICLE, Ground.PLATE_SURE
        return (Kind.VEHICLE, Ground.PLATE_READ) if visit.hits >= 2 else (Kind.UNKNOWN, Ground.TOO_FEW_FRAMES)
    if not visit.travelled:
        return Kind.SIGN if visit.rooted(scene.mono) else Kind.UNKNOWN, Ground.NEVER_MOVED
    # Scraps of the background that are taken for one another seem to travel, but bring no foreground with them.
    followed = visit.present >= 2 and visit.hits >= scene.rules.faint_hits
    if followed and visit.widest >= scene.rules.faint_width_px:
        return Kind.VEHICLE, Ground.PLATE_FAINT
    return Kind.UNKNOWN, Ground.TOO_FEW_FRAMES


def _without_plate(visit: Visit, scene: Scene) -> Answer:
    now, span_s = visit.last.mono, visit.last.mono - visit.first.mono
    if visit.left_over:
        rules = scene.rules
        lasts = isinstance(rules, ExitRules) and span_s >= rules.left_over_patience_s
        stays = lasts or visit.rest.stood_s(now) >= rules.left_over_rest_s
        return (Kind.VEHICLE, Ground.STAYS) if stays else (Kind.ECHO, Ground.JUST_LET_THROUGH)
    if visit.frames >= 2 and span_s >= scene.policy.vehicle_visit_s:
        return Kind.VEHICLE, Ground.FOREGROUND
    return Kind.UNKNOWN, Ground.TOO_FEW_FRAMES


def _tells(visit: Visit, *, exiting: bool) -> bool:
    """Whether its plate alone tells a car from a sign; at the exit any plate of a known kind that can be named does."""
    reading = visit.reading
    known = reading.format is not None and reading.confidence >= NAMEABLE
    return reading.accepted or (exiting and known and len(reading.text) >= SHORTEST_PLATE)


# -- whose is it? -------------------------------------------------------------------------------------------------


def _beside_a_car(visit: Visit, scene: Scene) -> bool:
    """Whether another's plate has been read well, be it out of view by now: what stands there may be that car.

    It is not where nothing stood there for a moment since that plate was seen: this one came afterwards.
    """
    return any(
        other.id != visit.id
        and other.hits > 0
        and not other.faint()
        and not other.rooted(scene.mono)
        and other.plate_last is not None
        and other.plate_last >= scene.lane.vehicle_since
        for other in scene.lane.visits
    )


def _part_of(other: Visit, visit: Visit, scene: Scene) -> bool:
    """Whether `visit` is a badge or a grille of `other`'s car: it hardly reads, or sits by its plate and is no plate."""
    if other.rooted(scene.mono) or not _reads_well(other, visit, scene):
        return False
    if visit.faint(exiting=scene.exiting):
        return True
    if not other.reading.accepted or visit.reading.accepted:
        return False
    # Whoever is taken for a part of a leaving car by mistake is met as soon as that car has gone.
    return _on_one_body(other, visit, scene.rules) or (scene.exiting and _in_one_outline(other, visit, scene.frame))


def _on_one_body(one: Visit, other: Visit, rules: Rules) -> bool:
    """Whether two plates are of one size and one above the other, as only things on the same car are: the next car's is smaller."""
    a, b = one.plate_box, other.plate_box
    if a is None or b is None:
        return False
    (x, y), (u, v) = a.centre, b.centre
    near = abs(x - u) <= rules.part_aside_widths * a.w and abs(y - v) <= rules.part_above_widths * a.w
    return near and rules.part_size <= b.w / a.w <= 1 / rules.part_size


def named_by(visit: Visit, scene: Scene) -> Visit | None:
    """The visit whose plate this sighting is: opened for at the exit by letters on the same car, before its plate was read.

    A car behind has a smaller plate, and one whose plate reads well is no other's.
    """
    if not scene.exiting or not visit.reading.accepted or visit.plate_box is None:
        return None
    for other in scene.lane.visits:
        letters = other.plate_box if other.id != visit.id and other.through and not other.silent else None
        if letters is None or other.reading.accepted or scene.mono - (other.plate_last or 0.0) > NEARER_SEEN_S:
            continue
        if letters.w <= visit.plate_box.w and _in_one_outline(other, visit, scene.frame):
            return other
    return None


def _in_one_outline(one: Visit, other: Visit, frame: FrameRead) -> bool:
    """Whether one foreground is around both plates, and does not span the picture."""
    box, a, b = frame.vehicle, one.plate_box, other.plate_box
    if box is None or a is None or b is None or fills(box, frame):
        return False
    return box.holds(a.centre) and box.holds(b.centre)


def _reads_well(other: Visit, visit: Visit, scene: Scene) -> bool:
    """Whether `other`, in view with `visit`, is a car whose plate reads well."""
    return (
        other.id != visit.id
        and other.hits > 0
        and not other.faint()
        and other.plate_last is not None
        and scene.mono - other.plate_last <= NEARER_SEEN_S
    )


# -- which way does it go? ----------------------------------------------------------------------------------------


def goes_the_other_way(visit: Visit, lane: LaneState, mono: float, rules: ExitRules) -> bool:
    """Whether a vehicle at the exit is known to drive away from the barrier, and not to wait or come."""
    back = Way.NEARER if lane.leads is Approach.AWAY else Way.FURTHER
    track = visit.track if visit.plate_box is not None else visit.outline
    if track.came is not back or track.way is Way.STANDS:
        return False
    if track.last is None or visit.plate_box is None or mono - track.last <= rules.given_up_s:
        return True
    # Its plate is out of view: what is seen still may be its foreground, or another that waits.
    return visit.rest.stood_s(mono) < rules.given_up_s and mono - track.last < rules.other_way_s


def _other_way(visit: Visit, scene: Scene, rules: ExitRules) -> Answer | None:
    """Why a vehicle at the exit does not leave, or not yet; None where it does, or may."""
    if goes_the_other_way(visit, scene.lane, scene.mono, rules):
        return Kind.OTHER_WAY, Ground.GOES_AWAY
    if visit.plate_box is not None and visit.plate_first is not None:
        told = visit.track.way is not Way.UNKNOWN or visit.track.came is not Way.UNKNOWN
        soon = scene.mono - visit.plate_first < rules.direction_s
    else:
        told = visit.outline.way is not Way.UNKNOWN or not _edge_hides(scene.frame)
        soon = _since(visit, scene) < rules.edge_direction_s
    return (Kind.UNKNOWN, Ground.WHICH_WAY) if soon and not told else None


def _edge_hides(frame: FrameRead) -> bool:
    """Whether only a part of the vehicle is in view; what spans the picture is there, whichever way it goes."""
    return cut_off(frame) and frame.vehicle is not None and not fills(frame.vehicle, frame)

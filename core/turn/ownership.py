"""Whose is a plate? It may be a badge or grille of a car in view, the plate of a known visit, or of a car behind it."""

from __future__ import annotations

from core.rules.visit import Rules
from core.turn.sighting import Scene
from core.visit.standstill import fills
from core.visit.visit import Visit


def beside_a_car(visit: Visit, scene: Scene) -> bool:
    """Whether another visit's plate was read well, even if it is out of view now: the thing here may be that same car.

    It cannot be if nothing vehicle-sized was in view for a moment after that plate was last seen: then this one came
    later.
    """
    return any(
        other.id != visit.id
        and other.evidence.hits > 0
        and not other.evidence.illegible(scene.rules)
        and not other.stationary(scene.mono, scene.rules)
        and other.motion.plate_last is not None
        and other.motion.plate_last >= scene.lane.vehicle_since
        for other in scene.lane.visits
    )


def part_of(other: Visit, visit: Visit, scene: Scene) -> bool:
    """Whether `visit` is a badge or grille on `other`'s car: it hardly reads, or sits by that plate and is no plate."""
    if other.stationary(scene.mono, scene.rules) or not _reads_well(other, visit, scene):
        return False
    if visit.evidence.illegible(scene.rules, exiting=scene.exiting):
        return True
    if not other.evidence.reading.accepted or visit.evidence.reading.accepted:
        return False
    # A car taken by mistake for a part of a leaving car becomes a visit as soon as that car has gone.
    return _on_one_body(other, visit, scene.rules) or (scene.exiting and _in_one_outline(other, visit, scene))


def _on_one_body(one: Visit, other: Visit, rules: Rules) -> bool:
    """Whether two plates are alike in size and close together, as on one car.

    The plate of the next car would be smaller.
    """
    a, b = one.motion.plate, other.motion.plate
    if a is None or b is None:
        return False
    (x, y), (u, v) = a.centre, b.centre
    near = abs(x - u) <= rules.part_aside_widths * a.w and abs(y - v) <= rules.part_above_widths * a.w
    return near and rules.part_size <= b.w / a.w <= 1 / rules.part_size


def named_by(visit: Visit, scene: Scene) -> Visit | None:
    """The visit at the exit whose car this plate is on: opened for by other letters, before the plate was read.

    The plate of a car behind is smaller; and a visit whose plate reads well already has its own.
    """
    if not scene.exiting or not visit.evidence.reading.accepted or visit.motion.plate is None:
        return None
    for other in scene.lane.visits:
        letters = other.motion.plate if other.id != visit.id and other.through and not other.standing else None
        if (
            letters is None
            or other.evidence.reading.accepted
            or scene.mono - (other.motion.plate_last or 0.0) > scene.rules.nearer_seen_s
        ):
            continue
        if letters.w <= visit.motion.plate.w and _in_one_outline(other, visit, scene):
            return other
    return None


def _in_one_outline(one: Visit, other: Visit, scene: Scene) -> bool:
    """Whether one foreground holds both plates and does not span the picture."""
    box, a, b = scene.frame.vehicle, one.motion.plate, other.motion.plate
    if box is None or a is None or b is None or fills(box, scene.frame, scene.rules):
        return False
    return box.holds(a.centre) and box.holds(b.centre)


def _reads_well(other: Visit, visit: Visit, scene: Scene) -> bool:
    """Whether `other`, in view with `visit`, is a car whose plate reads well."""
    return (
        other.id != visit.id
        and other.evidence.hits > 0
        and not other.evidence.illegible(scene.rules)
        and other.motion.plate_last is not None
        and scene.mono - other.motion.plate_last <= scene.rules.nearer_seen_s
    )

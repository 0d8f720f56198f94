"""Whose is a plate? A badge or a grille of a car in view, the plate of one met already, or of one that stands behind it."""

from __future__ import annotations

from core.rules.visit import Rules
from core.turn.sighting import Scene
from core.visit.standstill import fills
from core.visit.visit import Visit


def beside_a_car(visit: Visit, scene: Scene) -> bool:
    """Whether another's plate has been read well, be it out of view by now: what stands there may be that car.

    It is not where nothing stood there for a moment since that plate was seen: this one came afterwards.
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
    """Whether `visit` is a badge or a grille of `other`'s car: it hardly reads, or sits by its plate and is no plate."""
    if other.stationary(scene.mono, scene.rules) or not _reads_well(other, visit, scene):
        return False
    if visit.evidence.illegible(scene.rules, exiting=scene.exiting):
        return True
    if not other.evidence.reading.accepted or visit.evidence.reading.accepted:
        return False
    # Whoever is taken for a part of a leaving car by mistake is met as soon as that car has gone.
    return _on_one_body(other, visit, scene.rules) or (scene.exiting and _in_one_outline(other, visit, scene))


def _on_one_body(one: Visit, other: Visit, rules: Rules) -> bool:
    """Whether two plates are of one size and one above the other, as only things on the same car are: the next car's is smaller."""
    a, b = one.motion.plate, other.motion.plate
    if a is None or b is None:
        return False
    (x, y), (u, v) = a.centre, b.centre
    near = abs(x - u) <= rules.part_aside_widths * a.w and abs(y - v) <= rules.part_above_widths * a.w
    return near and rules.part_size <= b.w / a.w <= 1 / rules.part_size


def named_by(visit: Visit, scene: Scene) -> Visit | None:
    """The visit whose plate this sighting is: opened for at the exit by letters on the same car, before its plate was read.

    A car behind has a smaller plate, and one whose plate reads well is no other's.
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
    """Whether one foreground is around both plates, and does not span the picture."""
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

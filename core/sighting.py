"""When a sighting becomes a visit: a car at the gate, and not a ghost, a sign, a car in the background or an echo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.instant import Instant
from core.policy import Direction, Policy
from core.recent import RecentOpening, drives_on, still_stands
from core.ripe import NEARER_SEEN_S, nearer
from core.state import LaneState
from core.visit import Visit
from core.why import Rule, step_of

EXIT_PATIENCE_S = 5.0
"""A car at the exit that looks like one just let through waits no longer than this."""
SAME_SIZE = 0.75
"""Plates of one car are this much alike in width."""
ASIDE_WIDTHS = 0.5
ABOVE_WIDTHS = 1.5
"""How far apart things on the face of one car are, in widths of its plate."""


def confirmed(held: LaneState, visit: Visit, at: Instant, *, policy: Policy, recent: Sequence[RecentOpening]) -> Visit:
    """The sighting after a frame that showed it, made a visit where it has become believable."""
    met = visit.hits != 1 or visit.sure(policy)  # in its first frame nothing can be said of who is nearer
    if met and not visit.in_front and not any(nearer(other, visit, at) for other in held.visits):
        visit = replace(visit, in_front=True)
    exiting = held.lane.direction is Direction.EXIT
    if not exiting and visit.plate_box is not None and _beside_a_car(held, visit, at):
        visit = replace(visit, left_over=True)
    standing = not exiting and visit.stands_unread(policy)
    if not exiting and not standing and visit.plate_last is not None and visit.plate_last != at.mono:
        return visit  # foreground says nothing new of its plate: what was a badge of the car before stays one
    if any(_part_of(other, visit, at, exiting=exiting) for other in held.visits):
        return visit
    seen_s = at.mono - visit.first.mono
    if still_stands(held.lane, visit, recent):
        return visit
    if drives_on(held.lane, visit, recent, at.mono):
        patience_s = min(policy.same_car_patience_s, EXIT_PATIENCE_S) if exiting else policy.same_car_patience_s
        if seen_s < patience_s:
            return visit
    leaving = exiting and visit.in_presence() and seen_s >= policy.exit_presence_s
    if not (leaving or standing or visit.believable(policy, exiting=exiting)):
        return visit
    step = step_of(Rule.SEEN, visit.first.mono, how="plate" if visit.hits else "vehicle")
    return replace(visit.noted(step), confirmed=True)


def _beside_a_car(held: LaneState, visit: Visit, at: Instant) -> bool:
    """Whether another's plate has been read well, be it out of view by now: what stands there may be that car."""
    return any(
        other.id != visit.id and other.hits > 0 and not other.faint() and not other.rooted(at.mono)
        for other in held.visits
    )


def _part_of(other: Visit, visit: Visit, at: Instant, *, exiting: bool) -> bool:
    """Whether `visit` is a badge or a grille of `other`'s car: it hardly reads, or sits by its plate and is no plate."""
    if other.rooted(at.mono) or not _reads_well(other, visit, at):
        return False
    if visit.faint(exiting=exiting):
        return True
    return other.reading.accepted and not visit.reading.accepted and _on_one_body(other, visit)


def _on_one_body(one: Visit, other: Visit) -> bool:
    """Whether two plates are of one size and one above the other, as only things on the same car are: the next car's is smaller."""
    a, b = one.plate_box, other.plate_box
    if a is None or b is None:
        return False
    (x, y), (u, v) = a.centre, b.centre
    near = abs(x - u) <= ASIDE_WIDTHS * a.w and abs(y - v) <= ABOVE_WIDTHS * a.w
    return near and SAME_SIZE <= b.w / a.w <= 1 / SAME_SIZE


def _reads_well(other: Visit, visit: Visit, at: Instant) -> bool:
    """Whether `other`, in view with `visit`, is a car whose plate reads well."""
    return (
        other.id != visit.id
        and other.hits > 0
        and not other.faint()
        and other.plate_last is not None
        and at.mono - other.plate_last <= NEARER_SEEN_S
    )

"""What the gate remembers between events. Values: nothing here changes in place."""

from __future__ import annotations

from dataclasses import dataclass

from core.passes import PassList
from core.policy import Lane, Site
from core.recent import RecentOpening
from core.visit import Visit


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: the vehicles in it, and what its other senses say."""

    lane: Lane
    visits: tuple[Visit, ...] = ()
    """Oldest first; sightings that are not yet visits, and parked cars, among them."""
    loops: frozenset[str] = frozenset()
    """Loops with a vehicle on them."""
    camera_alive: bool = True
    vehicle_seen: float = float("-inf")
    """When the camera last saw anything vehicle-sized; monotonic seconds."""
    vehicle_since: float = float("-inf")
    """Since when it has seen that without a break."""
    vehicle_claimed: bool = False
    """What is seen vehicle-sized without a break belongs, or did belong, to a visit with a plate."""


@dataclass(frozen=True, slots=True)
class GateState:
    """The whole gate."""

    site: Site
    passes: PassList
    lanes: tuple[LaneState, ...]
    recent: tuple[RecentOpening, ...] = ()
    """Whom the barriers were opened for."""
    consumed: frozenset[str] = frozenset()
    """One-time passes used since the list last came."""
    count: int = 0
    """Visits begun so far; the ids are made of it."""

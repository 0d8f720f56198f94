"""What the gate remembers between events. Values: nothing here changes in place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.events import CameraPlateRead
from core.instant import Instant
from core.passes.pass_list import PassList
from core.rules.policy import Approach, Lane, Site
from core.rules.visit import Rules
from core.turn.recent import RecentOpening
from core.visit.visit import Visit


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: the vehicles in it, and what its other senses say."""

    lane: Lane
    visits: tuple[Visit, ...] = ()
    """Oldest first; sightings that are not yet visits, and parked cars, among them."""
    loops: frozenset[str] = frozenset()
    """Loops with a vehicle on them."""
    camera_alive: bool = True
    told: tuple[CameraPlateRead, ...] = ()
    """What the camera's own recogniser said of late."""
    vehicle_seen: float = float("-inf")
    """When the camera last saw anything vehicle-sized; monotonic seconds."""
    vehicle_since: float = float("-inf")
    """Since when it has seen that without a break."""
    stood_nearer: int = 0
    """Of the last vehicles that stood when they were opened for, so many had come nearer, so many had gone away from the
    camera; what was opened for on its way says nothing, for the answer would confirm itself."""
    stood_further: int = 0
    vehicle_claimed: bool = False
    """What is seen vehicle-sized without a break belongs, or did belong, to a visit with a plate."""

    def leads(self, rules: Rules) -> Approach:
        """Which way cars come to the barrier: as told, or as those moved that came to stand there; else toward the camera."""
        if self.lane.approach is not Approach.AUTO:
            return self.lane.approach
        away = self.stood_further >= max(rules.approach_cars, rules.approach_odds * self.stood_nearer)
        return Approach.AWAY if away else Approach.TOWARD

    def learnt(self, rules: Rules, *, nearer: bool) -> LaneState:
        """After one more vehicle that came to stand; old ones count less and less."""
        a, b = self.stood_nearer + nearer, self.stood_further + (not nearer)
        if a + b > rules.approach_memory:
            a, b = a // 2, b // 2
        return replace(self, stood_nearer=a, stood_further=b)


@dataclass(frozen=True, slots=True)
class Inside:
    """A plate that came in and was not seen to leave (`core.turn.inside`)."""

    plate: str
    since: Instant


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
    inside: tuple[Inside, ...] = ()
    """Who is known to be inside, oldest first; kept only where the site wants anti-passback."""
    count: int = 0
    """Visits begun so far; the ids are made of it."""

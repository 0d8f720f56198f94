"""What the gate remembers between events: immutable values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.events import CameraPlateRead
from core.instant import Instant
from core.passes.pass_list import PassList
from core.rules.policy import Approach, Lane, Site
from core.rules.visit import Rules
from core.turn.recent import RecentOpening
from core.visit.track import Way
from core.visit.visit import Visit


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: the vehicles in it, and the state of its other sensors."""

    lane: Lane
    visits: tuple[Visit, ...] = ()
    """Oldest first; includes sightings that are not yet visits, and parked cars."""
    loops: frozenset[str] = frozenset()
    """Loops with a vehicle on them."""
    camera_alive: bool = True
    camera_reads: tuple[CameraPlateRead, ...] = ()
    """Recent readings by the camera's own recogniser."""
    vehicle_seen: float = float("-inf")
    """When the camera last saw anything vehicle-sized; monotonic seconds."""
    vehicle_since: float = float("-inf")
    """Since when it has been seeing something vehicle-sized without a break; monotonic seconds."""
    stood_nearer: int = 0
    """How many of the last vehicles that stood when they were opened for had come nearer; `stood_further`: had gone
    away from the camera. Those opened for while moving do not count: the answer would confirm itself (ADR 52)."""
    stood_further: int = 0
    vehicle_claimed: bool = False
    """The vehicle-sized thing seen without a break belongs, or belonged, to a visit with a plate."""

    def leads(self, rules: Rules) -> Approach:
        """How cars approach the barrier: as configured, else as learnt from cars that stopped, else towards the camera."""
        if self.lane.approach is not Approach.AUTO:
            return self.lane.approach
        away = self.stood_further >= max(rules.approach_cars, rules.approach_odds * self.stood_nearer)
        return Approach.AWAY if away else Approach.TOWARD

    def way_back(self, rules: Rules) -> Way:
        """How a vehicle that drives away from the barrier moves in the picture."""
        return Way.NEARER if self.leads(rules) is Approach.AWAY else Way.FURTHER

    def learnt(self, rules: Rules, *, nearer: bool) -> LaneState:
        """After one more vehicle that came to stand. Older ones lose weight."""
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
    """Ids of one-time passes used since the last list arrived."""
    inside: tuple[Inside, ...] = ()
    """Who is known to be inside, oldest first; kept only where the site wants anti-passback."""
    count: int = 0
    """Visits begun so far; visit ids are made from it."""

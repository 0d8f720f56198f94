"""The working copy of one step of the gate: the lanes as they change, and the effects collected so far.

A `Turn` lives only inside `core.gate.step`; what it starts from and what it returns are immutable values. It holds
state only. The logic is in `core.turn.frames`, `core.turn.signals`, `core.turn.deadlines`, `core.turn.afterwards` and
`core.turn.ending`.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from core.decision.decide import Judgement, judge
from core.events import Effect, OpenBarrier
from core.instant import Instant
from core.rules.policy import Direction, Lane
from core.rules.visit import EntryRules, ExitRules
from core.turn.inside import refused_inside
from core.turn.recent import remembered
from core.turn.state import GateState, LaneState
from core.visit.visit import Visit


class Turn:
    """The gate between two states. A lane is identified by its index in the site's lanes."""

    def __init__(self, state: GateState) -> None:
        self.state = state
        self.policy = state.site.policy
        self.lanes: list[LaneState] = list(state.lanes)
        self.recent = state.recent
        self.consumed = state.consumed
        self.inside = state.inside
        self.count = state.count
        self.passes = state.passes
        self.openings: list[OpenBarrier] = []
        self.effects: list[Effect] = []

    def answer(self) -> tuple[GateState, tuple[Effect, ...]]:
        """The new state, and the effects with the openings first."""
        site = self.state.site
        state = replace(
            self.state,
            site=site if site.policy is self.policy else replace(site, policy=self.policy),
            passes=self.passes,
            lanes=tuple(self.lanes),
            recent=self.recent,
            consumed=self.consumed,
            inside=self.inside,
            count=self.count,
        )
        return state, (*self.openings, *self.effects)

    def lane(self, number: int) -> Lane:
        return self.lanes[number].lane

    def number(self, lane: str) -> int | None:
        """The index of the lane with that name; None if the site has no such lane."""
        return next((number for number, held in enumerate(self.lanes) if held.lane.name == lane), None)

    def rules(self, number: int) -> EntryRules | ExitRules:
        return self.state.site.rules(self.lanes[number].lane.direction)

    def visit(self, number: int, visit_id: str) -> Visit | None:
        return next((visit for visit in self.lanes[number].visits if visit.id == visit_id), None)

    def put(self, number: int, visit: Visit, *, instead_of: str | None = None) -> None:
        """Replaces the visit of the same id (or `instead_of`) in its lane."""
        old = instead_of or visit.id
        lane = self.lanes[number]
        self.lanes[number] = replace(lane, visits=tuple(visit if held.id == old else held for held in lane.visits))

    def drop(self, number: int, visit_id: str) -> None:
        lane = self.lanes[number]
        self.lanes[number] = replace(lane, visits=tuple(held for held in lane.visits if held.id != visit_id))

    def new_id(self, lane: str) -> str:
        self.count += 1
        return str(uuid5(NAMESPACE_URL, f"okter-gate:{self.state.site.run_id}/{lane}/{self.count}"))

    def remember(self, number: int, visit: Visit, at: Instant) -> None:
        """Remembers the plate of a car let through, so that the same car is not taken for a new one."""
        self.recent = remembered(self.recent, visit, self.lane(number), at.mono, self.policy, self.rules(number))

    def patient(self, visit: Visit, at: Instant) -> bool:
        """Whether waiting for better frames is over."""
        first = visit.motion.plate_first
        waited_s = at.mono - (first if first is not None else visit.first.mono)
        return waited_s >= self.policy.refuse_after_s and len(visit.evidence.fusion.looks) >= 2

    def judge(self, number: int, visit: Visit, at: Instant) -> Judgement:
        """What the rules of passing say about the visit now."""
        judgement = judge(
            visit.evidence.reading,
            self.passes,
            at,
            direction=self.lane(number).direction,
            policy=self.policy,
            consumed=self.consumed,
            near=self.patient(visit, at),
        )
        if self.lane(number).direction is Direction.EXIT:
            return judgement
        return refused_inside(judgement, self.inside, at, self.policy)

"""The vehicles at the gate now, as values for other parts of the program, made from the core's state. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.decision.record import Opening, TraceStep
from core.decision.trace import Rule
from core.geometry import Box, Corners
from core.instant import Instant
from core.plates.canonical import display
from core.rules.policy import Direction
from core.visit.phase import Phase
from core.words.outcomes import ASKED, OPENED
from core.words.reasons import USED_UP

if TYPE_CHECKING:  # readers of these values (`gate status`) do not load the visit modules
    from core.turn.state import GateState
    from core.visit.visit import Visit

EMPTY_AFTER_S = 10.0
"""A lane counts as empty when nothing vehicle-sized has been seen in it for this long."""


@dataclass(frozen=True, slots=True)
class LiveVisit:
    """One vehicle in view. `decided` is None, and `word` empty, while nothing was decided yet."""

    visit_id: str
    lane: str
    direction: Direction
    phase: Phase
    first: Instant
    last: Instant
    """When it was last seen."""
    decided: Instant | None
    word: str
    """The reason code, a key of `core.words.reasons.WORDS`."""
    plate: str | None
    display: str | None
    masked: str | None
    """What was read so far, with `?` for each uncertain character."""
    confidence: float
    pass_id: str | None
    note: str
    """The note of the pass that decided: whose it is (the apartment or company, or what a technician wrote)."""
    box: Box | None
    """Its plate in the picture, or the vehicle if there is no plate."""
    best_frame: int | None
    best_corners: Corners | None
    grounds: tuple[TraceStep, ...]
    """The rules behind the decision that holds now."""
    trace: tuple[TraceStep, ...]
    """Everything that was noted, in order."""
    openings: tuple[Opening, ...]

    @property
    def waits(self) -> bool:
        """Whether it is there and the barrier has not been opened for it."""
        return not self.openings or self.openings[-1].outcome not in {ASKED, *OPENED}


def live_visits(state: GateState) -> Iterator[LiveVisit]:
    """Every visit whose vehicle is in view, lane by lane. Mere sightings are left out."""
    for lane in state.lanes:
        for visit in lane.visits:
            if visit.confirmed:
                yield _live_visit(lane.lane.name, lane.lane.direction, visit)


def occupied(state: GateState, now_mono: float) -> Iterator[str]:
    """The names of the lanes where a vehicle is or may be: followed, on a loop, or seen a moment ago."""
    for lane in state.lanes:
        seen = now_mono - lane.vehicle_seen < EMPTY_AFTER_S
        if seen or lane.loops or any(visit.confirmed for visit in lane.visits):
            yield lane.lane.name


def _live_visit(lane: str, direction: Direction, visit: Visit) -> LiveVisit:
    judgement, reading, best = visit.judgement, visit.evidence.reading, visit.evidence.best
    plate = judgement.plate if judgement is not None else None
    used_up = judgement is not None and any(step.rule == Rule.PASS_USED for step in judgement.trace)
    word = "" if judgement is None else USED_UP if used_up else judgement.reason.value
    return LiveVisit(
        visit_id=visit.id,
        lane=lane,
        direction=direction,
        phase=visit.phase,
        first=visit.first,
        last=visit.last,
        decided=visit.decided,
        word=visit.overruled.value if visit.overruled is not None else word,
        plate=plate,
        display=None if plate is None else display(plate, read_as=reading.format if plate == reading.text else None),
        masked=reading.masked or None,
        confidence=judgement.confidence if judgement is not None and plate else 0.0,
        pass_id=judgement.item.id if judgement is not None and judgement.item is not None else None,
        note=judgement.item.note if judgement is not None and judgement.item is not None else "",
        box=visit.motion.plate or visit.motion.vehicle,
        best_frame=best.frame,
        best_corners=best.corners,
        grounds=judgement.trace if judgement is not None else (),
        trace=visit.trace,
        openings=visit.openings,
    )

"""Builds records: of a finished visit, of an opening without a visit, of one whose visit was lost, of a dropped sighting."""

from __future__ import annotations

from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from core.decision.decide import Judgement
from core.decision.record import DroppedSighting, Verdict, VisitRecord
from core.decision.standing import list_age_s
from core.decision.trace import Rule, step_of
from core.events import BarrierActed
from core.instant import Instant
from core.passes.pass_list import PassList
from core.plates.canonical import display
from core.rules.policy import Lane
from core.turn.openings import OTHERS, reported
from core.visit.visit import Visit

NAMED_CANDIDATES = 5
"""How many candidates a record keeps."""


def record_of(visit: Visit, lane: Lane, judgement: Judgement, passes: PassList, end: Instant) -> VisitRecord:
    """The record of a finished visit; a visit has exactly one. `judgement` is the final one."""
    reading, best = visit.evidence.reading, visit.evidence.best
    plate, decided = judgement.plate, visit.decided or end
    as_read = plate == reading.text
    format_id = reading.format if as_read else None
    return VisitRecord(
        visit_id=visit.id,
        lane=lane.name,
        direction=lane.direction,
        barrier=lane.barrier,
        first=visit.first,
        decided=decided,
        last=visit.last,
        frames=visit.frames,
        reads=visit.evidence.fusion.reads,
        plate=plate,
        masked=reading.masked or None,
        display=display(plate, read_as=format_id) if plate is not None else None,
        confidence=judgement.confidence if plate else 0.0,
        format=format_id,
        country=reading.country if as_read else None,
        decision=Verdict.OPEN if visit.openings else Verdict.REFUSE,
        reason=visit.overruled or judgement.reason,
        pass_id=judgement.item.id if judgement.item is not None else None,
        list_version=passes.version,
        list_age_s=list_age_s(passes, decided),
        clock_trusted=decided.wall_trusted,
        best_frame=best.frame,
        best_box=best.box,
        best_corners=best.corners,
        slots=reading.slots,
        candidates=reading.candidates[:NAMED_CANDIDATES],
        trace=visit.trace,
        openings=visit.openings,
        place=visit.motion.plate,
        chances=visit.chances,
    )


def dropped(visit: Visit, lane: Lane) -> DroppedSighting:
    """The report of a sighting that never became a visit."""
    return DroppedSighting(
        visit.id,
        lane.name,
        visit.kind,
        visit.ground,
        visit.first,
        visit.last,
        visit.frames + visit.lit,
        visit.evidence.reading.masked or None,
        visit.evidence.best.frame,
    )


def lone_record(visit_id: str, lane: Lane | None, event: BarrierActed, passes: PassList) -> VisitRecord:
    """The record of an opening with no vehicle in view."""
    return VisitRecord(
        visit_id=visit_id,
        lane=lane.name if lane is not None else "",
        direction=lane.direction if lane is not None else None,
        barrier=event.barrier,
        first=event.at,
        decided=event.at,
        last=event.at,
        frames=0,
        reads=0,
        plate=None,
        masked=None,
        display=None,
        confidence=0.0,
        format=None,
        country=None,
        decision=Verdict.OPEN,
        reason=event.reason,
        pass_id=None,
        list_version=passes.version,
        list_age_s=list_age_s(passes, event.at),
        clock_trusted=event.at.wall_trusted,
        best_frame=None,
        best_box=None,
        best_corners=None,
        slots=(),
        candidates=(),
        trace=(step_of(Rule.OPENED_BY, event.at.mono, reason=event.reason.value),),
        openings=(reported(event),),
    )


def cut_off_record(event: BarrierActed, lane: Lane | None = None) -> VisitRecord:
    """The record of an opening that the relay reported, but whose gate process ended before it wrote the visit.

    It is unknown which vehicle it was for and which list was in force. The id depends only on the request, so building
    the record again gives the same id.
    """
    lone = lone_record(str(uuid5(NAMESPACE_URL, f"okter-gate:cut-off/{event.request_id}")), lane, event, PassList())
    steps = lone.trace
    if event.reason not in OTHERS:
        steps = (
            step_of(Rule.ASKED, event.at.mono, reason=event.reason.value),
            step_of(Rule.ANSWERED, event.at.mono, outcome=event.outcome, detail=event.detail),
        )
    return replace(lone, trace=(*steps, step_of(Rule.CUT_OFF, event.at.mono)))

"""Records for tests: one plain visit, changed as a test needs."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta

from core.decision.record import Opening, TraceStep, Verdict, VisitRecord
from core.events import Instant, Reason
from core.geometry import Box
from core.reading.reading import Candidate, SlotEvidence
from core.rules.policy import Direction

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def instant(seconds: float = 0.0) -> Instant:
    return Instant(mono=seconds, wall=START + timedelta(seconds=seconds), wall_trusted=True)


def visit_record(number: int = 1, **changes: object) -> VisitRecord:
    """Visit `number`, a minute after the one before; nothing was opened for a refused one."""
    at = instant(60.0 * number)
    if changes.get("decision") is Verdict.REFUSE:
        changes = {"openings": (), **changes}
    record = VisitRecord(
        visit_id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        lane="entry",
        direction=Direction.ENTRY,
        barrier="main",
        first=at,
        decided=at,
        last=at,
        frames=12,
        reads=8,
        plate="A001BC77",
        masked="A001BC77",
        display="А 001 ВС 77",
        confidence=0.998,
        format="ru_type1",
        country="RU",
        decision=Verdict.OPEN,
        reason=Reason.PASS_VALID,
        pass_id="p1",
        list_version="c1",
        list_age_s=12.5,
        clock_trusted=True,
        best_frame=7,
        best_box=Box(10, 20, 120, 30),
        best_corners=((10, 20), (130, 20), (130, 50), (10, 50)),
        slots=(SlotEvidence("A", 0.99, "M", 0.01, erased=False),),
        candidates=(Candidate("A001BC77", 0.998, "ru_type1"),),
        trace=(TraceStep("pass_valid", 60.0, (("plate", "A001BC77"),)),),
        openings=(Opening("r1", Reason.PASS_VALID, at, "done"),),
    )
    return dataclasses.replace(record, **changes)

"""A finished visit of the running gate as one line, for people and for programs."""

from __future__ import annotations

from datetime import tzinfo

from core.decision.record import Verdict, VisitRecord
from core.words.reasons import reason_words
from edge.language import say


def live_values(record: VisitRecord) -> dict[str, object]:
    """Like the line of `gate replay`, with wall time instead of video seconds."""
    decided = record.decided
    return {
        "type": "visit",
        "id": record.visit_id,
        "at": record.first.wall.isoformat(timespec="milliseconds"),
        "lane": record.lane,
        "plate": record.plate,
        "display": record.display,
        "confidence": round(record.confidence, 4),
        "decision": record.decision.value,
        "reason": record.reason.value,
        "pass_id": record.pass_id,
        "decided_after_s": None if decided is None else round(decided.mono - record.first.mono, 3),
        "lasted_s": round(record.last.mono - record.first.mono, 3),
        "frames": record.frames,
        "openings": [
            {"reason": one.reason.value, "outcome": one.outcome, "detail": one.detail} for one in record.openings
        ],
        "clock_trusted": record.clock_trusted,
        "system_at": None if record.first.system is None else record.first.system.isoformat(timespec="milliseconds"),
    }


def live_text(record: VisitRecord, *, zone: tzinfo, colour: bool) -> str:
    """One line: when, where, what was decided, which plate, why, and the id for `gate why`."""
    if record.unconfirmed:
        sign = f"{say('ОТКРЫТ?'):<7}"
    elif record.opened:
        sign = f"{say('ОТКРЫТ'):<7}"
    elif record.decision is Verdict.OPEN:
        sign = say("НЕ ОТКРЫЛСЯ")
    else:
        sign = f"{say('ОТКАЗ'):<7}"
    if colour:
        sign = f"\033[{'33' if record.unconfirmed else '32' if record.opened else '31'};1m{sign}\033[0m"
    at = record.first.wall.astimezone(zone)
    plate = record.display or record.masked or "—"
    return f"{at:%d.%m %H:%M:%S}  {record.lane:<8} {sign}  {plate:<14} {reason_words(record.reason)}  [{record.visit_id[:8]}]"

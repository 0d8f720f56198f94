"""Plate readings made by the camera itself: at most they corroborate what we have read ourselves (ADR 117).

A foreign reading cannot be verified: it comes without a picture and without the doubt of single characters. It names no
plate, matches no pass and overrules nothing. It counts as one more agreeing picture, once a visit, if a picture of ours
reads the same text by itself, our fused reading is accepted, and the camera looked while we saw that plate. A reading
of unknown age, or an old one, does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.decision.record import TraceStep
from core.decision.trace import Rule, step_of
from core.events import CameraPlateRead
from core.instant import Instant
from core.rules.visit import Rules
from core.visit.visit import Visit

MOST_READS = 8
"""Foreign readings kept per lane; the oldest are dropped first."""


def with_read(reads: Sequence[CameraPlateRead], read: CameraPlateRead, rules: Rules) -> tuple[CameraPlateRead, ...]:
    """The lane's foreign readings with `read` added, and without those older than `witness_kept_s`."""
    recent = [one for one in reads if read.at.mono - one.at.mono <= rules.witness_kept_s]
    return (*recent, read)[-MOST_READS:]


def fresh(read: CameraPlateRead, rules: Rules) -> bool:
    """Whether it is known when the camera looked, and that was shortly before its reading arrived."""
    if read.seen is None:
        return False
    return -rules.witness_skew_s <= read.at.mono - read.seen <= rules.witness_age_s


def corroborated(reads: Sequence[CameraPlateRead], visit: Visit, rules: Rules) -> bool:
    """Whether the camera, during this passage, read the same text that a picture of ours reads by itself."""
    reading = visit.evidence.reading
    if not reads or not reading.accepted or not visit.evidence.fusion.supporters(reading.text):
        return False
    return any(one.plate == reading.text and fresh(one, rules) and _meanwhile(one, visit, rules) for one in reads)


def camera_steps(reads: Sequence[CameraPlateRead], visit: Visit, at: Instant, rules: Rules) -> Iterator[TraceStep]:
    """Trace steps for the why card: each camera reading of this time agrees, differs, or is of unknown age or old."""
    for one in reads:
        if not visit.first.mono - rules.witness_s <= one.at.mono <= visit.last.mono + rules.witness_s:
            continue
        if not fresh(one, rules):
            yield step_of(Rule.CAMERA_STALE, at.mono, said=one.plate)
        elif one.plate == visit.evidence.reading.text:
            yield step_of(Rule.CAMERA_AGREES, at.mono, plate=one.plate)
        else:
            yield step_of(Rule.CAMERA_DIFFERS, at.mono, said=one.plate)


def _meanwhile(read: CameraPlateRead, visit: Visit, rules: Rules) -> bool:
    first, last = visit.motion.plate_first, visit.motion.plate_last
    if read.seen is None or first is None or last is None:
        return False
    return first - rules.witness_s <= read.seen <= last + rules.witness_s

"""What is kept of a frame on which the barrier might have been opened, for whoever decides the visit again (ADR 205)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.decision.chances import WELL_AGREED, Chance
from core.decision.decide import NAMEABLE, REACH, SURE_PLACE
from core.decision.standing import standing_of
from core.events import FrameRead
from core.instant import Instant
from core.passes.pass_line import line_of
from core.passes.pass_list import PassList
from core.passes.risk import stranger_chance
from core.reading.reading import Candidate, Reading
from core.turn.camera_reads import corroborated
from core.turn.conditions import agreeing, hindrance
from core.turn.turn import Turn
from core.visit.visit import Visit
from core.words.reasons import Reason

_DIGITS = 4
"""Decimals of what is kept: finer than any threshold that a site sets."""


def with_chance(turn: Turn, number: int, visit: Visit, frame: FrameRead) -> Visit:
    """The visit at an entry, with this frame among its chances if it was one."""
    lane, rules, reading = turn.lanes[number], turn.rules(number), visit.evidence.reading
    if not reading.text or hindrance(lane, visit, frame, turn.policy, rules) is not None:
        return visit
    pictures = agreeing(visit, rules) + corroborated(lane.camera_reads, visit, rules)
    chance = _chance(turn, visit, reading, frame.at, pictures, patient=turn.patient(visit, frame.at))
    return replace(visit, chances=visit.chances.added(chance))


def _chance(turn: Turn, visit: Visit, reading: Reading, at: Instant, pictures: int, *, patient: bool) -> Chance:
    passes, plate = turn.passes, visit.motion.plate
    best = reading.candidates[0]
    considered = (best, *(one for one in reading.candidates[1:] if one.probability >= REACH and one.plate in passes))
    return Chance(
        after_s=round(at.mono - visit.first.mono, 2),
        confidence=round(reading.confidence, _DIGITS),
        accepted=reading.accepted,
        witnessed=reading.witnessed,
        patient=patient,
        masked=reading.masked,
        format=reading.format,
        candidates=tuple(Candidate(one.plate, round(one.probability, _DIGITS), one.format) for one in considered),
        doubtful=tuple(
            place for place, slot in enumerate(reading.slots) if slot.erased or slot.probability < SURE_PLACE
        ),
        agreeing=min(pictures, WELL_AGREED),
        reads=min(visit.evidence.fusion.reads, WELL_AGREED),
        width_px=int(plate.w) if plate is not None else 0,
        passes=tuple(_lines(considered, passes, turn.consumed)),
        standing=_standing(turn, best.plate, at),
        risk=_risk(reading, best, passes),
        unread=passes.unread,
    )


def _standing(turn: Turn, plate: str, at: Instant) -> str:
    """What the list says of the plate, in one word."""
    if plate not in turn.passes:
        return (Reason.NO_LIST if turn.passes.unread else Reason.NO_PASS).value
    return standing_of(plate, turn.passes, at, policy=turn.policy, consumed=turn.consumed).word


def _lines(considered: tuple[Candidate, ...], passes: PassList, consumed: frozenset[str]) -> Iterator[str]:
    """Their passes, as they hold now. Not the notes: no decision depends on them, and they name people."""
    for one in considered:
        for item in passes.for_plate(one.plate):
            plate, rest = line_of(replace(item, note="", used=item.used or item.id in consumed))
            yield f"{plate}\t{rest}"


def _risk(reading: Reading, best: Candidate, passes: PassList) -> float | None:
    """The chance of a stranger, where a pass fits the best candidate and was not read beyond doubt."""
    may_be_near = reading.witnessed and reading.format is not None and not reading.erasures
    if not may_be_near or best.probability < NAMEABLE or best.plate not in passes:
        return None
    return float(f"{stranger_chance(reading, passes):.3g}")

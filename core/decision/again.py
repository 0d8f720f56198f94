"""Decides a recorded visit again, under another policy, by what the journal kept of it. Pure.

The rules are those of the gate (`core.decision.decide`, `core.decision.enough`); the list is that part of it which the visit's moments
considered, as it held then. What was not kept is not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.decision.chances import WELL_AGREED, Chance
from core.decision.decide import Judgement, judge
from core.decision.enough import enough_pictures
from core.decision.record import Verdict, VisitRecord
from core.decision.trace import Rule
from core.instant import Instant
from core.passes.pass_line import pass_of
from core.passes.pass_list import PassList
from core.reading.reading import Reading, SlotEvidence
from core.rules.policy import Direction, Policy
from core.words.reasons import Reason

GATES_OWN = frozenset({Reason.PASS_VALID, Reason.LOCAL_LIST})
"""Reasons for which the gate itself opens an entry."""


class Missing(StrEnum):
    """Why an answer is not known."""

    OLDER = "older"
    """The visit was recorded by a version that kept neither the list nor the readings."""
    MORE = "more"
    """The visit had more moments that matter than are kept, or the policy asks for more pictures than are counted."""
    UNREAD = "unread"
    """What was kept cannot be read."""
    DIFFERS = "differs"
    """The gate opened, at no moment that was kept."""


@dataclass(frozen=True, slots=True)
class Again:
    """One policy's answer. `opens` None: not known, and `missing` says why."""

    opens: bool | None
    reason: str
    missing: Missing | None = None


def opened_by_gate(record: VisitRecord) -> bool:
    """Whether the gate itself decided to open, not somebody by hand."""
    return record.decision is Verdict.OPEN and record.reason in GATES_OWN


def decided_again(record: VisitRecord, policy: Policy) -> Again:
    """What `policy` says about a recorded visit at an entry."""
    if record.chances is None:
        return Again(None, record.reason.value, Missing.OLDER)
    if not record.chances.kept:
        if opened_by_gate(record):
            return Again(None, record.reason.value, Missing.DIFFERS)
        if not record.chances.all_kept:
            return Again(None, record.reason.value, Missing.MORE)
        return Again(False, _refusal(record).value)
    last: Judgement | None = None
    for chance in record.chances.kept:
        try:
            reading, judgement = _judged(record, chance, policy)
        except (ValueError, TypeError, IndexError):  # a record is bytes on a card; a wrong one is no answer
            return Again(None, record.reason.value, Missing.UNREAD)
        if judgement.opens and _inside(record, policy):
            return Again(False, Reason.ALREADY_INSIDE.value)
        if judgement.opens and enough_pictures(
            reading,
            judgement,
            policy,
            width_px=chance.width_px,
            reads=chance.reads,
            agreeing=lambda chance=chance: chance.agreeing,  # type: ignore[misc]
        ):
            return Again(True, judgement.reason.value)
        last = judgement
    assert last is not None
    if not record.chances.all_kept or (last.opens and policy.min_frames > WELL_AGREED):
        return Again(None, record.reason.value, Missing.MORE)
    return Again(False, (Reason.LOW_CONFIDENCE if last.opens else last.reason).value)


def _judged(record: VisitRecord, chance: Chance, policy: Policy) -> tuple[Reading, Judgement]:
    """The rule of the gate on one moment."""
    reading, at = _reading(chance), _at(record, chance)
    fetched = None
    if record.list_age_s is not None:
        fetched = (record.decided or record.last).wall - timedelta(seconds=record.list_age_s)
    lines = (line.partition("\t") for line in chance.passes)
    passes = PassList(
        (pass_of(plate, rest) for plate, _, rest in lines),
        version=record.list_version, fetched_at=fetched, unread=chance.unread,
    )  # fmt: skip
    risk = 1.0 if chance.risk is None else chance.risk
    told = judge(reading, passes, at, direction=Direction.ENTRY, policy=policy, near=chance.patient, risk=risk)
    return reading, told


def _reading(chance: Chance) -> Reading:
    best = chance.candidates[0]
    slots = tuple(
        SlotEvidence(symbol, 0.0 if place in chance.doubtful else 1.0, "", 0.0, erased=False)
        for place, symbol in enumerate(best.plate)
    )
    return Reading(
        text=best.plate, masked=chance.masked, display="", confidence=chance.confidence, accepted=chance.accepted,
        format=chance.format, country=None, slots=slots, candidates=chance.candidates, witnessed=chance.witnessed,
    )  # fmt: skip


def _at(record: VisitRecord, chance: Chance) -> Instant:
    """The moment on the clock by which the visit was decided."""
    decided = record.decided or record.last
    mono = record.first.mono + chance.after_s
    return Instant(mono, decided.wall + timedelta(seconds=mono - decided.mono), record.clock_trusted)


def _inside(record: VisitRecord, policy: Policy) -> bool:
    """Whether its plate was known to be inside, and `policy` asks."""
    return bool(policy.anti_passback_h) and any(step.rule == Rule.ALREADY_INSIDE for step in record.trace)


def _refusal(record: VisitRecord) -> Reason:
    """Why a visit without any moment was refused; somebody's hand that opened for it says nothing of that."""
    return record.reason if record.decision is Verdict.REFUSE else Reason.UNREADABLE

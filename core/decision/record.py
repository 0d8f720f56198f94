"""The record of a finished visit: what the journal keeps, the cloud gets and `gate why` explains.

Everything that decided is in it as data; `core.decision.why` turns it into sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.geometry import Box, Corners
from core.instant import Instant
from core.reading.reading import Candidate, SlotEvidence
from core.rules.policy import Direction
from core.words.reasons import Reason

__all__ = ["OPENED", "Candidate", "Opening", "SlotEvidence", "TraceStep", "Verdict", "VisitRecord"]


OPENED = frozenset({"done", "unconfirmed"})
"""Answers of the relay after which the barrier is taken to open: a board whose answer was lost may well have obeyed."""


class Verdict(StrEnum):
    OPEN = "open"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One rule that decided, at `mono` (monotonic seconds), with its facts as name and value.

    The codes are `core.decision.trace.Rule`.
    """

    rule: str
    mono: float
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """One request to open, ours or another's, and what the relay said to it."""

    request_id: str
    reason: Reason
    at: Instant
    outcome: str
    """`asked` until the relay answers; then `done`, `refused`, `failed` or `expired`."""
    detail: str = ""
    by: str = ""
    """Who asked, where that is told: `console:Иван`, `cli:root`, `portal:…`, `relay-test`."""
    note: str = ""
    """Why, in the words of whoever asked."""
    confirmed: bool | None = None
    """Whether the board said that it obeyed; None: it cannot tell, or an older record does not say."""


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """One vehicle in one lane, from first sight until gone; exactly one record a visit.

    Also an opening without any visit (the guard's button on an empty lane) makes one, with `frames` 0.
    """

    visit_id: str
    lane: str
    """Empty when the relay acted for a barrier whose lane is not known."""
    direction: Direction | None
    barrier: str
    first: Instant
    decided: Instant | None
    last: Instant
    frames: int
    """Frames in which the vehicle was seen."""
    reads: int
    """Frames in which a plate was read."""
    plate: str | None
    """Canonical; None when no plate was read with enough certainty to name it."""
    masked: str | None
    """The plate as far as it was read, `?` for an uncertain character; None when nothing was read."""
    display: str | None
    confidence: float
    """Calibrated probability that `plate` is the plate; 0 when there is none."""
    format: str | None
    country: str | None
    decision: Verdict
    reason: Reason
    pass_id: str | None
    list_version: str
    list_age_s: float | None
    """Age of the cloud's list when it decided; None without one."""
    clock_trusted: bool
    best_frame: int | None
    """`frame_id` of the picture that carries the evidence."""
    best_box: Box | None
    best_corners: Corners | None
    slots: tuple[SlotEvidence, ...]
    candidates: tuple[Candidate, ...]
    trace: tuple[TraceStep, ...]
    openings: tuple[Opening, ...]
    place: Box | None = None
    """Where its plate was when last seen, in the picture: a car opened for that still stands there has not arrived anew."""

    @property
    def opened(self) -> bool:
        """Whether the relay has told that the barrier opened for it; `decision` says only that it was to."""
        return any(opening.outcome in OPENED for opening in self.openings)


@dataclass(frozen=True, slots=True)
class DroppedSighting:
    """Something seen in a lane that was no visit: kept for a while, so that a technician can see what and why."""

    visit_id: str
    lane: str
    kind: str
    """What it was taken for at the end (`core.turn.classify.Kind`)."""
    ground: str
    """The rule that said so (`core.turn.classify.Ground`)."""
    first: Instant
    last: Instant
    frames: int
    masked: str | None
    """As much of a plate as was read on it."""
    best_frame: int | None

"""The record of a finished visit: what the journal keeps, the cloud receives and `gate why` explains.

It holds as data everything that went into the decision; `core.decision.why` turns that into sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.decision.chances import Chances
from core.geometry import Box, Corners
from core.instant import Instant
from core.reading.reading import Candidate, SlotEvidence
from core.rules.policy import Direction
from core.words.outcomes import OPENED, Outcome
from core.words.reasons import Reason


class Verdict(StrEnum):
    OPEN = "open"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One rule that applied, at `mono` (monotonic seconds), with its facts as name and value.

    The codes are those of `core.decision.trace.Rule`.
    """

    rule: str
    mono: float
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """One request to open, by the gate or by somebody else, and the relay's answer."""

    request_id: str
    reason: Reason
    at: Instant
    outcome: str
    """`ASKED` until the relay answers, then an `Outcome`. A word and no `Outcome`: a record that a later version wrote is
    read all the same."""
    detail: str = ""
    by: str = ""
    """Who asked, if known: `console:Иван`, `cli:root`, `portal:…`, `relay-test`."""
    note: str = ""
    """Why, in the words of the person who asked."""
    confirmed: bool | None = None
    """Whether the board confirmed that it obeyed. None: it cannot tell, or the record is too old to say."""


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """One vehicle in one lane, from first sight until it is gone. Exactly one record per visit.

    An opening without a visit (the guard's button on an empty lane) also makes one, with `frames` 0.
    """

    visit_id: str
    lane: str
    """Empty if the relay acted for a barrier whose lane is not known."""
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
    """Canonical; None if no plate was read with enough certainty to name it."""
    masked: str | None
    """The plate as far as it was read, with `?` for each uncertain character; None if nothing was read."""
    display: str | None
    confidence: float
    """Calibrated probability that `plate` is the plate; 0 if there is none."""
    format: str | None
    country: str | None
    decision: Verdict
    reason: Reason
    pass_id: str | None
    list_version: str
    list_age_s: float | None
    """Age of the cloud's list at the decision; None without such a list."""
    clock_trusted: bool
    best_frame: int | None
    """`frame_id` of the picture kept as evidence."""
    best_box: Box | None
    best_corners: Corners | None
    slots: tuple[SlotEvidence, ...]
    candidates: tuple[Candidate, ...]
    trace: tuple[TraceStep, ...]
    openings: tuple[Opening, ...]
    place: Box | None = None
    """Where its plate was last seen in the picture: a car opened for that still stands there has not arrived anew
    (ADR 51)."""
    chances: Chances | None = None
    """What another policy would judge again. None: a version before ADR 205 recorded it, or no vehicle was seen."""

    @property
    def opened(self) -> bool:
        """Whether the barrier is taken to have opened for it (`OPENED`). `decision` only says that it should open."""
        return any(opening.outcome in OPENED for opening in self.openings)

    @property
    def unconfirmed(self) -> bool:
        """Whether it is taken to have opened although no board has said so: somebody has to look."""
        return self.opened and not any(opening.outcome == Outcome.DONE for opening in self.openings)


@dataclass(frozen=True, slots=True)
class DroppedSighting:
    """Something seen in a lane that was no visit; kept for a while so that a technician can see what it was and why."""

    visit_id: str
    lane: str
    kind: str
    """What it was last taken for (`core.turn.sighting.Kind`)."""
    ground: str
    """The rule that decided so (`core.turn.sighting.Ground`)."""
    first: Instant
    last: Instant
    frames: int
    masked: str | None
    """As much as was read of a plate on it."""
    best_frame: int | None

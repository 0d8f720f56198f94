"""The jobs queued for the journal's writer thread."""

from __future__ import annotations

from dataclasses import dataclass

from camera.frame import Frame
from core.decision.record import DroppedSighting, VisitRecord
from core.events import BarrierActed, ConsumePass, Instant
from relay.protocol import RelayEvent


@dataclass(frozen=True, slots=True, eq=False)
class SaveVisit:
    record: VisitRecord
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class UsePass:
    used: ConsumePass
    at: Instant


@dataclass(frozen=True, slots=True)
class Note:
    kind: str
    at: Instant
    lane: str = ""
    detail: str = ""
    seq: int = 0
    """Number of the relay event that this note is about; 0 for other notes."""
    outgoing: bool = False
    """Send it to the cloud too."""
    event_id: str = ""
    opening: BarrierActed | None = None
    lost: bool = False
    """No visit of this process will contain `opening`."""


@dataclass(frozen=True, slots=True, eq=False)
class SaveDropped:
    dropped: DroppedSighting
    frame: Frame | None


Job = SaveVisit | UsePass | Note | SaveDropped


def relay_note(event: RelayEvent, at: Instant, *, opening: BarrierActed | None, lost: bool) -> Note:
    """The journal note for an event at the barrier."""
    words = [event.barrier, event.what, event.outcome, event.reason.value if event.reason else ""]
    words += [event.by, event.note, event.detail]
    detail = " ".join(word for word in words if word)[:500]
    kind, lane = f"relay_{event.kind.value}", event.lane or ""
    return Note(kind, at, lane, detail, event.seq, event_id=event.event_id, opening=opening, lost=lost)

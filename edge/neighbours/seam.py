"""The seam between the gate and its neighbours: what they are told, and the little they may request."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from core.decision.record import VisitRecord
from core.errors import GateError
from core.rules.policy import Direction
from edge.runtime.status import GateStatus


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle was refused and still stands there; sent once per visit and reason."""

    visit_id: str
    lane: str
    direction: Direction
    plate: str
    """For display; empty if none was read."""
    reason: str
    """`core.words.reasons.Reason`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The visit is over; its record is on its way to the journal."""

    record: VisitRecord


@dataclass(frozen=True, slots=True)
class StatusNow:
    """The state of the gate; sent every few seconds."""

    status: GateStatus
    waiting: tuple[Waiting, ...] | None = None
    """All vehicles that are waiting now; None if unknown."""


Told = Waiting | Finished | StatusNow


@runtime_checkable
class Refusing(Protocol):
    """A neighbour whose receiver may refuse a visit for good."""

    refused: int
    """Visits that the receiver refused since the start. They are not sent again."""


class NeighbourFailed(GateError, RuntimeError):
    """A delivery failed; it is tried again after a pause."""


class GateAccess(Protocol):
    """What a neighbour may request of the gate; thread-safe. The fake is `edge.neighbours.fake.FakeGateAccess`."""

    def open(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        """Ask the relay for one pulse; returns its outcome (`done`, `refused`, …) or the error. An id opens once."""
        ...

    def hold(self, lane: str, *, request_id: str, within_s: float, minutes: int, who: str) -> str: ...

    def release(self, lane: str, *, request_id: str, within_s: float, who: str) -> str: ...

    def waits(self, visit_id: str) -> bool:
        """Whether the vehicle of this visit is still there and has not been let through."""
        ...

    def picture(self, lane: str) -> bytes | None:
        """The lane now, as JPEG; None without a fresh frame."""
        ...

    def evidence(self, visit_id: str) -> bytes | None:
        """The picture of a finished visit, as JPEG; waits briefly until it is on disk."""
        ...

    def wall_s(self) -> float | None:
        """Seconds since 1970 by a trusted clock; None without one."""
        ...


class Neighbour(Protocol):
    """One receiver. It has threads of its own, may be as slow as it likes, and loses what it cannot keep up with."""

    def take(self, told: Told) -> None:
        """Called on the neighbour's thread. If it raises, the error is logged and delivery pauses for a while."""
        ...

    def listen(self, stop: threading.Event) -> None:
        """Receive from the other side, on its own thread, until `stop`. If it receives nothing it returns at once."""
        ...

    def close(self) -> None:
        """Release everything. Called from another thread; `take` and `listen` may be running."""
        ...

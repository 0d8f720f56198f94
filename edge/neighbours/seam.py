"""The seam between the gate and its neighbours: what they are told, and the little they may ask for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from core.decision.record import VisitRecord
from core.errors import GateError
from core.rules.policy import Direction
from edge.runtime.status import GateStatus


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle stands there and was refused; told once a visit and reason."""

    visit_id: str
    lane: str
    direction: Direction
    plate: str
    """As people read it; empty where none was read."""
    reason: str
    """`core.words.reasons.Reason`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The visit is over: its one record, on its way to the journal."""

    record: VisitRecord


@dataclass(frozen=True, slots=True)
class StatusNow:
    """How the gate is; told every few seconds."""

    status: GateStatus


Told = Waiting | Finished | StatusNow


class NeighbourFailed(GateError, RuntimeError):
    """A neighbour could not be told; it is tried again after a pause."""


class GateAccess(Protocol):
    """What a neighbour may ask of the gate; safe from any thread. `edge.neighbours.fake.FakeGateAccess` ships beside."""

    def open(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        """Ask the relay for one pulse; its outcome (`done`, `refused`, …), or what went wrong. The same id opens once."""
        ...

    def hold(self, lane: str, *, request_id: str, within_s: float, minutes: int, who: str) -> str: ...

    def release(self, lane: str, *, request_id: str, within_s: float, who: str) -> str: ...

    def waits(self, visit_id: str) -> bool:
        """Whether the vehicle of this visit is still there and not let through."""
        ...

    def picture(self, lane: str) -> bytes | None:
        """The lane now, as JPEG; None without a fresh frame."""
        ...

    def evidence(self, visit_id: str) -> bytes | None:
        """The picture of a finished visit, as JPEG; waits a little for the disk."""
        ...

    def wall_s(self) -> float | None:
        """Seconds since 1970 by a clock that can be trusted; None without one."""
        ...


class Neighbour(Protocol):
    """One who is told. Each has its own threads: it may be as slow as it likes, and loses what it has no time for."""

    def take(self, told: Told) -> None:
        """Called on the neighbour's thread. What it raises is logged, and it rests for a while."""
        ...

    def listen(self, stop: threading.Event) -> None:
        """Hear what the other side says, on a thread of its own, until `stop`; one that does not listen returns at once."""
        ...

    def close(self) -> None:
        """Let go of everything. Called from another thread; `take` and `listen` may be under way."""
        ...

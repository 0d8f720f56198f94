"""What the page knows about the gate, the relay and the journal, each with its age: asked here, shown everywhere.

Each source has its own thread, so that one that hangs does not delay the others. They ask while somebody is looking,
and rest otherwise. An answer older than `SILENT_S` no longer counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from edge.config.schema import Lane
from edge.console.journal_reader import JournalReader
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.scene import Scene
from edge.runtime.status import GateStatus
from edge.store.journal import StoredVisit
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import BarrierStatus, Status

ASK_EVERY_S = 0.5
SILENT_S = 3.0
LOOKED_AT_S = 10.0
"""Threads rest after nobody has looked for this long."""
FIRST_WORD_S = 3.0
VISITS = 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """The last answer (None: asked but not there) and when it came, in monotonic seconds."""

    value: T | None
    at: float


@dataclass(frozen=True, slots=True)
class GateNow:
    status: GateStatus
    scene: Scene


@dataclass(frozen=True, slots=True)
class Now:
    """Everything the home page shows. None: not there, or silent for too long."""

    gate: GateNow | None
    gate_age_s: float | None
    relay: Status | None
    relay_age_s: float | None
    visits: tuple[StoredVisit, ...] | None
    """The newest visits, newest first. None: the journal cannot be read."""
    visits_late: bool
    """The journal has not answered for a while: later visits may be missing."""
    wall: datetime
    """The gate's clock if it runs, else this process's; aware."""

    def barrier(self, name: str) -> BarrierStatus | None:
        """The relay process's own report on a barrier; that of `gate run` would be second-hand."""
        return None if self.relay is None else next((one for one in self.relay.barriers if one.name == name), None)

    def ready(self, lane: Lane | None) -> bool:
        """Whether the relay has just said that it and the board of this lane's barrier are well."""
        barrier = None if lane is None else self.barrier(lane.barrier)
        return barrier is not None and barrier.health == "ok"


class Ear(Generic[T]):
    """Polls one source on its own thread, as long as somebody is looking."""

    def __init__(self, name: str, ask: Callable[[], T | None], looked: Callable[[], float]) -> None:
        self._ask = ask
        self._looked = looked
        self._stop = threading.Event()
        self._wanted = threading.Event()
        self._answered = threading.Event()
        self._resting = False
        self.heard: Heard[T] | None = None
        self._thread = threading.Thread(target=self._run, name=f"console-{name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wanted.set()

    def fresh(self) -> T | None:
        heard = self.heard
        return None if heard is None or time.monotonic() - heard.at > SILENT_S else heard.value

    @property
    def age_s(self) -> float | None:
        """Time since it last answered; None if it is not there now or never was."""
        heard = self.heard
        return None if heard is None or heard.value is None else round(max(0.0, time.monotonic() - heard.at), 2)

    def first_word(self, timeout_s: float) -> None:
        """Wake it and wait for a first answer, at most this long. One that is already asking may hang: do not wait."""
        if self.heard is not None and not self._resting:
            return
        self._answered.clear()
        self.wake()
        self._answered.wait(timeout_s)

    def close(self) -> None:
        self._stop.set()
        self.wake()

    def _run(self) -> None:
        while not self._stop.is_set():
            if time.monotonic() - self._looked() > LOOKED_AT_S:
                self._resting = True
                self._wanted.wait()
                self._resting = False
            self._wanted.clear()
            if self._stop.is_set():
                return
            value = self._ask()
            self.heard = Heard(value, time.monotonic())
            self._answered.set()
            self._wanted.wait(ASK_EVERY_S)


class Watch:
    """`now` may be called from any thread. It waits only for the very first answers."""

    def __init__(self, *, gate: ControlClient, relay: Relay, journal: JournalReader) -> None:
        self._gate = gate
        self._relay = relay
        self._looked = -LOOKED_AT_S
        self._ears: tuple[Ear[GateNow], Ear[Status], Ear[tuple[StoredVisit, ...]]] = (
            Ear("gate", self._ask_gate, lambda: self._looked),
            Ear("relay", self._ask_relay, lambda: self._looked),
            Ear("journal", lambda: journal.newest(VISITS), lambda: self._looked),
        )

    def now(self) -> Now:
        self._looked = time.monotonic()
        gate, relay, journal = self._ears
        for ear in self._ears:
            ear.first_word(FIRST_WORD_S)
        heard, fresh = journal.heard, gate.fresh()
        return Now(
            gate=fresh,
            gate_age_s=gate.age_s,
            relay=relay.fresh(),
            relay_age_s=relay.age_s,
            visits=None if heard is None else heard.value,
            visits_late=heard is not None and journal.fresh() is None,
            wall=datetime.now(UTC) if fresh is None else datetime.fromisoformat(fresh.status.wall),
        )

    def close(self) -> None:
        for ear in self._ears:
            ear.close()

    def _ask_gate(self) -> GateNow | None:
        try:
            return GateNow(self._gate.status(), self._gate.scene())
        except GateAbsent:
            return None

    def _ask_relay(self) -> Status | None:
        try:
            return self._relay.status()
        except RelayError:
            return None

"""The announcer: looks at the gate once a second and tells the neighbours who waits and what state the gate is in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from core.decision.record import VisitRecord
from core.plates.canonical import display
from core.rules.policy import Direction
from core.turn.state import GateState
from core.visit.phase import Phase
from edge.neighbours.delivery import Delivery
from edge.neighbours.seam import Finished, StatusNow, Told, Waiting
from edge.runtime.status import GateStatus, NeighbourStatus

LOOK_S = 0.5
STATUS_EVERY_S = 5.0

log = logging.getLogger(__name__)


def waiting(state: GateState) -> Iterator[Waiting]:
    """The vehicles in view that were refused. Pure."""
    for lane in state.lanes:
        for visit in lane.visits:
            judged = visit.judgement
            if visit.phase is Phase.WAITING and judged is not None and not judged.opens:
                plate = display(judged.plate) if judged.plate else visit.evidence.reading.masked or ""
                yield Waiting(visit.id, lane.lane.name, lane.lane.direction, plate, judged.reason.value)


class Announcer:
    """Thread "neighbours", a daemon: no failure here affects the gate."""

    def __init__(
        self, deliveries: Sequence[Delivery], *, state: Callable[[], GateState], status: Callable[[], GateStatus]
    ) -> None:
        self._deliveries = tuple(deliveries)
        self._state = state
        self._status = status
        self._told: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="neighbours", daemon=True)

    def start(self) -> None:
        if self._deliveries:
            for delivery in self._deliveries:
                delivery.start()
            self._thread.start()

    def status(self) -> tuple[NeighbourStatus, ...]:
        """The state of each neighbour. May be called from any thread."""
        return tuple(NeighbourStatus(one.name, one.lost, one.trouble, one.refused) for one in self._deliveries)

    def finished(self, record: VisitRecord) -> None:
        """Returns at once; called on the journal's thread."""
        self._give(Finished(record))

    def close(self) -> None:
        self._stop.set()
        for delivery in self._deliveries:
            delivery.close()

    def look(self) -> None:
        """Announce those who wait and have not been announced yet."""
        now = {one.visit_id: one for one in self._waiting()}
        for visit_id, one in now.items():
            if self._told.get(visit_id) != one.reason:
                self._give(one)
        self._told = {visit_id: one.reason for visit_id, one in now.items()}

    def _waiting(self) -> tuple[Waiting, ...]:
        return tuple(one for one in waiting(self._state()) if one.direction is Direction.ENTRY)

    def _run(self) -> None:
        next_status = 0.0
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
                if time.monotonic() >= next_status:
                    next_status = time.monotonic() + STATUS_EVERY_S
                    self._give(StatusNow(self._status(), self._waiting()))
            except Exception:
                log.exception("%s: непредвиденная ошибка", "neighbours")
                self._stop.wait(STATUS_EVERY_S)

    def _give(self, told: Told) -> None:
        for delivery in self._deliveries:
            delivery.give(told)

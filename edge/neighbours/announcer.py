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
from edge.neighbours.seam import Finished, Neighbour, StatusNow, Told, Waiting
from edge.runtime.status import GateStatus, NeighbourStatus

LOOK_S = 0.5
STATUS_EVERY_S = 5.0
CLOSE_S = 0.5
"""How long a reload waits for a neighbour that is replaced; one that is stuck goes on by itself, and tells nobody any more."""

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
        """Replaced as a whole, never changed in place: other threads go through it."""
        self._state = state
        self._status = status
        self._told: dict[str, str] = {}
        self._started = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="neighbours", daemon=True)

    def start(self) -> None:
        self._started = True
        for delivery in self._deliveries:
            delivery.start()
        if self._deliveries:
            self._thread.start()

    def status(self) -> tuple[NeighbourStatus, ...]:
        """The state of each neighbour. May be called from any thread."""
        return tuple(NeighbourStatus(one.name, one.lost, one.trouble, one.refused) for one in self._deliveries)

    def neighbour(self, name: str) -> Neighbour | None:
        """The neighbour that is told under that name."""
        return next((delivery.neighbour for delivery in self._deliveries if delivery.name == name), None)

    def put(self, name: str, neighbour: Neighbour) -> None:
        """Tell this one from now on, in the place of the one of that name. Only from one thread at a time."""
        before = next((delivery for delivery in self._deliveries if delivery.name == name), None)
        delivery = Delivery(name, neighbour)
        if before is not None:
            before.close(CLOSE_S)  # first: two that poll one bot are thrown out by each other
        self._deliveries = (*(one for one in self._deliveries if one.name != name), delivery)
        if before is not None:
            delivery.inherit(before)
        if self._started:
            delivery.start()
            if self._thread.ident is None:
                self._thread.start()

    def drop(self, name: str) -> None:
        """Tell that one no more."""
        gone = [one for one in self._deliveries if one.name == name]
        self._deliveries = tuple(one for one in self._deliveries if one.name != name)
        for one in gone:
            one.close(CLOSE_S)

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

"""What makes a lane ring: the call button, via the relay process, and a waiting car, via `gate run`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from core.words.reasons import USED_UP, Reason
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.scene import SceneVisit
from relay.client import Relay
from relay.errors import RelayError
from relay.input_settings import InputKind
from relay.protocol import EventKind, RelayEvent

log = logging.getLogger(__name__)
WAIT_S = 0.5
RETRY_S = 2.0
LOOK_S = 1.0
IN_VIEW_S = 5.0
"""A car unseen for this long counts as gone."""
REFUSED = frozenset(
    {
        Reason.NO_PASS.value, Reason.NO_LIST.value, Reason.PASS_NOT_STARTED.value, Reason.OUTSIDE_HOURS.value,
        Reason.PASS_EXPIRED.value, Reason.PASS_REVOKED.value, Reason.BLOCKED.value, Reason.UNREADABLE.value,
        Reason.AMBIGUOUS.value, Reason.LOW_CONFIDENCE.value, Reason.ALREADY_INSIDE.value, USED_UP,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """A car that was not let in and still stands there."""

    lane: str
    visit_id: str
    waited_s: float
    plate: str | None
    """Canonical."""


class ButtonEar(threading.Thread):
    """Reports each press of a call button with its lane while a relay process runs; otherwise waits for one.

    Presses that nobody was listening to are not reported later: a visitor who waited that long has pressed again.
    """

    def __init__(self, relay: Relay, *, pressed: Callable[[str], None]) -> None:
        super().__init__(name="call-button", daemon=True)
        self._relay = relay
        self._pressed = pressed
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        told = ""
        while not self._over.is_set():
            try:
                stream = self._relay.subscribe(replayed=False)
                try:
                    told = ""
                    while not self._over.is_set():
                        event = stream.next(WAIT_S)
                        if event is not None and event.lane and _is_press(event):
                            self._pressed(event.lane)
                finally:
                    stream.close()
            except RelayError as error:
                if str(error) != told:
                    log.warning("кнопка вызова не слышна: %s", error)
                told = str(error)
                self._over.wait(RETRY_S)


def _is_press(event: RelayEvent) -> bool:
    return event.kind is EventKind.PRESENCE and event.what == InputKind.CALL_BUTTON and event.outcome == "on"


def waiting_cars(gate: ControlClient) -> tuple[Waiting, ...]:
    """Refused cars in view that wait, the newest of a lane last; none if `gate run` does not answer."""
    try:
        scene = gate.scene()
    except GateAbsent:
        return ()
    return tuple(
        Waiting(one.visit.lane, one.visit.visit_id, one.waited_s, one.visit.plate)
        for one in scene.visits
        if _stands(one)
    )


def _stands(one: SceneVisit) -> bool:
    """Whether it was refused and is still there. A car being read, or let in, does not ring."""
    visit = one.visit
    return visit.decided is not None and visit.word in REFUSED and visit.waits and one.unseen_s < IN_VIEW_S


def plate_in(gate: ControlClient, lane: str) -> str | None:
    """Plate of the car that stands in the lane while its driver presses the button; None if none was read."""
    try:
        visits = gate.scene().visits
    except GateAbsent:
        return None
    seen = [one for one in visits if one.visit.lane == lane and one.unseen_s < IN_VIEW_S and one.visit.plate]
    return seen[-1].visit.plate if seen else None

"""One camera's readings on their way to the core: its state, and what keeps its readings from counting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from core.events import CameraPlateRead
from core.instant import Instant
from core.rules.visit import ENTRY
from core.words.language import say
from edge.runtime.status import NeighbourStatus
from edge.witnesses.said import Said, behind_s, to_core

LEAST_PAUSE_S = 0.2
"""Minimum time between two readings of one camera; faster ones are dropped and counted."""

log = logging.getLogger(__name__)


class Ear:
    """The receiver for one lane. Called from the listening thread; `status` from any."""

    def __init__(self, lane: str, *, put: Callable[[CameraPlateRead], None], now: Callable[[], Instant]) -> None:
        self.lane = lane
        self._put = put
        self._now = now
        self._lock = threading.Lock()
        self._link = say("камера ещё не отвечала")
        self._clock = ""
        self._last = float("-inf")
        self._lost = 0

    def hear(self, said: Said) -> None:
        """Take one reading; one that is no plate is ignored."""
        now = self._now()
        read = to_core(said, self.lane, now)
        if read is None:
            return
        with self._lock:
            if now.mono - self._last < LEAST_PAUSE_S:  # a faulty camera must not fill the controller's queue
                self._lost += 1
                return
            self._last = now.mono
            self._clock = _clock_trouble(said, now)
        self._put(read)

    def linked(self) -> None:
        self._tell("")

    def failed(self, why: str) -> None:
        """The camera does not answer, or not as it should; logged once."""
        if self._tell(why):
            log.warning("%s: %s", f"anpr {self.lane}", why)

    def status(self) -> NeighbourStatus:
        with self._lock:
            return NeighbourStatus(f"anpr:{self.lane}", self._lost, self._link or self._clock)

    def _tell(self, why: str) -> bool:
        with self._lock:
            news, self._link = why != self._link, why
        return news and bool(why)


def _clock_trouble(said: Said, now: Instant) -> str:
    """Why the reading's age is unknown or not trusted, with the cure; empty if it is fine."""
    if not said.live:
        return ""  # an old reading, marked as such: nothing is wrong
    if not now.wall_trusted:
        return say("нашим часам нельзя верить: чтения камеры не считаются; включите NTP")
    if said.at is None:
        return say("камера не пишет время с часовым поясом: её чтения не считаются; обновите прошивку камеры")
    behind = behind_s(said, now)
    if behind is None:
        return say("часы камеры ушли больше чем на час: её чтения не считаются; включите в ней NTP и часовой пояс")
    if not -ENTRY.witness_skew_s <= behind <= ENTRY.witness_age_s:
        return say("часы камеры расходятся с нашими на {s:.0f} с: её чтения не считаются; включите в ней NTP", s=behind)
    return ""

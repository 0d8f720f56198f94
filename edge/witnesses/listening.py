"""All of this gate's cameras that read plates themselves, each on an unsupervised daemon thread (like neighbours)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from core.events import CameraPlateRead
from core.instant import Instant
from edge.config import GateConfig
from edge.runtime.status import NeighbourStatus
from edge.witnesses.ear import Ear
from edge.witnesses.push import PushServer
from edge.witnesses.settings import Anpr
from edge.witnesses.stream import DIALECTS, CameraStream

Listen = Callable[[threading.Event], None]


class Witnesses:
    """`start` and `close` on the composing thread; `status` from any. Without such cameras there is no thread."""

    def __init__(
        self, config: GateConfig, *, put: Callable[[CameraPlateRead], None], now: Callable[[], Instant]
    ) -> None:
        self._stop = threading.Event()
        self._ears = {lane.name: Ear(lane.name, put=put, now=now) for lane in config.lanes if lane.anpr is not Anpr.OFF}
        self._threads = [
            threading.Thread(target=work, args=(self._stop,), name=name, daemon=True)
            for name, work in _work(config, self._ears)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def status(self) -> tuple[NeighbourStatus, ...]:
        return tuple(ear.status() for ear in self._ears.values())

    def close(self) -> None:
        """Ask the threads to end without waiting: one of them may be blocked on a silent camera."""
        self._stop.set()


def _work(config: GateConfig, ears: dict[str, Ear]) -> Sequence[tuple[str, Listen]]:
    found: list[tuple[str, Listen]] = []
    for lane in config.lanes:
        dialect = DIALECTS.get(lane.anpr)
        if dialect is not None:
            found.append((f"anpr:{lane.name}", CameraStream(lane.anpr_url, dialect, ears[lane.name]).listen))
    pushing = {lane.name: lane for lane in config.lanes if lane.anpr is Anpr.PUSH}
    if pushing:
        server = PushServer(
            config.anpr.host,
            config.anpr.port,
            {name: ears[name] for name in pushing},
            {name: lane.anpr_host for name, lane in pushing.items()},
        )
        found.append(("anpr:push", server.listen))
    return found

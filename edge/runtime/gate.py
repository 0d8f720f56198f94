"""`gate run`, put together: the threads, their work, and who is told what.

capture:LANE  camera -> newest frame          relay-events  what the barrier did -> controller, journal
vision        newest frame -> reads           barrier       the controller's requests -> relay process
controller    events -> state, effects        journal       records, pictures, notes -> disk
passes        passes.db -> controller         control       gate.sock: status, pictures
sync          cloud <-> disk                  main          supervisor, relay process, watchdog
anpr:LANE     what the camera itself has read -> controller; not supervised
aim           a day's camera view -> compared with the acceptance
call-watch    whether `gate call` is alive, where calls are enabled
neighbours    who waits, the gate's state -> deliveries; each neighbour has two threads of its own, not supervised
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from camera.reader import PlateReader
from core.decision.record import VisitRecord
from edge.config import GateConfig
from edge.runtime.acting import Acting
from edge.runtime.inbox import Inbox
from edge.runtime.keeping import Keeping
from edge.runtime.seeing import Seeing
from edge.runtime.supervisor import Supervisor
from edge.runtime.telling import Telling
from edge.runtime.worker import Beats, Worker
from relay.process.sd_notify import notify

STOP_ORDER = (
    ("capture", "vision", "passes", "sync", "relay-events"),  # first the sources of new events
    ("controller",),  # then open visits are finished and handed on
    ("barrier", "journal", "control"),  # last, what was handed on is carried out
)
SILENT_S = 15.0
SLOW_DISK_S = 120.0
"""A worn card may stall for a minute; that is not a deadlock."""
SLOW_CLOUD_S = 150.0
"""Longer than any one request to the cloud may take."""
CAPTURE = "capture:"
Thread = tuple[Callable[[threading.Event], None], float]
"""The work of a thread, and for how many seconds it may be silent before it counts as hung."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that `gate run` is made of. `beats`: when each thread last gave a sign of life."""

    beats: Beats
    keeping: Keeping
    acting: Acting
    seeing: Seeing
    telling: Telling


def run_gate(
    config: GateConfig,
    open_reader: Callable[[], PlateReader],
    *,
    announce: Callable[[VisitRecord], None],
    each_look: Callable[[], None] = lambda: None,
) -> int:
    """Run on the main thread until a signal (returns 0) or a fault (returns 1). The caller holds the instance lock.

    `each_look` is called twice a second. It keeps the relay process running where that process is ours.
    """
    parts = _assembled(config, open_reader, announce)
    supervisor = Supervisor(
        ready=lambda: notify("READY=1"), alive=lambda: notify("WATCHDOG=1"), stopping=lambda: notify("STOPPING=1")
    )
    supervisor.catch_signals()
    for name, (work, silent_s) in {**_own_threads(parts), **_captures(config, parts.seeing)}.items():
        # A capture thread may hang in a camera's library: the process does not wait for it.
        daemon = name.startswith(CAPTURE)
        worker = Worker(name, work, silent_s=silent_s, on_death=supervisor.died, daemon=daemon)
        parts.beats.workers[name] = worker
        supervisor.add(worker)
    log.info("%s: проезды %s", config.site.name, ", ".join(lane.name for lane in config.lanes))
    telling = parts.telling
    telling.announcer.start()
    telling.witnesses.start()
    try:
        return supervisor.run(each_look=each_look, stop_order=STOP_ORDER)
    finally:
        telling.witnesses.close()
        telling.announcer.close()


def _assembled(
    config: GateConfig, open_reader: Callable[[], PlateReader], announce: Callable[[VisitRecord], None]
) -> Parts:
    """The four parts, wired to each other; no thread runs yet."""
    telling: Telling

    def recorded(record: VisitRecord) -> None:
        announce(record)
        telling.announcer.finished(record)

    beats, inbox = Beats(), Inbox()
    keeping = Keeping(
        config,
        inbox=inbox,
        beats=beats,
        announce=recorded,
        status=lambda: telling.answers.status(),  # noqa: PLW0108 - here and below: `telling` is made after this
        rules=lambda: telling.rules.told(),  # noqa: PLW0108
        choose=lambda chosen: telling.choose(chosen),  # noqa: PLW0108
    )
    acting = Acting(config, keeping=keeping, inbox=inbox, beats=beats)
    seeing = Seeing(
        config, open_reader, attention=acting.controller.attention, keeping=keeping, inbox=inbox, beats=beats
    )
    telling = Telling(config, keeping=keeping, acting=acting, seeing=seeing, inbox=inbox, beats=beats)
    return Parts(beats, keeping, acting, seeing, telling)


def _own_threads(parts: Parts) -> dict[str, Thread]:
    """One of each, whatever the lanes are."""
    return {
        "control": (parts.telling.control.run, SILENT_S),
        "journal": (parts.keeping.journal.run, SLOW_DISK_S),
        "barrier": (parts.acting.hand.run, SILENT_S),
        "controller": (parts.acting.controller.run, SILENT_S),
        "relay-events": (parts.acting.listener.run, SILENT_S),
        "passes": (parts.keeping.watch.run, SLOW_DISK_S),
        "vision": (parts.seeing.vision.run, SILENT_S),
        "call-watch": (parts.telling.call_watch.run, SILENT_S),
        "aim": (parts.seeing.aim.run, SLOW_DISK_S),
        "sync": (parts.keeping.cloud.run, SLOW_CLOUD_S),
    }


def _captures(config: GateConfig, seeing: Seeing) -> dict[str, Thread]:
    """One for each lane: a camera may be silent for as long as its own time-outs allow."""
    return {
        f"{CAPTURE}{lane.name}": (
            seeing.captures[lane.name].run,
            max(lane.view.open_timeout_s, lane.view.read_timeout_s) + SILENT_S,
        )
        for lane in config.lanes
    }

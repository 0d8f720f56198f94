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
from relay.process.sd_notify import tell

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

log = logging.getLogger(__name__)


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
        choose=lambda chosen: telling.reloader.choose(chosen),  # noqa: PLW0108
    )
    acting = Acting(config, keeping=keeping, inbox=inbox, beats=beats)
    seeing = Seeing(
        config, open_reader, attention=acting.controller.attention, keeping=keeping, inbox=inbox, beats=beats
    )
    telling = Telling(config, keeping=keeping, acting=acting, seeing=seeing, inbox=inbox, beats=beats)

    supervisor = Supervisor(
        ready=lambda: tell("READY=1"), alive=lambda: tell("WATCHDOG=1"), stopping=lambda: tell("STOPPING=1")
    )
    supervisor.catch_signals()

    def add(
        name: str, work: Callable[[threading.Event], None], *, silent_s: float = SILENT_S, daemon: bool = False
    ) -> None:
        worker = Worker(name, work, silent_s=silent_s, on_death=supervisor.died, daemon=daemon)
        beats.workers[name] = worker
        supervisor.add(worker)

    add("control", telling.control.run)
    add("journal", keeping.journal.run, silent_s=SLOW_DISK_S)
    add("barrier", acting.hand.run)
    add("controller", acting.controller.run)
    add("relay-events", acting.listener.run)
    add("passes", keeping.watch.run, silent_s=SLOW_DISK_S)
    add("vision", seeing.vision.run)
    add("call-watch", telling.call_watch.run)
    add("aim", seeing.aim.run, silent_s=SLOW_DISK_S)
    add("sync", keeping.cloud.run, silent_s=SLOW_CLOUD_S)
    for lane in config.lanes:
        patience_s = max(lane.view.open_timeout_s, lane.view.read_timeout_s) + SILENT_S
        add(f"capture:{lane.name}", seeing.captures[lane.name].run, silent_s=patience_s, daemon=True)

    log.info("%s: проезды %s", config.site.name, ", ".join(lane.name for lane in config.lanes))
    telling.announcer.start()
    telling.witnesses.start()
    try:
        return supervisor.run(each_look=each_look, stop_order=STOP_ORDER)
    finally:
        telling.witnesses.close()
        telling.announcer.close()

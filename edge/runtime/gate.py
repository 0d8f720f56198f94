"""`gate run`, put together: which thread does what, and who is told what.

capture:LANE  camera -> newest frame          relay-events  what the barrier did -> controller, journal
vision        newest frame -> reads           barrier       the controller's requests -> relay process
controller    events -> state, effects        journal       records, pictures, notes -> disk
passes        passes.db -> controller         control       gate.sock: status, pictures
sync          cloud <-> disk                  main          supervisor, relay process, watchdog
anpr:LANE     what a camera itself has read -> controller; watched by nobody
aim           view of a day -> compared with its acceptance
call-watch    whether `gate call` is at work, where calls are wanted
neighbours    who waits, how the gate is -> deliveries; each neighbour has two threads of its own, watched by nobody
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from camera.frame import Frame
from camera.reader import PlateReader
from core.decision.record import DroppedSighting, VisitRecord
from core.events import ConsumePass, Instant, OpenBarrier
from edge.chosen_rules import ChosenRules
from edge.config import GateConfig
from edge.config.choice import with_choice
from edge.neighbours.announcer import Announcer
from edge.neighbours.gate_access import RunningGateAccess
from edge.neighbours.plugins import neighbours
from edge.runtime.answers import GateAnswers, Parts, cloud_state
from edge.runtime.barrier import BarrierHand
from edge.runtime.call_watch import CallWatch
from edge.runtime.control import ControlServer
from edge.runtime.controller import Controller
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.keeping import Keeping
from edge.runtime.recall import told_before
from edge.runtime.relay_events import RelayListener
from edge.runtime.reload import Reloader
from edge.runtime.rules import RulesInForce
from edge.runtime.seeing import Seeing
from edge.runtime.supervisor import Supervisor
from edge.runtime.worker import Beats, Worker
from edge.witnesses.listening import Witnesses
from relay.client import RelayClient
from relay.process.sd_notify import tell

STOP_ORDER = (
    ("capture", "vision", "passes", "sync", "relay-events"),  # nothing new comes in
    ("controller",),  # what is open is finished and handed on
    ("barrier", "journal", "control"),  # what was handed on is done
)
SILENT_S = 15.0
SLOW_DISK_S = 120.0
"""A worn card may think for a minute; that is no deadlock."""
SLOW_CLOUD_S = 150.0
"""Longer than any one request to the cloud may take."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Performer:
    """`controller.Effects`: hands each effect to the thread that performs it."""

    hand: BarrierHand
    journal: JournalWriter

    def open_barrier(self, wanted: OpenBarrier) -> None:
        self.hand.open_barrier(wanted)

    def record(self, record: VisitRecord, frame: Frame | None) -> None:
        self.journal.record(record, frame)

    def use_pass(self, used: ConsumePass, at: Instant) -> None:
        self.journal.use_pass(used, at)

    def drop(self, dropped: DroppedSighting, frame: Frame | None) -> None:
        self.journal.drop(dropped, frame)


class Acting:
    """The core on a thread of its own, the hand that carries out what it asks, and the ear for what the relay then did."""

    def __init__(self, config: GateConfig, *, keeping: Keeping, inbox: Inbox, beats: Beats) -> None:
        now = keeping.clock.now
        self.chosen = ChosenRules(config.state_dir, cloud=config.cloud.url).current()
        self.relay = RelayClient(config.state_dir)
        self.hand = BarrierHand(self.relay, inbox=inbox, now=now, beat=beats.of("barrier"))
        self.controller = Controller(
            site=with_choice(config, self.chosen).core_site(run_id=str(uuid.uuid4())),
            passes=keeping.watch.first(),
            inbox=inbox,
            effects=Performer(self.hand, keeping.journal),
            now=now,
            told=told_before(keeping.place.journal_file, now().wall),
            beat=beats.of("controller"),
        )
        self.listener = RelayListener(
            RelayClient(config.state_dir),
            inbox=inbox,
            notes=keeping.journal,
            now=now,
            answered=self.hand.answers,
            input_kinds={one.name: one.kind for one in config.inputs},
            beat=beats.of("relay-events"),
        )


class Telling:
    """Who may ask how the gate is, and who is told without asking."""

    def __init__(
        self, config: GateConfig, *, keeping: Keeping, acting: Acting, seeing: Seeing, inbox: Inbox, beats: Beats
    ) -> None:
        now, journal, controller = keeping.clock.now, keeping.journal, acting.controller
        self.reloader = Reloader(
            config,
            inbox=inbox,
            look_by=seeing.look_by,
            note=lambda kind, at, detail: journal.note(kind, at, detail=detail),
            now=now,
            chosen=acting.chosen,
        )
        self.rules = RulesInForce(
            policy=lambda: controller.state.site.policy, origins=self.reloader.origins, mono=lambda: now().mono
        )
        self.call_watch = CallWatch(keeping.alarms, wanted=config.call.enabled, beat=beats.of("call-watch"))
        self.witnesses = Witnesses(config, put=inbox.put, now=now)
        self.answers = GateAnswers(
            Parts(
                config=config,
                clock=keeping.clock,
                captures=seeing.captures,
                slots=seeing.slots,
                vision=seeing.vision,
                controller=controller,
                inbox=inbox,
                journal=journal,
                relay=acting.relay,
                cloud=lambda: cloud_state(keeping.cloud.status()),
                passes_changed=keeping.watch.changed,
                alarms=keeping.alarms,
                reload=self.reloader.reload,
                rules=self.rules.status,
                call_alive=self.call_watch.heard,
                neighbours=lambda: (*self.announcer.status(), *self.witnesses.status()),
            )
        )
        access = RunningGateAccess(
            relay=RelayClient(config.state_dir),
            journal=journal,
            journal_file=keeping.place.journal_file,
            state=lambda: controller.state,
            picture=self.answers.picture,
            now=now,
        )
        deliveries = tuple(neighbours(config, access, journal_folder=keeping.place.journal))
        self.announcer = Announcer(deliveries, state=lambda: controller.state, status=self.answers.status)
        self.control = ControlServer(config.state_dir, self.answers, beat=beats.of("control"))


def run_gate(
    config: GateConfig,
    open_reader: Callable[[], PlateReader],
    *,
    announce: Callable[[VisitRecord], None],
    each_look: Callable[[], None] = lambda: None,
) -> int:
    """Run until a signal (0) or a fault (1). The instance lock is held by the caller; this is the main thread.

    `each_look` is called twice a second: it keeps the relay process, where that is ours.
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
        status=lambda: telling.answers.status(),  # noqa: PLW0108 - here and below: made later, asked later still
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

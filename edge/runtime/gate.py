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
from functools import partial

from camera.capture import Capture
from camera.frame import Frame
from camera.look import LaneView
from camera.opening import open_source
from camera.reader import PlateReader
from core.decision.record import DroppedSighting, VisitRecord
from core.events import CameraChanged, ConsumePass, Instant, OpenBarrier
from core.rules.policy import Direction
from edge.chosen_rules import ChosenRules
from edge.config import GateConfig
from edge.config.choice import with_choice
from edge.neighbours.announcer import Announcer
from edge.neighbours.gate_access import RunningGateAccess
from edge.neighbours.plugins import neighbours
from edge.runtime.aim_watch import AimWatch
from edge.runtime.alarms import Alarm, Alarms, Fault
from edge.runtime.allocator import give_back
from edge.runtime.answers import GateAnswers, Parts, cloud_state
from edge.runtime.barrier import BarrierHand
from edge.runtime.call_watch import CallWatch
from edge.runtime.clock import Clock
from edge.runtime.control import ControlServer
from edge.runtime.controller import Controller
from edge.runtime.inbox import Inbox
from edge.runtime.journal import BALLAST_FILE, JournalWriter
from edge.runtime.known_time import newest_known
from edge.runtime.outgoing import gate_event
from edge.runtime.pass_watch import PassWatch
from edge.runtime.recall import told_before
from edge.runtime.relay_events import RelayListener
from edge.runtime.reload import Reloader
from edge.runtime.rules import RulesInForce
from edge.runtime.steady_reader import SteadyReader
from edge.runtime.supervisor import Supervisor
from edge.runtime.syncing import CloudWorker
from edge.runtime.view_alarms import ViewAlarms
from edge.runtime.vision import NoticedSlot, Vision
from edge.runtime.worker import Worker
from edge.store.place import StorePlace, settle
from edge.store.retention import make_room
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


class _Beats:
    """Heartbeats by thread name: parts are made before the workers that run them."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}

    def of(self, name: str) -> Callable[[], None]:
        def beat() -> None:
            self.workers[name].beat()

        return beat


def doubted(alarms: Alarms, what: str) -> None:
    """The cloud told a time that was not believed, or (empty) one that was."""
    if what:
        alarms.set(Fault.CLOCK_JUMP, what)
    else:
        alarms.clear(Fault.CLOCK_JUMP)


def run_gate(  # noqa: PLR0915 - one composition, read from top to bottom
    config: GateConfig,
    open_reader: Callable[[], PlateReader],
    *,
    announce: Callable[[VisitRecord], None],
    each_look: Callable[[], None] = lambda: None,
) -> int:
    """Run until a signal (0) or a fault (1). The instance lock is held by the caller; this is the main thread.

    `each_look` is called twice a second: it keeps the relay process, where that is ours.
    """
    state_dir = config.state_dir
    make_room(state_dir / BALLAST_FILE)
    place = settle(state_dir)
    clock = Clock(floor=newest_known(place), doubted=lambda what: doubted(alarms, what))
    beats = _Beats()
    relay = RelayClient(state_dir)
    inbox = Inbox()

    def alarm_changed(alarm: Alarm, raised: bool) -> None:  # noqa: FBT001 - the signature of Alarms' callback
        kind = f"alarm_{alarm.code}" if raised else f"alarm_over_{alarm.code}"
        journal.note(kind, clock.now(), lane=alarm.lane, detail=alarm.detail, outgoing=cloud.wanted)

    alarms = Alarms(alarm_changed)
    watch = PassWatch(place.passes_file, inbox=inbox, now=clock.now, alarms=alarms, beat=beats.of("passes"))
    chosen = ChosenRules(state_dir, cloud=config.cloud.url).current()
    cloud = CloudWorker(
        config,
        clock=clock,
        relay=RelayClient(state_dir),
        passes_changed=watch.changed,
        gate_status=lambda: answers.status(),  # noqa: PLW0108 - made below, asked later
        rules=lambda: rules.told(),  # noqa: PLW0108 - made below, asked later
        choose=lambda wanted: reloader.choose(wanted),  # noqa: PLW0108 - the same
        place=place,
        beat=beats.of("sync"),
    )

    def recorded(record: VisitRecord) -> None:
        announce(record)
        announcer.finished(record)

    journal = JournalWriter(
        place.journal,
        config.store if place.journal == state_dir else config.store.in_memory(),
        passes_file=place.passes_file,
        now=clock.now,
        announce=recorded,
        recorded=cloud.poke,
        passes_changed=watch.changed,
        outgoing=lambda record: gate_event(record, zone=config.zone) if cloud.wanted else None,
        beat=beats.of("journal"),
    )
    if place.why:
        alarms.set(Fault.STATE_READ_ONLY, place.why)
    hand = BarrierHand(relay, inbox=inbox, now=clock.now, beat=beats.of("barrier"))
    controller = Controller(
        site=with_choice(config, chosen).core_site(run_id=str(uuid.uuid4())),
        passes=watch.first(),
        inbox=inbox,
        effects=Performer(hand, journal),
        now=clock.now,
        told=told_before(place.journal_file, clock.now().wall),
        beat=beats.of("controller"),
    )
    listener = RelayListener(
        RelayClient(state_dir),
        inbox=inbox,
        notes=journal,
        now=clock.now,
        answered=hand.answers,
        input_kinds={one.name: one.kind for one in config.inputs},
        beat=beats.of("relay-events"),
    )
    wake = threading.Event()
    slots = {lane.name: NoticedSlot(wake) for lane in config.lanes}
    reader = SteadyReader(open_reader, alarms=alarms)
    reader.start()
    give_back()
    vision = Vision(
        slots=slots,
        views={lane.name: LaneView(reader, settings=lane.view) for lane in config.lanes},
        wake=wake,
        inbox=inbox,
        attention=controller.attention,
        now=clock.now,
        first=[lane.name for lane in config.lanes if lane.direction is Direction.EXIT],
        beat=beats.of("vision"),
        viewed=ViewAlarms(alarms),
    )

    aim = AimWatch(
        config,
        views=lambda lane: vision.sights[lane].view,
        accept=vision.accept,
        alarms=alarms,
        now=clock.now,
        journal_file=place.journal_file,
        beat=beats.of("aim"),
    )

    def camera_changed(lane: str, alive: bool) -> None:  # noqa: FBT001 - the signature of Capture's callback
        at = clock.now()
        inbox.put(CameraChanged(lane=lane, at=at, alive=alive))
        journal.note("camera_back" if alive else "camera_lost", at, lane=lane, detail=captures[lane].last_error)

    captures = {
        lane.name: Capture(
            open_source(
                lane.camera,
                lane=lane.name,
                settings=lane.view,
                resting=partial(vision.resting, lane.name),
                small=lane.sub_camera,
            ),
            slots[lane.name],
            settings=lane.view,
            on_change=partial(camera_changed, lane.name),
            beat=beats.of(f"capture:{lane.name}"),
        )
        for lane in config.lanes
    }
    reloader = Reloader(
        config,
        inbox=inbox,
        look_by=lambda lane, view: vision.look_by(lane, LaneView(reader, settings=view)),
        note=lambda kind, at, detail: journal.note(kind, at, detail=detail),
        now=clock.now,
        chosen=chosen,
    )
    rules = RulesInForce(
        policy=lambda: controller.state.site.policy, origins=reloader.origins, mono=lambda: clock.now().mono
    )
    call_watch = CallWatch(alarms, wanted=config.call.enabled, beat=beats.of("call-watch"))
    answers = GateAnswers(
        Parts(
            config=config,
            clock=clock,
            captures=captures,
            slots=slots,
            vision=vision,
            controller=controller,
            inbox=inbox,
            journal=journal,
            relay=relay,
            cloud=lambda: cloud_state(cloud.status()),
            passes_changed=watch.changed,
            alarms=alarms,
            reload=reloader.reload,
            rules=rules.status,
            call_alive=call_watch.heard,
            neighbours=lambda: (*announcer.status(), *witnesses.status()),
        )
    )
    witnesses = Witnesses(config, put=inbox.put, now=clock.now)
    announcer = _rounds(config, place=place, journal=journal, controller=controller, answers=answers, now=clock.now)
    control = ControlServer(state_dir, answers, beat=beats.of("control"))

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

    add("control", control.run)
    add("journal", journal.run, silent_s=SLOW_DISK_S)
    add("barrier", hand.run)
    add("controller", controller.run)
    add("relay-events", listener.run)
    add("passes", watch.run, silent_s=SLOW_DISK_S)
    add("vision", vision.run)
    add("call-watch", call_watch.run)
    add("aim", aim.run, silent_s=SLOW_DISK_S)
    add("sync", cloud.run, silent_s=SLOW_CLOUD_S)
    for lane in config.lanes:
        patience_s = max(lane.view.open_timeout_s, lane.view.read_timeout_s) + SILENT_S
        add(f"capture:{lane.name}", captures[lane.name].run, silent_s=patience_s, daemon=True)

    log.info("%s: проезды %s", config.site.name, ", ".join(lane.name for lane in config.lanes))
    announcer.start()
    witnesses.start()
    try:
        return supervisor.run(each_look=each_look, stop_order=STOP_ORDER)
    finally:
        witnesses.close()
        announcer.close()


def _rounds(
    config: GateConfig,
    *,
    place: StorePlace,
    journal: JournalWriter,
    controller: Controller,
    answers: GateAnswers,
    now: Callable[[], Instant],
) -> Announcer:
    """Those who are told of the gate, and what they may ask of it."""
    access = RunningGateAccess(
        relay=RelayClient(config.state_dir),
        journal=journal,
        journal_file=place.journal_file,
        state=lambda: controller.state,
        picture=answers.picture,
        now=now,
    )
    deliveries = tuple(neighbours(config, access, journal_folder=place.journal))
    return Announcer(deliveries, state=lambda: controller.state, status=answers.status)

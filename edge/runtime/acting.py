"""The acting half of `gate run`: the core on its thread, the client that asks the relay, and the event listener."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from camera.frame import Frame
from core.decision.record import DroppedSighting, VisitRecord
from core.events import ConsumePass, Instant, OpenBarrier
from edge.chosen_rules import ChosenRules
from edge.config import GateConfig
from edge.config.choice import with_choice
from edge.runtime.alarms import Fault
from edge.runtime.barrier import BarrierHand
from edge.runtime.controller import Controller
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.keeping import Keeping
from edge.runtime.recall import openings_before, told_before
from edge.runtime.relay_events import RelayListener
from edge.runtime.worker import Beats
from relay.client import RelayClient


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
    """The core on its own thread, `BarrierHand` that sends its requests to the relay, and the `RelayListener`."""

    def __init__(self, config: GateConfig, *, keeping: Keeping, inbox: Inbox, beats: Beats) -> None:
        now = keeping.clock.now
        kept = ChosenRules(config.state_dir, cloud=config.cloud.url)
        self.chosen = kept.current()
        if kept.unread:
            keeping.alarms.set(Fault.RULES_UNREAD, kept.unread)
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
            ours=self.hand.ours,
            before=openings_before(keeping.place.journal_file),
            input_kinds={one.name: one.kind for one in config.inputs},
            beat=beats.of("relay-events"),
        )

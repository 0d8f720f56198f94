"""The remembering half of `gate run`: the pass list, the journal, the clock, the alarms, and the cloud worker."""

from __future__ import annotations

from collections.abc import Callable

from core.decision.record import VisitRecord
from core.events import BarrierActed
from core.turn.visit_record import cut_off_record
from edge.config import GateConfig
from edge.runtime.alarms import Alarm, Alarms, Fault
from edge.runtime.clock import Clock
from edge.runtime.inbox import Inbox
from edge.runtime.journal import BALLAST_FILE, JournalWriter
from edge.runtime.known_time import newest_known
from edge.runtime.outgoing import gate_event
from edge.runtime.pass_watch import PassWatch
from edge.runtime.status import GateStatus
from edge.runtime.syncing import CloudWorker
from edge.runtime.worker import Beats
from edge.store.place import settle
from edge.store.retention import make_room
from relay.client import RelayClient
from sync.wire import GateEvent
from sync.wire_health import RulesChosen, RulesTold


class Keeping:
    """Makes the parts in the order of their dependencies. Each has its own thread, except the shared clock and alarms.

    `announce` is called with every finished visit, on the journal's thread. The cloud's thread calls the others
    once everything runs: `status` and `rules` report the gate's state and the rules in force, `choose` applies the
    rules chosen in the cloud.
    """

    def __init__(
        self,
        config: GateConfig,
        *,
        inbox: Inbox,
        beats: Beats,
        announce: Callable[[VisitRecord], None],
        status: Callable[[], GateStatus],
        rules: Callable[[], RulesTold],
        choose: Callable[[RulesChosen | None], None],
    ) -> None:
        make_room(config.state_dir / BALLAST_FILE)
        self._config = config
        self._site = config.core_site(run_id="")
        self.place = place = settle(config.state_dir)
        self.clock = Clock(floor=newest_known(place), doubted=self._doubted)
        self.alarms = Alarms(self._alarm_changed)
        self.watch = PassWatch(
            place.passes_file, inbox=inbox, now=self.clock.now, alarms=self.alarms, beat=beats.of("passes")
        )
        self.cloud = CloudWorker(
            config,
            clock=self.clock,
            relay=RelayClient(config.state_dir),
            passes_changed=self.watch.changed,
            gate_status=status,
            rules=rules,
            choose=choose,
            place=place,
            beat=beats.of("sync"),
        )
        self.journal = JournalWriter(
            place.journal,
            config.store if place.journal == config.state_dir else config.store.in_memory(),
            passes_file=place.passes_file,
            now=self.clock.now,
            announce=announce,
            recorded=self.cloud.poke,
            passes_changed=self.watch.changed,
            outgoing=self._outgoing,
            cut_off=self._cut_off,
            beat=beats.of("journal"),
        )
        if place.why:
            self.alarms.set(Fault.STATE_READ_ONLY, place.why)

    def _outgoing(self, record: VisitRecord) -> GateEvent | None:
        return gate_event(record, zone=self._config.zone) if self.cloud.wanted else None

    def _cut_off(self, opening: BarrierActed) -> VisitRecord:
        return cut_off_record(opening, self._site.lane(opening.lane or ""))

    def _doubted(self, what: str) -> None:
        """The cloud's time was not believed (`what` says why), or is believed again (empty)."""
        if what:
            self.alarms.set(Fault.CLOCK_JUMP, what)
        else:
            self.alarms.clear(Fault.CLOCK_JUMP)

    def _alarm_changed(self, alarm: Alarm, raised: bool) -> None:  # noqa: FBT001 - the signature of Alarms' callback
        kind = f"alarm_{alarm.code}" if raised else f"alarm_over_{alarm.code}"
        self.journal.note(kind, self.clock.now(), lane=alarm.lane, detail=alarm.detail, outgoing=self.cloud.wanted)

"""The telling half of `gate run`: answers to those who ask, and deliveries to those who are told without asking."""

from __future__ import annotations

from edge.config import GateConfig
from edge.neighbours.announcer import Announcer
from edge.neighbours.gate_access import RunningGateAccess
from edge.neighbours.live_notices import LiveNotices
from edge.neighbours.plugins import neighbours, of_persons
from edge.runtime.acting import Acting
from edge.runtime.alarms import Fault
from edge.runtime.answers import GateAnswers, Parts, cloud_state
from edge.runtime.call_watch import CallWatch
from edge.runtime.control import ControlServer
from edge.runtime.inbox import Inbox
from edge.runtime.keeping import Keeping
from edge.runtime.reload import Reloader
from edge.runtime.rules import RulesInForce
from edge.runtime.seeing import Seeing
from edge.runtime.worker import Beats
from edge.witnesses.listening import Witnesses
from relay.client import RelayClient
from sync.wire_health import RulesChosen


class Telling:
    """Everything that answers questions about the gate or reports without being asked."""

    def __init__(
        self, config: GateConfig, *, keeping: Keeping, acting: Acting, seeing: Seeing, inbox: Inbox, beats: Beats
    ) -> None:
        now, journal, controller = keeping.clock.now, keeping.journal, acting.controller
        self.reloader = Reloader(
            config,
            inbox=inbox,
            change_view=seeing.change_view,
            note=lambda kind, at, detail: journal.note(kind, at, detail=detail),
            now=now,
            change_notices=lambda changed, tables: self.notices.change(changed, tables),  # noqa: PLW0108 - made after this
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
        self._alarms = keeping.alarms
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
        self.notices = LiveNotices(self.announcer, lambda table, changed: of_persons(table, changed, access))
        self.control = ControlServer(config.state_dir, self.answers, beat=beats.of("control"))

    def choose(self, chosen: RulesChosen | None) -> None:
        """Apply the portal's choice. One that has come takes the place of one that could not be read."""
        if chosen is not None:
            self._alarms.clear(Fault.RULES_UNREAD)
        self.reloader.choose(chosen)

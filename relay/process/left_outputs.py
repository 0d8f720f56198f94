"""Outputs that a killed process with other settings may have left closed: switched off by its successor.

Their boards are none of the successor's, so nobody would open those contacts, and the barrier would stay open. One at a
serial port or an HTTP host that the successor uses too is tried once, before anything can be held open there: it may be
the same contact by another name. The others are tried again and again, by a thread of their own, until they are seen
off. What is not stays in the record (`relay.process.outputs_in_use`), for the next start and for `gate relay --off`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from urllib.parse import urlsplit

from relay.boards.pins import Pins
from relay.outputs import pins_of
from relay.process import outputs_in_use
from relay.settings import SERIAL_DRIVERS, BarrierSettings, RelayPlan
from relay.workers.pool import BoardWorkers

log = logging.getLogger(__name__)

AGAIN_S = 30.0
"""Between two tries of a board that does not answer."""
NO_LATER_S = 0.5
"""No try begins later than this after the first of those that the first OFF of the plan's own outputs waits for."""


class LeftOutputs(threading.Thread):
    """Belongs to the main thread until it is started. Its errors never reach the relay process."""

    def __init__(self, plan: RelayPlan, *, pins: Pins | None = None, again_s: float = AGAIN_S) -> None:
        super().__init__(name="left-outputs", daemon=True)
        self._pins = pins or Pins()
        self._again_s = again_s
        self._over = threading.Event()
        self._plan = plan
        self._hung: dict[RelayPlan, BoardWorkers] = {}
        taken = {pin for barrier in plan.barriers for pin in pins_of(barrier)} | {item.pin for item in plan.inputs}
        # A pin that the plan uses is the plan's: it drives it, or it is an input now and must not be driven.
        groups = (_group(group, without=taken) for group in outputs_in_use.left_behind(plan))
        self._left = [RelayPlan(state_dir=plan.state_dir, barriers=group) for group in groups if group]

    @property
    def groups(self) -> tuple[outputs_in_use.Outputs, ...]:
        """What is not known to be off."""
        return tuple(plan.barriers for plan in self._left)

    def before_ports_are_taken(self) -> None:
        """One try for what hangs on a port of the plan, e.g. another relay of the same board; the newest first."""
        until = time.monotonic() + NO_LATER_S
        self._left = [
            plan for plan in self._left if not self._shares(plan) or time.monotonic() > until or not self._off(plan)
        ]

    def run(self) -> None:
        """Tries until all are seen off; those that share a port were tried, and must wait for the next start.

        Which those are is asked before each try: the name of a port says nothing while its board is unplugged.
        """
        for plan in self._left:
            log.warning("реле: выходы прежних настроек не известны разомкнутыми: %s", _log_text(plan))
        waiting = list(self._left)
        while waiting and not self._over.is_set():
            seen = [plan for plan in waiting if not self._shares(plan) and self._off(plan)]
            for plan in seen:
                outputs_in_use.seen_off(plan)
            waiting = [plan for plan in waiting if plan not in seen]
            self._over.wait(self._again_s)

    def end(self) -> None:
        """No further try."""
        self._over.set()

    def _off(self, plan: RelayPlan) -> bool:
        """One OFF to each of them; whether all were seen off. Not while a thread of an earlier try still hangs."""
        hung = self._hung.pop(plan, None)
        if hung is not None and hung.running:
            self._hung[plan] = hung
            return False
        try:
            workers = self._hung[plan] = BoardWorkers(plan, report=lambda _fact: None, pins=self._pins)
            workers.start()
            sure = workers.stop()
        except Exception:
            log.exception("реле: выходы прежних настроек не разомкнуты")
            return False
        if sure:
            log.warning("реле: выходы прежних настроек разомкнуты: %s", _log_text(plan))
        return sure

    def _shares(self, plan: RelayPlan) -> bool:
        taken = {place for barrier in self._plan.barriers if (place := _place(barrier))}
        return any(_place(barrier) in taken for barrier in plan.barriers)


def _group(group: outputs_in_use.Outputs, *, without: set[int | None]) -> outputs_in_use.Outputs:
    return tuple(one for one in group if not without.intersection(pins_of(one)))


def _place(barrier: BarrierSettings) -> str:
    """The device behind its port, or the host of its URL, however that is called; empty if it has neither."""
    try:
        if barrier.driver == "http":
            return (urlsplit(barrier.http_off_url).hostname or "").lower()
        return os.path.realpath(barrier.port) if barrier.driver in SERIAL_DRIVERS else ""
    except ValueError:  # a spoiled record must keep no relay from starting
        return ""


def _log_text(plan: RelayPlan) -> str:
    """For the log: of an address only its host, because a password or a key may stand in the rest."""
    return ", ".join(f"{one.name}: {one.driver} {_place(one) or one.pin}" for one in plan.barriers)

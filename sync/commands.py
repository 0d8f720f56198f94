"""Commands from the portal: each at most once, never late, always acknowledged. Owns the thread `cloud-commands`.

The ledger is written before the barrier is asked. After a power cut in between, the command counts as refused, and
nothing opens twice.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from core.errors import GateError
from core.words.language import say
from sync.api import CloudApi
from sync.backoff import Patience, pause_s
from sync.errors import CloudRefused
from sync.seams import Barrier, CommandLedger
from sync.servertime import TOO_LONG, ServerTime
from sync.wire import Command, CommandAck, Outcome

log = logging.getLogger(__name__)
KINDS = frozenset({"open", "hold", "release"})
WAITING = 64
LOOK_S = 0.5
REPORT_S = 5.0
"""How often to look for outcomes that are not acknowledged yet; a new one is reported at once."""


class Commander:
    """Takes commands from the stream, performs them and reports. `offer` may be called from any thread."""

    def __init__(
        self,
        *,
        api: CloudApi,
        open_ledger: Callable[[], AbstractContextManager[CommandLedger]],
        barrier: Barrier,
        server_time: ServerTime,
        patience: Patience,
    ) -> None:
        self._api = api
        self._open_ledger = open_ledger
        self._barrier = barrier
        self._server_time = server_time
        self._patience = patience
        self._queue: queue.Queue[tuple[Command, float | None]] = queue.Queue(WAITING)

    def offer(self, command: Command) -> None:
        """Queues a command with its deadline, computed from what is known of the cloud's clock now."""
        expires_mono = self._server_time.until(command.expires_at, mono=time.monotonic())
        try:
            self._queue.put_nowait((command, expires_mono))
        except queue.Full:
            log.warning("команд облака больше, чем можно исполнить: %s пропущена", command.id)

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`."""
        try:
            while not stop.is_set():
                try:
                    with self._open_ledger() as ledger:
                        self._work(stop, ledger)
                except GateError as error:  # without a ledger no commands: nothing would guarantee at-most-once
                    log.warning("команды облака не исполняются: %s", error)
                    stop.wait(self._patience.high_s)
        finally:
            self._api.close()

    def _work(self, stop: threading.Event, ledger: CommandLedger) -> None:
        due, failures = 0.0, 0
        while not stop.is_set():
            try:
                taken = self._queue.get(timeout=LOOK_S)
            except queue.Empty:
                taken = None
            try:
                if taken is not None:
                    self.obey(ledger, *taken)
                    due = 0.0
                if time.monotonic() >= due:
                    self.report(ledger)
                    due, failures = time.monotonic() + REPORT_S, 0
            except GateError as error:
                failures += 1
                wait_s = pause_s(error, failures=failures, patience=self._patience, chance=random.random())  # noqa: S311  # jitter
                due = time.monotonic() + wait_s
                log.debug("команды облака: %s", error)

    def obey(self, ledger: CommandLedger, command: Command, expires_mono: float | None) -> None:
        """Performs one command, unless it is a repeat, late, or of an unknown kind. Raises StoreError."""
        if not ledger.claim(command):
            return
        outcome, detail = self._outcome(command, expires_mono)
        log.info("команда облака %s (%s, %s): %s %s", command.kind, command.lane, command.id, outcome, detail)
        ledger.finish(command.id, outcome, detail[:200])

    def report(self, ledger: CommandLedger) -> None:
        """Acknowledges finished commands. Raises CloudError and StoreError."""
        for command_id, outcome, detail in ledger.unacknowledged():
            try:
                self._api.acknowledge(command_id, CommandAck(outcome, detail))
            except CloudRefused as error:
                log.warning("облако не знает команды %s: %s", command_id, error)
            ledger.acknowledged(command_id)

    def _outcome(self, command: Command, expires_mono: float | None) -> tuple[Outcome, str]:
        if command.kind not in KINDS:
            return "refused", say("неизвестная команда")
        if expires_mono is None:
            return "refused", say("время облака неизвестно")
        if expires_mono == TOO_LONG:
            return "refused", say("срок команды дальше допустимого")
        if time.monotonic() >= expires_mono:
            return "expired", ""
        return self._barrier.perform(command, expires_mono=expires_mono)

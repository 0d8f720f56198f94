"""`gate relay`: the process that owns the barrier outputs and the wired inputs, and nothing else.

Threads: main (here, then `relay.process.loop`), one `board:…` per board, `inputs` for GPIO contacts, `outbox` for the
disk, `deadman`, and `left-outputs` if a killed process with other settings has left some. OFF is the first and the last
thing the board threads do. Modules that only the main loop needs are imported after the first OFF, so that a contact left
closed by a killed process does not have to wait for them.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING

from core.words.language import say
from relay.boards.pins import Pins
from relay.process import outputs_in_use, sd_notify
from relay.process.left_outputs import LeftOutputs
from relay.process.lock import StateLock
from relay.process.message_queue import MessageQueue
from relay.settings import RelayPlan
from relay.workers.pool import BoardWorkers, Maker

if TYPE_CHECKING:
    from relay.process.loop import MainLoop

log = logging.getLogger(__name__)

TURN_S = 0.1
"""Longest sleep of the main loop."""
DEADMAN_LOOKS = 12
"""A main loop that did not turn between this many looks, `TURN_S` apart, is dead: send OFF and exit. Looks are counted
instead of seconds, because on a starved machine both threads starve."""
FIRST_OFF_S = 0.2
"""Longest wait for the first OFF before anything else is done; a port may hang."""
STOP_AT_MOST_S = 4.0
EXIT_DEADMAN = 70
EXIT_ABORTED = 128 + signal.SIGABRT
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT)


class RelayProcess:
    """The process from its lock to its last OFF. `makers` replaces drivers by board name, for tests."""

    def __init__(
        self,
        plan: RelayPlan,
        *,
        makers: Mapping[str, Maker] | None = None,
        pins: Pins | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._now = now
        self._stop_signal = 0
        self._over = threading.Event()
        self._messages = MessageQueue()
        self._pins = pins or Pins()
        self._workers = BoardWorkers(plan, report=self._messages.put, makers=makers, pins=self._pins, now=now)

    def run(self) -> int:
        """Serves until told to stop; returns the exit code. Raises `RelayBusy` if another relay process is alive."""
        with StateLock(self._plan.state_dir):
            self._catch_signals()
            self._left = LeftOutputs(self._plan, pins=self._pins)
            self._left.before_ports_are_taken()
            self._workers.start()
            try:
                self._workers.first_off(timeout_s=FIRST_OFF_S)
                self._serve()
            except BaseException:
                log.exception("реле: главный цикл упал")
                raise
            finally:
                sd_notify.notify("STOPPING=1\nSTATUS=")  # nobody is to read of a relay that is ready
                self._left.end()
                sure = self._workers.stop()
                if sure:
                    outputs_in_use.seen_off(self._plan)
                self._over.set()
                self._messages.close()
                log.info(
                    "реле: остановлено, выходы разомкнуты"
                    if sure
                    else "реле: остановлено, НЕ известно, разомкнуты ли выходы"
                )
        if self._stop_signal == signal.SIGABRT:
            return EXIT_ABORTED
        return 0 if sure else 1

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Asks the main loop to end. Callable from anywhere."""
        self._stop_signal = number
        self._messages.wake()

    def _serve(self) -> None:
        from relay.process.loop import MainLoop  # noqa: PLC0415 - half of the process's start, and OFF goes first

        outputs_in_use.remember(self._plan, self._left.groups)
        if self._left.groups:
            self._left.start()
        loop = MainLoop(self._plan, workers=self._workers, messages=self._messages, pins=self._pins, now=self._now)
        try:
            loop.begin()
            threading.Thread(target=self._deadman, args=(loop,), name="deadman", daemon=True).start()
            sd_notify.notify(say("READY=1\nSTATUS=реле готово"))
            while not self._stop_signal:
                loop.turn(TURN_S)
        finally:
            self._workers.stop_now()
            loop.close()

    # -- signals, and the dead man's thread ------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                signal.signal(number, self._signalled)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        # OFF must not wait for the main loop, which may be the part that hangs.
        self._workers.stop_now()
        self.stop(number)
        if number == signal.SIGABRT:  # systemd's watchdog: show what every thread was doing
            faulthandler.dump_traceback(sys.stderr)

    def _deadman(self, loop: MainLoop) -> None:
        """Ends the process if the main loop no longer turns. The boards get their OFF first."""
        turns, looks = loop.turns, 0
        while looks < DEADMAN_LOOKS and not self._stop_signal:
            time.sleep(TURN_S)
            looks = looks + 1 if turns == loop.turns else 0
            turns = loop.turns
        if self._stop_signal:
            if self._over.wait(STOP_AT_MOST_S):
                return
        else:
            self._workers.stop()
            log.critical("реле: главный цикл завис")
            faulthandler.dump_traceback(sys.stderr)
        os._exit(EXIT_DEADMAN)


def switch_everything_off(plan: RelayPlan, *, lock_on_disk: bool = True) -> int:
    """Sends OFF to every output once; returns the exit code. Refuses while a relay process is alive and in charge."""
    with StateLock(plan.state_dir, on_disk=lock_on_disk):
        workers = BoardWorkers(plan, report=lambda _fact: None)
        workers.start()
        sure = workers.stop()
        if sure:
            outputs_in_use.seen_off(plan)
    log.info("реле: выходы разомкнуты" if sure else "реле: НЕ известно, разомкнуты ли выходы")
    return 0 if sure else 1

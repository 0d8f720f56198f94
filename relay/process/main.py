"""`gate relay`: the process that owns the barrier outputs and the wired inputs, and nothing else.

Threads: main (this module: controller, socket, signals), one `board:…` per board, `inputs` for GPIO contacts, `outbox`
for the disk, `deadman`. OFF is the first thing the board threads do and the last.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import queue
import selectors
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from core.language import say
from relay.boards.pins import Pins
from relay.inputs.contacts import WatchedContacts
from relay.process import sd_notify
from relay.process.controller import Controller
from relay.process.idempotency import IdempotencyFile
from relay.process.lock import StateLock
from relay.process.outbox import EventOutbox
from relay.process.outlets import News, Outlets
from relay.process.status import barrier_status, input_status
from relay.protocol import ACTIONS, Do, EventKind, RelayEvent, Reply, Request, Status
from relay.settings import RelayPlan
from relay.socket.server import Client, SocketServer
from relay.workers.jobs import Fact, WorkerEnded
from relay.workers.workers import BoardWorkers, Maker

log = logging.getLogger(__name__)

TURN_S = 0.1
"""The longest sleep of the main loop."""
DEADMAN_LOOKS = 12
"""A main loop that did not turn between so many looks, `TURN_S` apart, is dead: OFF, and out. Looks are counted,
not seconds: on a starved machine both threads starve."""
STOP_AT_MOST_S = 4.0
LISTEN_AGAIN_S = 10.0
SOCKET_LOOK_S = 2.0
"""How often it is looked whether the socket's file is still there."""
EXIT_DEADMAN = 70
EXIT_ABORTED = 128 + signal.SIGABRT
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT)


class RelayProcess:
    """Composition of the relay process. `makers` replaces drivers by board name, for tests."""

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
        self._started = now()
        self._boot_id = _boot_id()
        self._mail: queue.SimpleQueue[Fact | tuple[str, bool | None]] = queue.SimpleQueue()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stop_signal = 0
        self._over = threading.Event()
        self._turns = 0
        self._pins = pins or Pins()
        self._contacts = WatchedContacts(
            plan.inputs, pins=self._pins, told=lambda name, closed: self._post((name, closed)), now=now
        )
        self._workers = BoardWorkers(plan, report=self._post, makers=makers, pins=self._pins, now=now)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_in, selectors.EVENT_READ, self._drain_wake)

    def run(self) -> int:
        """Serve until told to stop; the exit code. `RelayBusy` where another relay process is alive."""
        with StateLock(self._plan.state_dir):
            self._catch_signals()
            self._workers.start()
            try:
                self._serve()
            except BaseException:
                log.exception("реле: главный цикл упал")
                raise
            finally:
                sd_notify.tell("STOPPING=1")
                sure = self._workers.stop()
                self._over.set()
                self._selector.close()
                self._wake_in.close()
                self._wake_out.close()
                log.info("реле: остановлено, выходы %s", "off" if sure else "NOT surely off")
        if self._stop_signal == signal.SIGABRT:
            return EXIT_ABORTED
        return 0 if sure else 1

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask the main loop to end; callable from anywhere."""
        self._stop_signal = number
        self._wake()

    # -- the main loop -------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._outbox = EventOutbox(self._plan.state_dir, capacity=self._plan.relay.spool_events)
        outlets = Outlets(
            post=self._workers.post,
            reply=self._reply,
            publish=self._publish,
            said_since=lambda board, moment: tuple(map(str, self._workers.said_since(board, moment))),
        )
        self._controller = Controller(self._plan, outlets, IdempotencyFile(self._plan.state_dir))
        self._server = SocketServer(self._plan.relay, selector=self._selector, asked=self._asked, now=self._now)
        self._listen()
        try:
            self._publish(News(EventKind.STARTED, kept=True, detail=f"pid {os.getpid()}"))
            threading.Thread(target=self._deadman, name="deadman", daemon=True).start()
            sd_notify.tell(say("READY=1\nSTATUS=реле готово"))
            while not self._stop_signal:
                self._turn()
        finally:
            self._workers.stop_now()
            self._contacts.stop()
            self._server.close()
            self._outbox.close(timeout_s=0.5)

    def _listen(self) -> None:
        """Take the socket. A disk that cannot have one costs the requests, not the button and the loops."""
        self._listen_at = self._now() + SOCKET_LOOK_S
        try:
            self._server.listen(self._plan.state_dir)
        except OSError as error:
            self._listen_at = self._now() + LISTEN_AGAIN_S
            log.error("реле: нет сокета в %s (%s): работают только проводные входы", self._plan.state_dir, error)  # noqa: TRY400

    def _look_at_socket(self) -> None:
        if self._server.listening:
            self._listen_at = self._now() + SOCKET_LOOK_S
        else:
            log.warning("реле: в %s нет нашего сокета; создаём заново", self._plan.state_dir)
            self._listen()

    def _turn(self) -> None:
        if self._now() >= self._listen_at:
            self._look_at_socket()
        for key, mask in self._selector.select(TURN_S):
            key.data(mask)
        self._hear()
        now = self._now()
        for board in self._workers.watch(now):
            self._controller.board_replaced(board, now)
        self._controller.tick(now)
        self._turns += 1
        self._contacts.watch(now)
        if self._workers.alive(now) and self._contacts.alive(now):
            sd_notify.tell("WATCHDOG=1")

    def _hear(self) -> None:
        while True:
            try:
                message = self._mail.get_nowait()
            except queue.Empty:
                return
            if isinstance(message, tuple):
                self._controller.contact_seen(message[0], message[1], self._now())
            else:
                if isinstance(message, WorkerEnded):
                    self._workers.ended(message)
                self._controller.hear(message, self._now())

    def _asked(self, client: Client, request: Request) -> None:
        if request.do in ACTIONS:
            self._controller.ask(client.number, request, self._now())
        elif request.do is Do.STATUS:
            self._server.send(client.number, self._status(request))
        elif request.do is Do.ACK:
            self._outbox.ack(request.after)
        else:
            client.subscribed = True
            for event in self._outbox.after(request.after) if request.replayed else ():
                self._server.send(client.number, event)

    def _status(self, request: Request) -> Status:
        now = self._now()
        return Status(
            id=request.id,
            pid=os.getpid(),
            up_s=round(now - self._started, 1),
            barriers=tuple(
                barrier_status(barrier, now, times_pulses=self._workers.times_pulses(barrier.board))
                for barrier in self._controller.barriers.values()
            ),
            inputs=tuple(map(input_status, self._controller.inputs.values())),
            unheard=len(self._outbox),
            lost=self._outbox.lost,
            clients=self._server.client_count,
        )

    def _reply(self, requester: int, reply: Reply) -> None:
        self._server.send(requester, reply)

    def _publish(self, news: News) -> None:
        event = RelayEvent(
            seq=self._outbox.take_seq() if news.kept else 0,
            event_id=uuid.uuid4().hex,
            kind=news.kind,
            at_mono=round(self._now(), 6),
            at_wall=round(time.time(), 3),
            boot_id=self._boot_id,
            barrier=news.barrier,
            lane=news.lane,
            request_id=news.request_id,
            reason=news.reason,
            outcome=news.outcome,
            what=news.what,
            detail=news.detail,
        )
        if news.kept:
            self._outbox.append(event)
            log.info(
                "%s %s %s %s %s %s",
                event.kind,
                event.barrier,
                event.what,
                event.reason or "",
                event.outcome,
                event.detail,
            )
        self._server.publish(event)

    # -- other threads and signals -------------------------------------------------------------------------------

    def _post(self, message: Fact | tuple[str, bool | None]) -> None:
        """From any thread."""
        self._mail.put(message)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake_out.send(b".")

    def _drain_wake(self, _mask: int) -> None:
        with contextlib.suppress(OSError):
            self._wake_in.recv(4096)

    def _catch_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                signal.signal(number, self._signalled)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        # OFF does not wait for the main loop, which may be the very thing that hangs.
        self._workers.stop_now()
        self.stop(number)
        if number == signal.SIGABRT:  # systemd's watchdog: show where everybody was
            faulthandler.dump_traceback(sys.stderr)

    def _deadman(self) -> None:
        """Ends the process when the main loop does not turn any more; the boards get their OFF first."""
        turns, looks = self._turns, 0
        while looks < DEADMAN_LOOKS and not self._stop_signal:
            time.sleep(TURN_S)
            looks = looks + 1 if turns == self._turns else 0
            turns = self._turns
        if self._stop_signal:
            if self._over.wait(STOP_AT_MOST_S):
                return
        else:
            self._workers.stop()
            log.critical("реле: главный цикл завис")
            faulthandler.dump_traceback(sys.stderr)
        os._exit(EXIT_DEADMAN)


def switch_everything_off(plan: RelayPlan) -> int:
    """OFF on every output, once; the exit code. Refuses while a relay process is alive: that one is in charge."""
    with StateLock(plan.state_dir):
        workers = BoardWorkers(plan, report=lambda _fact: None)
        workers.start()
        sure = workers.stop()
    log.info("реле: выходы %s", "off" if sure else "NOT surely off")
    return 0 if sure else 1


def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "unknown"

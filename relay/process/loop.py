"""The main loop: controller, socket and event outbox on one thread that never waits for anybody."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from relay.boards.pins import Pins
from relay.inputs.contacts import ContactSampled, WatchedContacts
from relay.process import sd_notify
from relay.process.barrier_controller import BarrierController
from relay.process.idempotency import IdempotencyFile
from relay.process.message_queue import MessageQueue
from relay.process.news_words import log_line
from relay.process.outbox import EventOutbox
from relay.process.outlets import News, Outlets
from relay.process.status import barrier_status, input_status
from relay.protocol import ACTIONS, Do, EventKind, RelayEvent, Reply, Request, Status
from relay.settings import RelayPlan
from relay.socket.server import Client, SocketServer
from relay.workers.jobs import WorkerEnded
from relay.workers.pool import BoardWorkers

log = logging.getLogger(__name__)

LISTEN_AGAIN_S = 10.0
SOCKET_LOOK_S = 2.0
"""How often to check that the socket file is still there."""


class MainLoop:
    """Begun, turned and closed by the main thread; the deadman thread reads `turns`."""

    def __init__(
        self,
        plan: RelayPlan,
        *,
        workers: BoardWorkers,
        messages: MessageQueue,
        pins: Pins,
        now: Callable[[], float],
    ) -> None:
        self.turns = 0
        self._plan = plan
        self._workers = workers
        self._queue = messages
        self._now = now
        self._started = now()
        self._boot_id = _boot_id()
        self._contacts = WatchedContacts(plan.inputs, pins=pins, report=messages.put, now=now)
        self._selector = selectors.DefaultSelector()
        self._selector.register(messages, selectors.EVENT_READ, lambda _mask: messages.drain())
        self._outbox = EventOutbox(plan.state_dir, capacity=plan.relay.spool_events)
        outlets = Outlets(
            post=workers.post,
            reply=self._reply,
            publish=self._publish,
            said_since=lambda board, moment: tuple(map(str, workers.said_since(board, moment))),
        )
        self._controller = BarrierController(plan, outlets, IdempotencyFile(plan.state_dir))
        self._server = SocketServer(plan.relay, selector=self._selector, asked=self._serve, now=now)

    def begin(self) -> None:
        """Opens the socket, and reports that the process has started."""
        self._listen()
        self._publish(News(EventKind.STARTED, kept=True, detail=f"pid {os.getpid()}"))

    def turn(self, longest_s: float) -> None:
        """Waits for events for at most `longest_s` seconds, and handles them."""
        if self._now() >= self._listen_at:
            self._look_at_socket()
        for key, mask in self._selector.select(longest_s):
            key.data(mask)
        self._take_messages()
        now = self._now()
        for board in self._workers.watch(now):
            self._controller.board_replaced(board, now)
        self._controller.tick(now)
        self.turns += 1
        self._contacts.watch(now)
        if self._workers.alive(now) and self._contacts.alive(now):
            sd_notify.notify("WATCHDOG=1")

    def close(self) -> None:
        """Releases the socket, and writes what is still to be written."""
        self._contacts.stop()
        self._server.close()
        self._outbox.close(timeout_s=0.5)
        self._selector.close()

    # -- within --------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Opens the socket. If the disk refuses it, only requests are lost; buttons and loops keep working."""
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

    def _take_messages(self) -> None:
        for message in self._queue.messages():
            if isinstance(message, ContactSampled):
                self._controller.contact_seen(message.name, message.closed, self._now())
            else:
                if isinstance(message, WorkerEnded):
                    self._workers.ended(message)
                self._controller.hear(message, self._now())

    def _serve(self, client: Client, request: Request) -> None:
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
            by=news.by,
            note=news.note,
            confirmed=news.confirmed,
        )
        if news.kept:
            self._outbox.append(event)
            log.info("%s", log_line(event))
        self._server.publish(event)


def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "unknown"

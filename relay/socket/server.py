"""The relay socket: access control, lines in, lines out. Non-blocking, on the main thread's selector.

A client may send garbage, half a line or ten megabytes, or stop reading. It gets a clear line and is dropped or no
longer heard, and nobody else has to wait for it. However much it sends, each turn of the loop processes only a few
lines of it.
"""

from __future__ import annotations

import contextlib
import grp
import logging
import os
import pwd
import selectors
import socket
from collections.abc import Callable
from pathlib import Path

from core.words.language import say
from core.words.outcomes import Outcome
from relay import kernel_names
from relay.codec import DEFAULT_TTL_S, MAX_LINE_BYTES, decode_request, encode
from relay.errors import ProtocolBroken
from relay.protocol import ACTIONS, Do, Message, RelayEvent, Reply, Request
from relay.settings import RelaySettings
from relay.socket import endpoint
from relay.socket.connection import Client

log = logging.getLogger(__name__)

__all__ = ["Client", "SocketServer"]

MAX_UNREAD_BYTES = 1 << 20
"""A client with more unread bytes than this has stopped reading."""
UNREAD_EVENTS = 4096
"""A subscriber with this many unread events, beyond those kept for it, has stopped reading."""
BACKLOG = 128
ACCEPTS_A_TURN = 64
LINES_A_TURN = 64
"""Most lines processed per turn of the loop, shared among the clients."""
CLIENT_LINES_A_TURN = 16
MAX_BAD_LINES = 20
"""A client that has sent this many invalid lines does not speak this protocol."""
ROOM_FOR_WORK = 8
"""Connections reserved for clients that request something, and denied to subscribers."""


class SocketServer:
    """Owned by the main thread. Calls `asked(client, request)` for each valid line."""

    def __init__(
        self,
        settings: RelaySettings,
        *,
        selector: selectors.BaseSelector,
        asked: Callable[[Client, Request], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._selector = selector
        self._asked = asked
        self._now = now
        self._clients: dict[int, Client] = {}
        self._count = 0
        self._group = _group_of(settings.socket_group)
        self._listener: socket.socket | None = None
        self._identity: tuple[int, int] | None = None
        self._path = Path()

    def listen(self, state_dir: str | Path) -> None:
        """Opens the socket of `state_dir`, or replaces it. Raises OSError if the disk refuses it."""
        mode = 0o660 if self._group is not None else 0o600
        self._path = endpoint.socket_path(state_dir)
        listener = endpoint.listen(state_dir, mode=mode, backlog=BACKLOG)
        if self._group is not None:
            try:
                os.chown(self._path, -1, self._group)
            except OSError as error:
                log.warning("сокет: %s нельзя отдать группе: %s", self._path, error)
        if self._listener is not None:  # its file is gone; existing connections stay
            self._selector.unregister(self._listener)
            self._listener.close()
        self._listener = listener
        self._identity = endpoint.identity(state_dir)
        self._selector.register(listener, selectors.EVENT_READ, lambda _mask: self._accept(listener))

    @property
    def listening(self) -> bool:
        """Whether clients can connect: the socket exists, and the file under its name belongs to it."""
        return self._listener is not None and self._identity == endpoint.identity(self._path.parent)

    @property
    def client_count(self) -> int:
        """Number of open connections."""
        return len(self._clients)

    def send(self, number: int, message: Message) -> None:
        """Sends a line to one client, if it is still there. Events are queued and sent in portions after it."""
        client = self._clients.get(number)
        if client is None:
            return
        if isinstance(message, RelayEvent):
            client.backlog.append(message)
            self._watch(client)
            return
        client.owed -= isinstance(message, Reply)
        self._write(client, encode(message))

    def publish(self, message: Message) -> None:
        """Sends a line to every subscriber."""
        line = encode(message)
        for client in tuple(self._clients.values()):
            if client.backlog:
                client.backlog.append(message)
                if len(client.backlog) > self._settings.spool_events + UNREAD_EVENTS:
                    self._drop(client)
            elif client.subscribed:
                self._write(client, line)

    def close(self) -> None:
        """Removes the socket, then the connections. Pending output gets one last try."""
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            with contextlib.suppress(OSError):
                self._path.unlink()
        for client in tuple(self._clients.values()):
            self._flush(client)
            self._drop(client)

    # -- within --------------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTS_A_TURN):
            try:
                link, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:  # out of descriptors: those waiting stay in the backlog
                log.warning("сокет: не удалось принять соединение: %s", error)
                return
            self._welcome(link)

    def _welcome(self, link: socket.socket) -> None:
        link.setblocking(False)
        if not self._trusted(link):
            _reject(link, "forbidden", say("этому пользователю нельзя"))
            return
        if len(self._clients) >= self._settings.max_clients and not self._make_room():
            _reject(link, "too_many_clients", say("слишком много соединений"))
            return
        self._count += 1
        client = Client(self._count, link)
        self._clients[client.number] = client
        self._selector.register(link, selectors.EVENT_READ, lambda mask: self._ready(client, mask))

    def _make_room(self) -> bool:
        """Closes an idle connection to make room for one that may request something."""
        for client in self._clients.values():
            if not client.subscribed and client.owed <= 0:
                self._disconnect(client, say("слишком много соединений, а это ничего не просило"))
                return True
        return False

    def _subscribing(self, client: Client) -> None:
        """Subscribers stay connected, so the oldest are dropped before they lock everybody else out."""
        if client.subscribed:
            raise ProtocolBroken("bad_request", say("подписка на этом соединении уже есть"))
        subscribers = [item for item in self._clients.values() if item.subscribed]
        most = max(self._settings.max_clients - ROOM_FOR_WORK, self._settings.max_clients // 2)
        for oldest in subscribers[: max(0, len(subscribers) + 1 - most)]:
            self._disconnect(oldest, say("слишком много подписчиков, этот самый давний"))

    def _disconnect(self, client: Client, detail: str) -> None:
        self._clients.pop(client.number)
        self._selector.unregister(client.link)
        _reject(client.link, "too_many_clients", detail)

    def _trusted(self, link: socket.socket) -> bool:
        _pid, uid, gid = kernel_names.peer(link)
        if uid in {0, os.geteuid()}:
            return True
        if self._group is None:
            return False
        if gid == self._group:
            return True
        try:
            return self._group in os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
        except KeyError:
            return False

    def _ready(self, client: Client, mask: int) -> None:
        if client.number not in self._clients:
            return  # dropped earlier in this turn
        if mask & selectors.EVENT_WRITE:
            self._flush(client)
        if mask & selectors.EVENT_READ and not client.has_line and not client.read(self._now()):
            self._drop(client)
        if client.has_line and self._now() - client.heard_at > DEFAULT_TTL_S:
            log.warning("сокет: соединение %d слишком долго не берёт ответы; закрыто", client.number)
            self._drop(client)  # including its pending requests: nothing is done on an old request
        self._serve(client)
        self._watch(client)

    def _serve(self, client: Client) -> None:
        """Processes a few of its lines."""
        for _ in range(min(CLIENT_LINES_A_TURN, max(1, LINES_A_TURN // max(1, len(self._clients))))):
            # A client that does not read its answers is not heard any further.
            if client.outbox or client.closing or client.number not in self._clients:
                break
            line = client.take_line()
            if line is None:
                break
            if len(line) > MAX_LINE_BYTES:
                self._too_long(client)
            elif line.strip():
                self._line(client, line)
        if len(client.inbox) > MAX_LINE_BYTES and not client.has_line:
            self._too_long(client)

    def _line(self, client: Client, line: bytes) -> None:
        try:
            request = decode_request(line, now=client.heard_at, max_ttl_s=self._settings.max_ttl_s)
            if request.do is Do.SUBSCRIBE:
                self._subscribing(client)
        except ProtocolBroken as error:
            self._bad(client, error.why, error.detail)
            return
        except Exception:
            log.exception("сокет: строку соединения %d не удалось прочесть", client.number)
            self._bad(client, "bad_request", say("строку не удалось прочесть"))
            return
        client.owed += request.do in ACTIONS
        try:
            self._asked(client, request)
        except Exception:  # no line may end the process: the wired inputs need it
            log.exception("сокет: просьба соединения %d не выполнена", client.number)
            detail = say("ошибка в gate relay; выполнена ли просьба, неизвестно")
            self.send(client.number, Reply(request.id, Outcome.FAILED, "internal", detail))

    def _bad(self, client: Client, why: str, detail: str) -> None:
        client.bad_lines += 1
        if client.bad_lines >= MAX_BAD_LINES:
            client.inbox.clear()
            client.closing = True
        self._write(client, encode(Reply("", Outcome.REFUSED, why, detail)))

    def _too_long(self, client: Client) -> None:
        client.inbox.clear()
        detail = say("строка длиннее {MAX_LINE_BYTES} байт", MAX_LINE_BYTES=MAX_LINE_BYTES)
        client.closing = True
        self._write(client, encode(Reply("", Outcome.REFUSED, "too_long", detail)))

    def _write(self, client: Client, line: bytes) -> None:
        client.outbox += line
        if len(client.outbox) > MAX_UNREAD_BYTES:
            log.warning("сокет: соединение %d не читает; закрыто", client.number)
            self._drop(client)
            return
        self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            client.flush()
        except OSError:
            self._drop(client)
            return
        if client.closing and not client.outbox:
            with contextlib.suppress(OSError):
                client.link.shutdown(socket.SHUT_WR)
            self._drop(client)
            return
        self._watch(client)

    def _watch(self, client: Client) -> None:
        """Waits for what can be done next; while lines are pending, for the client to accept output."""
        if client.number not in self._clients:
            return
        reading = 0 if client.has_line else selectors.EVENT_READ
        writing = selectors.EVENT_WRITE if client.has_line or client.has_to_write else 0
        key = self._selector.get_key(client.link)
        if key.events != reading | writing:
            self._selector.modify(client.link, reading | writing, key.data)

    def _drop(self, client: Client) -> None:
        if self._clients.pop(client.number, None) is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(client.link)
            client.link.close()


def _reject(link: socket.socket, why: str, detail: str) -> None:
    with contextlib.suppress(OSError):
        link.send(encode(Reply("", Outcome.REFUSED, why, detail)))
    link.close()


def _group_of(name: str) -> int | None:
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        log.warning("сокет: нет группы %r; подключаться может только тот же пользователь", name)
        return None

"""The relay socket: who may connect, lines in, lines out. Non-blocking, on the main thread's selector.

A client can send garbage, half a line, ten megabytes, or stop reading: it gets one clear line and is dropped, and
nobody else waits for it.
"""

from __future__ import annotations

import contextlib
import grp
import logging
import os
import pwd
import selectors
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from relay import endpoint
from relay.errors import ProtocolBroken
from relay.protocol import ACTIONS, MAX_LINE_BYTES, Message, Outcome, Reply, Request, decode_request, encode
from relay.settings import RelaySettings

log = logging.getLogger(__name__)

MAX_UNREAD_BYTES = 1 << 20
"""A client that lets so much pile up does not read any more."""
READ_BYTES = 65536
BACKLOG = 128
ACCEPTS_A_TURN = 64


@dataclass(slots=True)
class Client:
    """One connection."""

    number: int
    link: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    subscribed: bool = False
    closing: bool = False
    """To be closed when the outbox is empty."""
    owed: int = 0
    """Actions not answered yet."""


class SocketServer:
    """Owned by the main thread. `asked(client, request)` is called for each good line."""

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
        self._path = Path()

    def listen(self, state_dir: str | Path) -> None:
        """Take the socket of `state_dir`. OSError where the disk will not have it."""
        mode = 0o660 if self._group is not None else 0o600
        self._path = endpoint.socket_path(state_dir)
        listener = endpoint.listen(state_dir, mode=mode, backlog=BACKLOG)
        if self._group is not None:
            with contextlib.suppress(PermissionError):
                os.chown(self._path, -1, self._group)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ, lambda _mask: self._accept(listener))

    @property
    def listening(self) -> bool:
        """Clients can connect."""
        return self._listener is not None

    @property
    def client_count(self) -> int:
        """Connections open now."""
        return len(self._clients)

    def send(self, number: int, message: Message) -> None:
        """A line to one client, if it is still there."""
        client = self._clients.get(number)
        if client is not None:
            client.owed -= isinstance(message, Reply)
            self._write(client, encode(message))

    def publish(self, message: Message) -> None:
        """A line to every subscriber."""
        line = encode(message)
        for client in tuple(self._clients.values()):
            if client.subscribed:
                self._write(client, line)

    def close(self) -> None:
        """Take the socket away, then the connections; what is still to be sent gets one last try."""
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
                log.warning("socket: a client could not be accepted: %s", error)
                return
            self._welcome(link)

    def _welcome(self, link: socket.socket) -> None:
        link.setblocking(False)
        if not self._trusted(link):
            _turn_away(link, "forbidden", "этому пользователю нельзя")
            return
        if len(self._clients) >= self._settings.max_clients and not self._make_room():
            _turn_away(link, "too_many_clients", "слишком много соединений")
            return
        self._count += 1
        client = Client(self._count, link)
        self._clients[client.number] = client
        self._selector.register(link, selectors.EVENT_READ, lambda mask: self._ready(client, mask))

    def _make_room(self) -> bool:
        """Connections that only sit there give way to one that may want something."""
        for client in self._clients.values():
            if not client.subscribed and client.owed <= 0:
                self._clients.pop(client.number)
                self._selector.unregister(client.link)
                _turn_away(client.link, "too_many_clients", "слишком много соединений, а это ничего не просило")
                return True
        return False

    def _trusted(self, link: socket.socket) -> bool:
        raw = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, gid = struct.unpack("3i", raw)
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
        if mask & selectors.EVENT_WRITE:
            self._flush(client)
        if mask & selectors.EVENT_READ and client.number in self._clients:
            self._read(client)

    def _read(self, client: Client) -> None:
        try:
            chunk = client.link.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._drop(client)
            return
        if client.closing:
            return  # it has had its answer; what it still sends is thrown away until it hangs up
        client.inbox += chunk
        while not client.closing and client.number in self._clients:
            end = client.inbox.find(b"\n")
            if end < 0:
                break
            line = bytes(client.inbox[:end])
            del client.inbox[: end + 1]
            if len(line) > MAX_LINE_BYTES:
                self._too_long(client)
                return
            if line.strip():
                self._line(client, line)
        if len(client.inbox) > MAX_LINE_BYTES:
            self._too_long(client)

    def _line(self, client: Client, line: bytes) -> None:
        try:
            request = decode_request(line, now=self._now(), max_ttl_s=self._settings.max_ttl_s)
        except ProtocolBroken as error:
            self._write(client, encode(Reply("", Outcome.REFUSED, error.why, error.detail)))
            return
        client.owed += request.do in ACTIONS
        self._asked(client, request)

    def _too_long(self, client: Client) -> None:
        client.inbox.clear()
        detail = f"строка длиннее {MAX_LINE_BYTES} байт"
        client.closing = True
        self._write(client, encode(Reply("", Outcome.REFUSED, "too_long", detail)))

    def _write(self, client: Client, line: bytes) -> None:
        client.outbox += line
        if len(client.outbox) > MAX_UNREAD_BYTES:
            log.warning("socket: client %d does not read; dropped", client.number)
            self._drop(client)
            return
        self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            while client.outbox:
                sent = client.link.send(client.outbox)
                del client.outbox[:sent]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._drop(client)
            return
        if client.closing and not client.outbox:
            with contextlib.suppress(OSError):
                client.link.shutdown(socket.SHUT_WR)
            self._drop(client)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.outbox else 0)
        with contextlib.suppress(KeyError):
            self._selector.modify(client.link, events, self._selector.get_key(client.link).data)

    def _drop(self, client: Client) -> None:
        if self._clients.pop(client.number, None) is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(client.link)
            client.link.close()


def _turn_away(link: socket.socket, why: str, detail: str) -> None:
    with contextlib.suppress(OSError):
        link.send(encode(Reply("", Outcome.REFUSED, why, detail)))
    link.close()


def _group_of(name: str) -> int | None:
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        log.warning("socket: there is no group %r; only the same user may connect", name)
        return None

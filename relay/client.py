"""The blocking client of the relay socket, with a deadline on every call. Not shared between threads.

Each action uses its own short connection, so nothing needs keeping alive, and a restart of the relay process in between
does no harm. A subscription keeps its connection; if that breaks, it raises `RelayAbsent`.
"""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self, TypedDict, TypeVar, Unpack

from core.words.language import say
from core.words.reasons import Reason
from core.words.requesters import RELAY_TEST, printable
from core.words.system import system_words
from relay.codec import decode, encode_request
from relay.errors import ProtocolBroken, RelayAbsent, RelayTimeout
from relay.protocol import Do, Message, RelayEvent, Reply, Request, Status
from relay.socket import endpoint

MAX_MESSAGE_BYTES = 1 << 20
Answer = TypeVar("Answer", Reply, Status)


class EventStream(Protocol):
    """Events of the relay process, oldest first: what `RelayClient.subscribe` returns."""

    def next(self, timeout_s: float) -> RelayEvent | None:
        """The next event, or None if there was none in time. Raises `RelayAbsent` if the relay process has gone."""
        ...

    def ack(self, seq: int) -> None:
        """Everything up to `seq` is in the journal and need not be kept any more."""
        ...

    def close(self) -> None: ...


class Asked(TypedDict, total=False):
    """What every request may carry besides its reason; the meanings are those of `relay.protocol.Request`."""

    lane: str | None
    barrier: str | None
    """Instead of a lane."""
    request_id: str | None
    """By default a new one."""
    expires: float | None
    """By default as long as the client waits."""
    by: str
    note: str


class Relay(Protocol):
    """What `gate run`, the console and the commands need of the relay process. The fake is `relay.fake.FakeRelay`."""

    def open(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        """One pulse. The reply comes when the board has been told, or will not be."""
        ...

    def hold(self, *, reason: Reason, hold_s: float, **asked: Unpack[Asked]) -> Reply:
        """Holds open for `hold_s` from now.

        Repeated with the same `reason`, it starts anew; other holds are unaffected.
        """
        ...

    def release(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        """Ends the hold requested with the same `reason`. Holds of others and of the fire input stay."""
        ...

    def status(self) -> Status: ...

    def subscribe(self, *, after: int = 0, replayed: bool = True) -> EventStream: ...


class RelayClient:
    """Sends requests to the relay process that owns `state_dir`.

    A call that exceeds `timeout_s` raises `RelayTimeout`.
    """

    def __init__(self, state_dir: str | Path, *, timeout_s: float = 2.0) -> None:
        self._state_dir = state_dir
        self._timeout_s = timeout_s

    def open(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.OPEN, reason=reason, ttl_s=self._timeout_s, **asked))

    def hold(self, *, reason: Reason, hold_s: float, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.HOLD, reason=reason, hold_s=hold_s, ttl_s=self._timeout_s, **asked))

    def release(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.RELEASE, reason=reason, ttl_s=self._timeout_s, **asked))

    def test(self, *, barrier: str) -> Reply:
        """One pulse. The reply comes after its end, with everything exchanged with the board in `said`."""
        by, ttl_s = RELAY_TEST, self._timeout_s
        return self._act(request_of(Do.TEST, reason=Reason.CONSOLE, barrier=barrier, by=by, ttl_s=ttl_s))

    def status(self) -> Status:
        """The present state of the relay process."""
        return _expect(Status, self._ask(Request(id=uuid.uuid4().hex, do=Do.STATUS)))

    def subscribe(self, *, after: int = 0, replayed: bool = True) -> Subscription:
        """Events after `after`: first those kept (unless `replayed` is False), then new ones as they happen."""
        link = _Link(endpoint.connect(self._state_dir, timeout_s=self._timeout_s))
        link.send(Request(id="", do=Do.SUBSCRIBE, after=after, replayed=replayed))
        return Subscription(link)

    def _act(self, request: Request) -> Reply:
        return _expect(Reply, self._ask(request))

    def _ask(self, request: Request) -> Message:
        deadline = time.monotonic() + self._timeout_s
        link = _Link(endpoint.connect(self._state_dir, timeout_s=self._timeout_s))
        try:
            link.send(request)
            while True:
                message = link.receive(deadline - time.monotonic())
                if message is None:
                    raise RelayTimeout(say("gate relay не ответил вовремя; выполнил ли он просьбу, неизвестно"))
                if not isinstance(message, RelayEvent):
                    return message
        finally:
            link.close()


class Subscription:
    """An `EventStream` over its own connection; used by one thread."""

    def __init__(self, link: _Link) -> None:
        self._link = link

    def next(self, timeout_s: float) -> RelayEvent | None:
        """The next event, or None if there was none in time. Raises `RelayAbsent` if the relay process has gone."""
        deadline = time.monotonic() + timeout_s
        while True:
            message = self._link.receive(max(0.0, deadline - time.monotonic()))
            if message is None or isinstance(message, RelayEvent):
                return message
            if isinstance(message, Reply):  # too many clients, or an older relay process
                raise RelayAbsent(message.detail)

    def ack(self, seq: int) -> None:
        """Everything up to `seq` is in the journal and need not be kept any more."""
        self._link.send(Request(id="", do=Do.ACK, after=seq))

    def close(self) -> None:
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Link:
    """Lines over one socket."""

    def __init__(self, link: socket.socket, now: Callable[[], float] = time.monotonic) -> None:
        self._socket = link
        self._now = now
        self._buffer = bytearray()

    def send(self, request: Request) -> None:
        try:
            self._socket.sendall(encode_request(request))
        except OSError:
            # The relay may have said why (too many clients) before it hung up. That answer can still be read.
            return

    def receive(self, timeout_s: float) -> Message | None:
        """One message, or None if none was complete within `timeout_s`."""
        deadline = self._now() + timeout_s
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_MESSAGE_BYTES:
                raise ProtocolBroken("too_long", say("gate relay прислал строку без конца"))
            self._socket.settimeout(max(0.001, deadline - self._now()))
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                return None
            except OSError as error:
                raise RelayAbsent(say("gate relay оборвал связь ({strerror})", strerror=system_words(error))) from None
            if not chunk:
                raise RelayAbsent(say("gate relay оборвал связь"))
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return decode(line)

    def close(self) -> None:
        self._socket.close()


def request_of(do: Do, *, reason: Reason, ttl_s: float, hold_s: float | None = None, **asked: Unpack[Asked]) -> Request:
    """The request for an action, with an id of its own and a life of `ttl_s` seconds unless others are asked for."""
    expires = asked.get("expires")
    return Request(
        id=asked.get("request_id") or uuid.uuid4().hex,
        do=do,
        lane=asked.get("lane"),
        barrier=asked.get("barrier"),
        reason=reason,
        expires=time.monotonic() + ttl_s if expires is None else expires,
        hold_s=hold_s,
        by=printable(asked.get("by", "")),
        note=printable(asked.get("note", "")),
    )


def _expect(kind: type[Answer], message: Message) -> Answer:
    if not isinstance(message, kind):
        if isinstance(message, Reply):
            raise ProtocolBroken(message.why, message.detail)
        raise ProtocolBroken("bad_message", say("gate relay ответил не на то, о чём спросили"))
    return message

"""Network relays (Shelly and the like): configurable HTTP requests. With a pulse URL the device times the pulse itself.

Standard library only, to keep the relay process small. Every call has one deadline for the whole call, not per read.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from core.words.language import say
from relay.boards.http_address import url_problem
from relay.boards.seam import ACKNOWLEDGED, Acknowledgement, Contact, Transcript
from relay.errors import BoardError, BoardLost, BoardMisset, BoardNonsense, BoardRefused, BoardSilent
from relay.settings import BarrierSettings

DEADLINE_S = 1.2
MAX_ANSWER_BYTES = 65536
MOST_BYTES = 4 * MAX_ANSWER_BYTES
"""Most bytes ever read of one answer, including an endless "100 Continue". Even a socket that is shut down still
delivers what arrives, so that alone would not stop a talkative peer."""
_READ_BYTES = 4096


class _Bounded(io.RawIOBase):
    """A socket with a limit on reading time and bytes."""

    def __init__(self, raw: io.RawIOBase, until: float) -> None:
        self._raw, self._until, self._left = raw, until, MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() >= self._until:
            raise TimeoutError
        if self._left <= 0:
            raise http.client.LineTooLong("answer")
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class HttpBoard:
    """A `relay.boards.seam.Board` for one barrier."""

    def __init__(self, settings: BarrierSettings, *, transcript: Transcript) -> None:
        self._settings = settings
        self._transcript = transcript
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None
        self._abandoned = False
        self._sent = False
        """Whether the last request went out: a failure after that counts as an answer."""

    @property
    def times_pulses(self) -> bool:
        return bool(self._settings.http_pulse_url)

    @property
    def reads_back(self) -> bool:
        return bool(self._settings.http_state_url)

    @property
    def reply_s(self) -> float:
        return DEADLINE_S

    def open(self, channels: tuple[int, ...]) -> None:
        for channel in channels:
            self.switch(channel, on=False)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        settings = self._settings
        url = settings.http_on_url if on else settings.http_off_url
        if not url:
            raise BoardMisset(
                say("реле {channel}: не задан {what}", channel=channel, what="http_on_url" if on else "http_off_url")
            )
        return self._command(url, settings.http_on_body if on else settings.http_off_body)

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        settings = self._settings
        if not settings.http_pulse_url:
            raise BoardMisset(say("реле {channel}: не задан http_pulse_url", channel=channel))
        length = f"{seconds:g}"
        url = settings.http_pulse_url.replace("{pulse_s}", length)
        return self._command(url, settings.http_pulse_body.replace("{pulse_s}", length))

    def contact(self, channel: int) -> Contact:
        settings = self._settings
        if not settings.http_state_url or channel != settings.channel:
            return Contact.UNKNOWN
        try:
            text = self._ask("GET", settings.http_state_url, "")
        except BoardSilent:
            return Contact.UNKNOWN
        on, off = settings.http_state_on in text, settings.http_state_off in text
        if on is off:
            if text:
                raise BoardNonsense(say("в ответе сетевого реле нет его состояния: {what!r}", what=text[:40]))
            return Contact.UNKNOWN
        return Contact.ON if on else Contact.OFF

    def check(self) -> None:
        pass

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        raise BoardSilent(say("у сетевого реле нет входов {numbers}", numbers=numbers))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        for part in (self._response, connection):  # an answer cut short keeps the socket open by itself
            if part is not None:
                with suppress(OSError):
                    part.close()
        self._response = None

    def abandon(self) -> None:
        self._abandoned = True
        self._cut()

    def _answer(self, *arguments: Any, **more: Any) -> http.client.HTTPResponse:
        self._response = http.client.HTTPResponse(*arguments, **more)
        self._response.fp = io.BufferedReader(_Bounded(self._response.fp.detach(), time.monotonic() + DEADLINE_S))
        return self._response

    def _cut(self) -> None:
        """Ends whatever hangs on the connection. Called from another thread."""
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _command(self, url: str, body: str) -> Acknowledgement:
        """Sends a command. If the answer is lost or damaged on the way back, the outcome stays open."""
        try:
            self._ask(self._settings.http_method, url, body)
        except (BoardMisset, BoardRefused):
            raise
        except BoardError as error:
            if not self._sent:
                raise
            return Acknowledgement(heard=False, trouble=error)
        return ACKNOWLEDGED

    def _ask(self, method: str, url: str, body: str) -> str:
        """The text of the answer."""
        if why := url_problem(url):
            raise BoardMisset(f"{url}: {why}")
        self._sent = False
        deadline = time.monotonic() + DEADLINE_S
        place = urlsplit(url)
        host = place.hostname or ""
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers = {"Connection": "close"}
        if self._settings.http_authorization:
            headers["Authorization"] = self._settings.http_authorization
        # Single reads have their own deadlines; this one covers all of them.
        cut = threading.Timer(DEADLINE_S, self._cut)
        cut.daemon = True
        cut.start()
        try:
            connection = self._connection = _connection(place.scheme, host, place.port)
            connection.response_class = self._answer  # type: ignore[assignment]
            connection.connect()
            # A name lookup cannot be interrupted. By now the request may be too late, and another worker may talk.
            if self._abandoned or time.monotonic() >= deadline:
                raise TimeoutError
            self._transcript.sent(f"{method} {url} {body}".strip().encode("ascii", "replace"))
            self._sent = True
            connection.request(method, target, body=body.encode() or None, headers=headers)
            answer = connection.getresponse()
            text = _read(connection, answer, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise BoardSilent(say("{host}: сетевое реле не ответило вовремя", host=host)) from None
            if isinstance(error, ValueError):
                raise BoardMisset(
                    say("{url}: с такими настройками запроса не сделать: {error}", url=url, error=error)
                ) from None
            if self._sent:
                raise BoardNonsense(
                    say("{host}: ответ сетевого реле не дошёл целым: {error}", host=host, error=error)
                ) from None
            raise BoardLost(say("{host}: нет связи с сетевым реле: {error}", host=host, error=error)) from None
        finally:
            cut.cancel()
            self.close()
        self._transcript.received(f"{answer.status} {text}".encode("ascii", "replace")[:200])
        if not 200 <= answer.status < 300:
            # A server or gateway error says nothing about what the relay did; any other status is a refusal.
            kind = BoardNonsense if answer.status >= 500 else BoardRefused
            raise kind(
                say(
                    "{host}: сетевое реле ответило {status} {reason}",
                    host=host,
                    status=answer.status,
                    reason=answer.reason,
                )
            )
        return text


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=DEADLINE_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=DEADLINE_S)


def _read(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float) -> str:
    data = b""
    while len(data) < MAX_ANSWER_BYTES:
        rest = deadline - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(rest)
        chunk = answer.read1(_READ_BYTES)
        if not chunk:
            break
        data += chunk
    return data.decode("utf-8", "replace")

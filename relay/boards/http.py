"""Network relays (Shelly and the like): configured requests. With a pulse URL the device times the pulse itself.

Standard library only: the relay process stays small. Every call has a deadline over all of it, not per read.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from relay.boards.seam import Contact, Transcript
from relay.errors import BoardLost, BoardMisset, BoardNonsense, BoardSilent
from relay.settings import BarrierSettings

DEADLINE_S = 1.2
MAX_ANSWER_BYTES = 65536
_READ_BYTES = 4096


class HttpBoard:
    """A `relay.boards.seam.Board` for one barrier."""

    def __init__(self, settings: BarrierSettings, *, transcript: Transcript) -> None:
        self._settings = settings
        self._transcript = transcript
        self._connection: http.client.HTTPConnection | None = None

    @property
    def times_pulses(self) -> bool:
        return bool(self._settings.http_pulse_url)

    @property
    def reads_back(self) -> bool:
        return bool(self._settings.http_state_url)

    def open(self, channels: tuple[int, ...]) -> None:
        for channel in channels:
            self.switch(channel, on=False)

    def switch(self, channel: int, *, on: bool) -> None:
        settings = self._settings
        url = settings.http_on_url if on else settings.http_off_url
        if not url:
            raise BoardMisset(f"реле {channel}: не задан {'http_on_url' if on else 'http_off_url'}")
        self._ask(settings.http_method, url, settings.http_on_body if on else settings.http_off_body)

    def pulse(self, channel: int, *, seconds: float) -> None:
        settings = self._settings
        if not settings.http_pulse_url:
            raise BoardMisset(f"реле {channel}: не задан http_pulse_url")
        length = f"{seconds:g}"
        url = settings.http_pulse_url.replace("{pulse_s}", length)
        self._ask(settings.http_method, url, settings.http_pulse_body.replace("{pulse_s}", length))

    def contact(self, channel: int) -> Contact:
        settings = self._settings
        if not settings.http_state_url or channel != settings.channel:
            return Contact.UNKNOWN
        try:
            text = self._ask("GET", settings.http_state_url, "")
        except (BoardSilent, BoardNonsense):
            return Contact.UNKNOWN
        on, off = settings.http_state_on in text, settings.http_state_off in text
        if on is off:
            return Contact.UNKNOWN
        return Contact.ON if on else Contact.OFF

    def check(self) -> None:
        pass

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        raise BoardSilent(f"у сетевого реле нет входов {numbers}")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                connection.close()

    def abandon(self) -> None:
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(2)  # both ways: a read that hangs ends

    def _ask(self, method: str, url: str, body: str) -> str:
        """The text of the answer."""
        deadline = time.monotonic() + DEADLINE_S
        place = urlsplit(url)
        host = place.hostname or ""
        connection: http.client.HTTPConnection
        if place.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, place.port, timeout=DEADLINE_S, context=context)
        else:
            connection = http.client.HTTPConnection(host, place.port, timeout=DEADLINE_S)
        self._connection = connection
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers = {"Connection": "close"}
        if self._settings.http_authorization:
            headers["Authorization"] = self._settings.http_authorization
        self._transcript.sent(f"{method} {url} {body}".strip().encode("ascii", "replace"))
        try:
            connection.request(method, target, body=body.encode() or None, headers=headers)
            answer = connection.getresponse()
            text = _read(connection, answer, deadline)
        except TimeoutError:
            raise BoardSilent(f"{host}: сетевое реле не ответило вовремя") from None
        except (OSError, http.client.HTTPException) as error:
            raise BoardLost(f"{host}: нет связи с сетевым реле: {error}") from None
        finally:
            self.close()
        self._transcript.received(f"{answer.status} {text}".encode("ascii", "replace")[:200])
        if not 200 <= answer.status < 300:
            raise BoardNonsense(f"{host}: сетевое реле ответило {answer.status} {answer.reason}")
        return text


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

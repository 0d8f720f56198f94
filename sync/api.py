"""The calls of the contract, typed: arguments and results are values of `sync.wire`.

For one thread, like the `CloudHttp` it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from core.words.language import say
from sync import wire
from sync.answers import decoded
from sync.errors import AnswerInvalid
from sync.eventstream import Comment, EventParser, ServerEvent
from sync.http import CloudHttp, Request


class CloudApi:
    """The cloud, as the gate talks to it. Every method may raise CloudError."""

    def __init__(self, http: CloudHttp, *, follows: Callable[[], bool] = lambda: False) -> None:
        """`follows`: whether the gate can follow its territory to another cell right now; asked before each list."""
        self._http = http
        self._follows = follows

    def enroll(self, request: wire.EnrollRequest) -> wire.EnrollAnswer:
        body = self._http.request(Request("POST", "/enroll", body=wire.encode(request)))
        return decoded(wire.EnrollAnswer, body)

    def passes(self, cursor: str) -> wire.PassPage:
        speaks = f"{wire.SPEAKS},{wire.SPEAKS_MOVED}" if self._follows() else wire.SPEAKS
        query = {"cursor": cursor, "speaks": speaks}
        return decoded(wire.PassPage, self._http.request(Request("GET", "/passes", query=query)))

    def send_events(self, events: Sequence[wire.GateEvent]) -> wire.Accepted:
        body = self._http.request(Request("POST", "/events", body=wire.encode(wire.EventBatch(tuple(events)))))
        return decoded(wire.Accepted, body)

    def send_snapshot(self, event_id: str, jpeg: bytes) -> None:
        self._http.request(Request("PUT", f"/events/{event_id}/snapshot", body=jpeg, kind="image/jpeg", empty=True))

    def acknowledge(self, command_id: str, ack: wire.CommandAck) -> None:
        self._http.request(Request("POST", f"/commands/{command_id}/ack", body=wire.encode(ack), empty=True))

    def send_health(self, health: wire.Health) -> wire.HealthAnswer:
        """Sends the health report and returns the cloud's wishes; an older cloud answers nothing."""
        body = self._http.request(Request("POST", "/health", body=wire.encode(health)))
        return decoded(wire.HealthAnswer, body) if body else wire.HealthAnswer()

    def renew_token(self) -> wire.EnrollAnswer:
        """A new device token. The one in use stays valid until the new one is used."""
        return decoded(wire.EnrollAnswer, self._http.request(Request("POST", "/token")))

    def prove_token(self) -> None:
        """Uses a token for the first time. Raises EnrolmentLost if it is not valid."""
        self._http.request(Request("GET", "/token", empty=True))

    def update_wanted(self, *, python: str, machine: str, running: str) -> wire.UpdateWanted | None:
        """The build that this gate should have; None = the one it has."""
        query = {"python": python, "machine": machine, "running": running}
        body = self._http.request(Request("GET", "/update", query=query))
        return decoded(wire.UpdateWanted, body) if body else None

    def update_piece(self, release: str, number: int) -> bytes:
        """The piece of its file with that number, counted from 0."""
        return self._http.request(Request("GET", f"/update/{release}/{number}"))

    @contextmanager
    def stream(self, last_id: str) -> Iterator[Iterator[ServerEvent | Comment]]:
        """The events of one stream, until it breaks (CloudUnreachable) or the cloud ends it (iteration just ends)."""
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        with self._http.stream(Request("GET", "/stream", headers=headers)) as chunks:
            yield _events(chunks)

    def close(self) -> None:
        self._http.close()


def _events(chunks: Iterator[bytes]) -> Iterator[ServerEvent | Comment]:
    parser = EventParser()
    for chunk in chunks:
        try:
            yield from tuple(parser.feed(chunk))
        except ValueError:
            raise AnswerInvalid(say("поток извещений не по договору")) from None

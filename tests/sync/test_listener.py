"""The reader of the cloud's stream by itself: what it says of its connection, and how long it waits for the next one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast

import pytest

from core.events import Instant
from sync.api import CloudApi
from sync.backoff import Patience
from sync.errors import CloudUnreachable
from sync.eventstream import Comment
from sync.listener import Listener
from sync.memory import MemoryClock
from sync.servertime import ServerTime
from tests.patience import PATIENCE_S, until

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Streams:
    """A cloud whose streams fail at once, or deliver one comment and end."""

    def __init__(self, *, fail: bool) -> None:
        self.fail, self.closed = fail, False
        self.asked: list[object] = []
        self.said: Callable[[], object] = lambda: None

    @contextmanager
    def stream(self, last_id: str) -> Iterator[Iterator[Comment]]:
        self.asked.append(self.said())
        if self.fail:
            raise CloudUnreachable("away")
        yield iter([Comment("")])

    def close(self) -> None:
        self.closed = True


class Listening:
    """A listener on its own thread, whose pauses never end by themselves."""

    def __init__(self, *, fail: bool) -> None:
        self.api, self.token, self.stop = Streams(fail=fail), "one", threading.Event()
        self.connected: list[bool] = []
        self.listener = Listener(
            api=cast("CloudApi", self.api),
            server_time=ServerTime(MemoryClock(Instant(1000.0, NOW, wall_trusted=True))),
            patience=Patience(1.0, 300.0, 3600.0),
            hinted=lambda _: None,
            commanded=lambda _: None,
            asked=lambda: None,
            connected=self.connected.append,
            token=lambda: self.token,
        )
        self.thread = threading.Thread(target=self.listener.run, args=(self.stop, lambda: True))
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.listener.nudge()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Listening]]:
    monkeypatch.setattr("sync.listener.pause_s", lambda *_, **__: 3600.0)
    made: list[Listening] = []

    def make(*, fail: bool) -> Listening:
        made.append(Listening(fail=fail))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_a_stream_is_reported_when_it_opens_and_when_it_ends(listening: Callable[..., Listening]) -> None:
    """The list is polled rarely only in between."""
    one = listening(fail=False)
    until(lambda: one.connected == [True, False])


def test_a_stream_that_never_opened_is_reported_as_away(listening: Callable[..., Listening]) -> None:
    """Whatever was reported before, nobody may count on a stream now."""
    one = listening(fail=True)
    until(lambda: one.connected == [False])


def test_the_connection_is_closed_at_the_end(listening: Callable[..., Listening]) -> None:
    """The thread that opened it closes it."""
    one = listening(fail=True)
    until(lambda: one.api.asked)
    one.end()
    assert one.api.closed


def test_a_failed_stream_is_tried_again_when_somebody_says_that_the_cloud_answers(
    listening: Callable[..., Listening],
) -> None:
    """Not before its pause is over, unless it is nudged."""
    one, nudged = listening(fail=True), threading.Event()
    one.api.said = nudged.is_set
    until(lambda: one.api.asked)
    nudged.set()
    one.listener.nudge()
    until(lambda: len(one.api.asked) > 1)
    assert one.api.asked[1] is True


def test_a_new_enrolment_ends_the_pause(listening: Callable[..., Listening]) -> None:
    """Whatever the old token was refused for, the new one is tried."""
    one = listening(fail=True)
    one.api.said = lambda: one.token
    until(lambda: one.api.asked)
    one.token = "two"
    until(lambda: len(one.api.asked) > 1)
    assert "two" == one.api.asked[1]

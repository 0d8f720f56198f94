"""Bounds and retries of the cloud client, each at the byte, the call or the number at which it changes."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, cast

import httpcore
import pytest

from core.events import Instant
from core.words.outcomes import Outcome
from sync.api import CloudApi
from sync.backoff import Patience
from sync.codec import encode, parse, read
from sync.commands import Commander
from sync.deadline import DeadlineBackend, _DeadlineStream
from sync.errors import AnswerInvalid, CloudUnreachable, ListExpired
from sync.eventstream import EVENT_BYTES, LINE_BYTES, EventParser, ServerEvent
from sync.follow import Follower
from sync.http import CloudHttp, Request
from sync.memory import MemoryBarrier, MemoryClock, MemoryLedger, MemoryMover
from sync.rotation import TriedTokens
from sync.servertime import ServerTime
from sync.settings import CloudSettings
from sync.tasks import Task
from sync.wire import Command, CommandAck, Moved, MoveDocument

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PATIENCE = Patience(1.0, 300.0, 3600.0)


# -- the stream ------------------------------------------------------------------------------------------------


def test_a_line_may_be_as_long_as_the_bound_and_no_longer() -> None:
    """A peer that sends one without an end cannot fill the memory."""
    parser = EventParser()
    assert [] == list(parser.feed(b"x" * LINE_BYTES))
    with pytest.raises(ValueError, match="line"):
        list(parser.feed(b"x"))


def test_an_event_may_be_as_long_as_the_bound_and_no_longer() -> None:
    """Its lines count together, and an event that is over does not count for the next one."""
    lines = EVENT_BYTES // 50_000
    head = [b"data:" + b"x" * (50_000 - 5)] * lines
    rest = b"data:" + b"x" * (EVENT_BYTES - lines * 50_000 - 5)
    parser = EventParser()
    for _ in range(2):
        assert [] == [item for line in [*head, rest] for item in parser.feed(line + b"\n")]
        assert [ServerEvent] == [type(item) for item in parser.feed(b"\n")]
    for line in [*head, rest]:
        list(parser.feed(line + b"\n"))
    with pytest.raises(ValueError, match="event"):
        list(parser.feed(b"data:\n"))


# -- the deadline ----------------------------------------------------------------------------------------------


def test_a_step_ends_by_its_own_time_or_by_the_deadline() -> None:
    """Whichever is sooner; a step after the deadline gets a moment, because zero would mean no limit."""
    backend = DeadlineBackend()
    assert 5.0 == backend.left_s(5.0)
    backend.deadline = time.monotonic() + 10.0
    assert 5.0 == backend.left_s(5.0)
    assert 0.0 < backend.left_s(None) <= 10.0
    assert 0.0 < backend.left_s(60.0) <= 10.0
    backend.deadline = time.monotonic() - 1.0
    assert 0.001 == backend.left_s(None) == backend.left_s(5.0)


def test_a_closed_stream_closes_its_socket() -> None:
    """What hangs on it ends with it."""

    class Socket:
        closed = False

        def close(self) -> None:
            self.closed = True

    inner = Socket()
    _DeadlineStream(DeadlineBackend(), cast("httpcore.NetworkStream", inner)).close()
    assert inner.closed


# -- tokens ----------------------------------------------------------------------------------------------------


def test_each_call_of_a_rotation_is_made_with_the_token_it_is_given() -> None:
    """The answer to the proof of a new token must be about that token and no other."""
    made: list[tuple[str, str | None]] = []

    class Http:
        def __init__(self, token: Any) -> None:
            self.token = token

        def request(self, request: Request) -> bytes:
            made.append((request.path, self.token()))
            return b"{}"

    tried = TriedTokens(lambda token: cast("CloudHttp", Http(token)))
    with pytest.raises(AnswerInvalid):
        tried.renew("old")
    tried.prove("new")
    assert ["old", "new"] == [token for _, token in made]


# -- commands --------------------------------------------------------------------------------------------------


class Away:
    """A cloud that takes no acknowledgement."""

    def __init__(self) -> None:
        self.asked = 0

    def acknowledge(self, command_id: str, ack: CommandAck) -> None:
        self.asked += 1
        raise CloudUnreachable("away")

    def close(self) -> None: ...


class Looks(queue.Queue[Any]):
    """A queue without commands; the `most`th look at it ends the work."""

    def __init__(self, most: int, stop: threading.Event) -> None:
        super().__init__()
        self._most, self._stop = most, stop

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - as declared
        self._most -= 1
        if not self._most:
            self._stop.set()
        raise queue.Empty


def failing(monkeypatch: pytest.MonkeyPatch, *, looks: int, pause_s: float) -> tuple[Away, list[int]]:
    """A finished command that the cloud does not take: how often it was asked, and the failures of each pause."""
    counted: list[int] = []

    def pause(error: Exception, *, failures: int, patience: Patience, chance: float) -> float:
        counted.append(failures)
        return pause_s

    monkeypatch.setattr("sync.commands.pause_s", pause)
    ledger, stop, api = MemoryLedger(), threading.Event(), Away()
    command = Command("c1", "open", "entry", expires_at=NOW)
    assert ledger.claim(command)
    ledger.finish("c1", "done", "")
    commander = Commander(
        api=cast("CloudApi", api),
        open_ledger=lambda: nullcontext(ledger),
        barrier=MemoryBarrier(Outcome.DONE),
        server_time=ServerTime(MemoryClock(Instant(1000.0, NOW, wall_trusted=True))),
        patience=PATIENCE,
    )
    commander._queue = Looks(looks, stop)
    commander.run(stop)
    return api, counted


def test_an_acknowledgement_that_fails_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause is reckoned from the number of failures in a row."""
    assert [1, 2, 3] == failing(monkeypatch, looks=3, pause_s=0.0)[1]


def test_an_acknowledgement_that_failed_is_not_repeated_within_its_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread goes on looking for commands meanwhile."""
    assert 1 == failing(monkeypatch, looks=5, pause_s=3600.0)[0].asked


# -- numbers and tasks -----------------------------------------------------------------------------------------


def test_a_whole_float_is_an_integer_as_far_as_it_is_exact() -> None:
    """JSON has one kind of number. Beyond 2**53 a float no longer names one integer, so it stays what it is."""
    kind = tuple[int, ...]
    assert (2**53, -(2**53)) == read(kind, parse(b"[9007199254740992.0, -9007199254740992.0]"))
    with pytest.raises(ValueError, match="int"):
        read(kind, parse(b"[9007199254740994.0]"))


def test_a_task_that_failed_has_not_succeeded() -> None:
    """What waits for the cloud to answer again is not told so by a failure."""

    def work() -> bool:
        raise CloudUnreachable("away")

    task = Task("list", work, 60.0)
    assert not task.attempt(lambda: 1.0, patience=PATIENCE, chance=lambda: 0.0)
    assert 1 == task.failures


# -- a move ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [True, False])
def test_the_connection_to_a_new_cell_is_closed_whether_it_answers_or_not(
    monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    """It only serves to ask; the link that follows makes its own."""
    closed: list[str] = []

    class Http:
        def __init__(self, settings: CloudSettings, **_: object) -> None:
            self.url = settings.url

        def request(self, request: Request) -> bytes:
            raise ListExpired("known") if answers else CloudUnreachable("away")

        def close(self) -> None:
            closed.append(str(self.url))

    monkeypatch.setattr("sync.follow.CloudHttp", Http)
    mover = MemoryMover("good")
    clock = MemoryClock(Instant(1000.0, NOW, wall_trusted=True))
    follower = Follower(CloudSettings(url="https://old"), mover, clock=clock, token=lambda: "t", version="1")
    cell = "https://new"
    moved = Moved(encode(MoveDocument("495-376", cell, 1)).decode(), "good")
    with nullcontext() if answers else pytest.raises(CloudUnreachable):
        follower.follow(moved, cursor="c")
    assert [cell] == closed
    assert (mover.cell == cell) is answers

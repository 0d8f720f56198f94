"""A cloud that starts over, is away, speaks nonsense: what becomes of the list, of commands and of the stream."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import GateError
from sync import listener as sync_listener
from sync import wire
from sync.backoff import Patience
from sync.commands import WAITING, Commander
from sync.errors import AnswerInvalid, CloudUnreachable, ListExpired
from sync.eventstream import Comment, ServerEvent
from sync.listener import Listener
from sync.memory import MemoryBarrier, MemoryClock, MemoryLedger, MemoryPassCache
from sync.pull import RESETS, Puller
from sync.servertime import ServerTime
from sync.wire import PassPage
from tests.pass_items import pass_item

START = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
QUICK = Patience(0.001, 0.002, 1.0)


def page(*numbers: int, cursor: str, more: bool = False, reset: bool = False) -> PassPage:
    return PassPage(tuple(pass_item(f"p{n}", f"A{n:03}BC77") for n in numbers), cursor=cursor, more=more, reset=reset)


class Pages:
    """A cloud that answers from a script; an error in it is raised."""

    def __init__(self, *script: PassPage | Exception) -> None:
        self._script = list(script)
        self.asked: list[str] = []

    def passes(self, cursor: str) -> PassPage:
        self.asked.append(cursor)
        said = self._script.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def pulled(*script: PassPage | Exception) -> tuple[Pages, MemoryPassCache, Puller]:
    cloud, cache = Pages(*script), MemoryPassCache()
    return cloud, cache, Puller(cloud, cache, MemoryClock.at(START))


def test_a_delta_of_several_pages_is_taken_page_by_page() -> None:
    """Each page is applied with its cursor, and the next is asked for from there."""
    cloud, cache, puller = pulled(page(1, cursor="a"), page(2, cursor="b", more=True), page(3, cursor="c"))
    puller.pull()
    done = puller.pull()
    assert (2, 2, False) == (done.pages, done.items, done.whole)
    assert ["", "a", "b"] == cloud.asked
    assert {"p1", "p2", "p3"} == set(cache.live)


def test_a_cursor_that_expires_while_the_list_is_read_begins_it_again() -> None:
    """What was staged of the older list is dropped; the list in use stays until the new one is whole."""
    cloud, cache, puller = pulled(
        page(1, cursor="a", more=True), ListExpired(), page(2, cursor="x", more=True), page(3, cursor="y")
    )
    done = puller.pull()
    assert done.whole
    assert ["", "a", "", "x"] == cloud.asked
    assert {"p2", "p3"} == set(cache.live)


def test_a_cloud_that_begins_again_for_ever_is_not_followed_for_ever() -> None:
    """After a few times the pull ends with an error, and the list is what it was."""
    script = [page(1, cursor="a"), ListExpired(), *[ListExpired() for _ in range(RESETS + 1)]]
    _, cache, puller = pulled(*script)
    puller.pull()
    with pytest.raises(AnswerInvalid):
        puller.pull()
    assert {"p1"} == set(cache.live)


class Away:
    """An API to which no acknowledgement gets through until `back`."""

    def __init__(self) -> None:
        self.tries = 0
        self.back_at = 3
        self.told = threading.Event()
        self.closed = False

    def acknowledge(self, command_id: str, ack: wire.CommandAck) -> None:
        self.tries += 1
        if self.tries < self.back_at:
            raise CloudUnreachable("away")
        self.told.set()

    def close(self) -> None:
        self.closed = True


def commander(api: Away, ledger: object) -> tuple[Commander, MemoryBarrier]:
    barrier, server_time = MemoryBarrier(), ServerTime(MemoryClock.at(START))
    made = Commander(api=api, open_ledger=ledger, barrier=barrier, server_time=server_time, patience=QUICK)
    return made, barrier


def command(number: int) -> wire.Command:
    return wire.Command(id=f"00000000-0000-4000-8000-{number:012}", kind="open", lane="entry", expires_at=START)


@contextlib.contextmanager
def working(made: Commander) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,), daemon=True)
    thread.start()
    yield stop
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_an_acknowledgement_is_tried_until_the_cloud_is_back() -> None:
    """Each failure waits a little and tries again; the command itself is done once, or refused once."""
    api, ledger = Away(), MemoryLedger()
    made, barrier = commander(api, lambda: nullcontext(ledger))
    made.offer(command(1))
    with working(made):
        assert api.told.wait(60)
    assert api.closed
    assert [] == barrier.performed  # the cloud's time was never heard
    assert () == ledger.unacknowledged()


def test_without_a_ledger_no_command_is_obeyed() -> None:
    """Nothing would be done only once: the ledger is opened again and again, and the barrier stays."""
    api, ledger, tries = Away(), MemoryLedger(), []
    api.back_at = 0

    def open_ledger() -> contextlib.AbstractContextManager[MemoryLedger]:
        tries.append(1)
        if len(tries) < 3:
            raise GateError("no disk")
        return nullcontext(ledger)

    made, barrier = commander(api, open_ledger)
    made.offer(command(1))
    with working(made):
        assert api.told.wait(60)
    assert len(tries) == 3
    assert [] == barrier.performed


def test_more_commands_than_can_be_done_are_let_go() -> None:
    """A flood from the cloud fills no memory: what is too much is told in the log and never done."""
    made, _ = commander(Away(), lambda: nullcontext(MemoryLedger()))
    for number in range(WAITING + 5):
        made.offer(command(number))
    assert WAITING == made._queue.qsize()


class Stream:
    """A cloud whose stream says these events once, and then ends."""

    def __init__(self, *events: ServerEvent | Comment) -> None:
        self._events = events
        self.asked: list[str] = []
        self.over = threading.Event()
        self.reports = threading.Event()

    @contextlib.contextmanager
    def stream(self, last_id: str) -> Iterator[Iterator[ServerEvent | Comment]]:
        self.asked.append(last_id)
        yield iter(self._events if len(self.asked) == 1 else ())
        if len(self.asked) == 2:
            self.over.set()

    def close(self) -> None:
        return


def heard(*events: ServerEvent | Comment) -> tuple[list[str], list[wire.Command], Stream, ServerTime]:
    """What came of a stream: hints, commands, and what was asked for when it began again."""
    hints: list[str] = []
    commands: list[wire.Command] = []
    cloud, server_time = Stream(*events), ServerTime(MemoryClock.at(START))
    listener = Listener(
        api=cloud, server_time=server_time, patience=QUICK, hinted=hints.append, commanded=commands.append,
        asked=cloud.reports.set, connected=lambda up: None, token=lambda: "t",
    )  # fmt: skip
    stop = threading.Event()
    thread = threading.Thread(target=listener.run, args=(stop, lambda: True), daemon=True)
    thread.start()
    assert cloud.over.wait(60)
    stop.set()
    listener.nudge()
    thread.join(60)
    assert not thread.is_alive()
    return hints, commands, cloud, server_time


def test_an_event_that_cannot_be_read_costs_itself_only() -> None:
    """Nonsense, kinds of later versions and comments that are no time are passed over; the next hint counts, and is where it goes on."""
    good = ServerEvent("passes", '{"cursor": "c9"}', "9")
    hints, commands, cloud, _ = heard(
        ServerEvent("passes", "{", "7"), ServerEvent("command", "[]", "8"), ServerEvent("weather", "{}", "8"),
        Comment("soon"), Comment("2026-11-29T09:00:00"), good,
    )  # fmt: skip
    assert (["c9"], []) == (hints, commands)
    assert ["", "9"] == cloud.asked[:2]


def test_a_cloud_that_wants_a_report_now_is_heard() -> None:
    """Whatever the event carries; nothing else asks for one."""
    assert heard(ServerEvent("report", "{", ""))[2].reports.is_set()
    assert not heard(ServerEvent("reports", "{}", ""))[2].reports.is_set()


def test_a_command_is_passed_on_and_the_time_of_a_comment_heard() -> None:
    """The time that stands in a comment is the one a command's deadline is measured by."""
    wanted = replace(command(1), expires_at=START)
    _, commands, _, server_time = heard(
        Comment(START.isoformat()), ServerEvent("command", wire.encode(wanted).decode(), "1")
    )
    assert [wanted] == commands
    assert server_time.until(START, mono=0.0) is not None


class Opening:
    """A cloud whose stream opens or is refused, as the script says, and ends at once; after the script it stays refused."""

    def __init__(self, *opens: bool) -> None:
        self._opens = list(opens)
        self.over = threading.Event()

    @contextlib.contextmanager
    def stream(self, last_id: str) -> Iterator[Iterator[ServerEvent | Comment]]:  # the api's
        if not self._opens:
            self.over.set()
        if not (self._opens and self._opens.pop(0)):
            raise CloudUnreachable("refused")
        yield iter(())

    def close(self) -> None:
        return


def test_a_stream_that_had_held_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tries that open nothing make the pauses grow; after a stream that held the next try is a first one, with no pause owed."""
    failed: list[int] = []
    monkeypatch.setattr(sync_listener, "STEADY_S", -1.0)
    monkeypatch.setattr(sync_listener, "pause_s", lambda error, *, failures, **_: failed.append(failures) or 0.0)
    cloud, stop = Opening(True, False, False, True, False), threading.Event()
    listener = Listener(
        api=cloud, server_time=ServerTime(MemoryClock.at(START)), patience=QUICK, hinted=lambda _: None,
        commanded=lambda _: None, asked=lambda: None, connected=lambda up: None, token=lambda: "t",
    )  # fmt: skip
    thread = threading.Thread(target=listener.run, args=(stop, lambda: True), daemon=True)
    thread.start()
    assert cloud.over.wait(60)
    stop.set()
    listener.nudge()
    thread.join(60)
    assert [0, 1, 2, 0, 1] == failed[:5]

"""The relay socket against everything that can be sent to it; one process survives all of this file."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from selectors import DefaultSelector
from typing import Any

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.client import RelayClient
from relay.codec import DEFAULT_TTL_S, encode
from relay.errors import RelayError
from relay.process.main import RelayProcess
from relay.process.outbox import FILE_NAME
from relay.protocol import Do, EventKind, RelayEvent, Reply, Request
from relay.settings import BarrierSettings, LaneRoute, RelayPlan, RelaySettings
from relay.socket import endpoint
from relay.socket.server import CLIENT_LINES_A_TURN, LINES_A_TURN, MAX_BAD_LINES, Client, SocketServer
from tests.patience import PATIENCE_S, until


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A relay process on a thread, with a simulated barrier."""
    folder = tmp_path_factory.mktemp("state")
    with socket.socket(socket.AF_UNIX) as dead:  # what a killed process leaves behind
        dead.bind(str(folder / "relay.sock"))
    with running(folder, RelaySettings(max_clients=8)):
        yield folder


@contextmanager
def running(folder: Path, relay: RelaySettings) -> Iterator[None]:
    """A relay process on a thread."""
    plan = RelayPlan(
        state_dir=str(folder),
        barriers=(BarrierSettings(name="main", pulse_s=0.2, min_gap_s=0.5),),
        lanes=(LaneRoute("entry", "entry", "main"),),
        relay=relay,
    )
    process = RelayProcess(plan)
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        until(lambda: alive(folder))
        yield
    finally:
        process.stop()
        thread.join()


def alive(folder: Path) -> bool:
    try:
        return RelayClient(folder).status().pid == os.getpid()
    except RelayError:
        return False


def lines_back(folder: Path, data: bytes, *, count: int = 1) -> list[dict[str, Any]]:
    """The answers to `data`, until `count` have come or the relay hangs up."""
    with endpoint.connect(folder, timeout_s=5) as link:
        link.sendall(data)
        back = b""
        while back.count(b"\n") < count and (chunk := link.recv(65536)):
            back += chunk
    return [json.loads(line) for line in back.splitlines()]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\x00\xff\xfe garbage", "bad_json"),
        (b"[1, 2]", "bad_json"),
        (b"[" * 5000, "bad_json"),
        (b"{}", "bad_request"),
        (b'{"do": "explode"}', "bad_request"),
        (b'{"do": "open", "lane": "entry"}', "bad_request"),
        (b'{"do": "open", "id": "a"}', "bad_request"),
        (b'{"do": "open", "id": "a", "lane": "entry", "barrier": "main"}', "bad_request"),
        (b'{"do": "open", "id": 7, "lane": "entry"}', "bad_request"),
        (b'{"do": "open", "id": [], "lane": "entry"}', "bad_request"),
        (b'{"do": "status", "id": {}}', "bad_request"),
        (b'{"do": "open", "id": "a", "lane": {}}', "bad_request"),
        (b'{"do": "hold", "id": "a", "lane": "entry", "hold_s": ' + b"9" * 400 + b"}", "bad_request"),
        (b'{"do": "open", "id": "a", "lane": "entry", "reason": "because"}', "bad_request"),
        (b'{"do": "open", "id": "a", "lane": "entry", "ttl_s": NaN}', "bad_request"),
        (b'{"do": "open", "id": "a", "lane": "entry", "ttl_s": "soon"}', "bad_request"),
        (b'{"do": "open", "id": "a", "lane": "entry", "expires": 1e999}', "bad_request"),
        (b'{"do": "hold", "id": "a", "lane": "entry"}', "bad_request"),
        (b'{"do": "hold", "id": "a", "lane": "entry", "hold_s": -1}', "bad_request"),
        (b'{"do": "ack", "after": -5}', "bad_request"),
        (b'{"do": "open", "id": "u1", "lane": "nowhere"}', "unknown_lane"),
        (b'{"do": "open", "id": "u2", "barrier": "nothing"}', "unknown_barrier"),
        (b'{"do": "open", "id": "old", "lane": "entry", "ttl_s": -1}', "expired"),
        (b'{"do": "open", "id": "older", "lane": "entry", "expires": 0}', "expired"),
        (b"x" * 9000, "too_long"),
    ],
)
def test_a_bad_line_is_answered_and_moves_nothing(state_dir: Path, line: bytes, why: str) -> None:
    """Whatever is wrong with a line, its sender is told by a word, and the barrier stays as it is."""
    before = RelayClient(state_dir).status().barriers[0].pulses
    answer = lines_back(state_dir, line + b"\n")[0]

    assert answer["why"] == why
    assert answer["outcome"] != Outcome.DONE
    assert RelayClient(state_dir).status().barriers[0].pulses == before


def test_ten_megabytes_without_an_end_are_cut_off(state_dir: Path) -> None:
    """A line without an end is cut off early: the sender is told and dropped, memory is not filled."""
    with endpoint.connect(state_dir, timeout_s=5) as link:
        sent = 0
        try:
            while sent < 10_000_000:
                sent += link.send(b"y" * 65536)
        except OSError:
            pass
        back = b""
        try:
            while chunk := link.recv(4096):
                back += chunk
        except OSError:
            pass

    assert sent < 2_000_000
    assert alive(state_dir)
    assert json.loads(back)["why"] == "too_long"


def test_half_a_line_waits_for_its_other_half(state_dir: Path) -> None:
    """A request may come in pieces; one that never ends harms nobody."""
    request = b'{"do": "status", "id": "halves"}\n'
    with endpoint.connect(state_dir, timeout_s=5) as link, endpoint.connect(state_dir, timeout_s=5) as other:
        other.sendall(b'{"do": "open", "lane": "entry"')
        link.sendall(request[:11])
        assert alive(state_dir)
        link.sendall(request[11:])
        assert json.loads(link.makefile("rb").readline())["id"] == "halves"


def test_several_lines_at_once_are_answered_in_turn(state_dir: Path) -> None:
    """Requests may be sent without waiting for the answers."""
    data = b"".join(b'{"do": "status", "id": "%d"}\n' % number for number in range(20))

    assert [str(number) for number in range(20)] == [item["id"] for item in lines_back(state_dir, data, count=20)]


def test_a_thousand_clients_leave_room_for_work(state_dir: Path) -> None:
    """Clients that sit there and ask nothing give way, so that a thousand of them hold up nobody."""
    with ExitStack() as held, endpoint.connect(state_dir, timeout_s=5) as listener:
        listener.sendall(b'{"do": "subscribe", "replayed": false}\n')
        until(lambda: alive(state_dir))
        links = [held.enter_context(endpoint.connect(state_dir, timeout_s=5)) for _ in range(900)]

        assert alive(state_dir)
        assert b"too_many_clients" in links[0].recv(4096)
        assert RelayClient(state_dir).hold(lane="entry", reason=Reason.CONSOLE, hold_s=60).outcome == Outcome.DONE
        assert RelayClient(state_dir).release(lane="entry", reason=Reason.CONSOLE).outcome == Outcome.DONE
        assert b'"what":"hold"' in listener.recv(4096)  # whoever listens for events is not put out


def test_a_client_that_does_not_read_is_heard_no_further(state_dir: Path) -> None:
    """A client that asks and never reads is left alone long before its answers fill the memory."""
    with endpoint.connect(state_dir, timeout_s=5) as link:
        link.settimeout(0.5)
        request = b'{"do": "status", "id": "mute"}\n' * 1000

        def flood() -> None:
            for _ in range(1000):
                link.sendall(request)

        with pytest.raises(OSError):
            flood()

        assert alive(state_dir)


def test_a_flood_that_reads_its_answers_is_answered_whole(state_dir: Path) -> None:
    """Hundreds of lines at once from a client that reads, for dozens of turns: all are answered, and the loop lives on meanwhile.

    Not thousands: on a machine that gives this process a twentieth of a core they outlive what a request may wait.
    """
    line = b'{"do":"release","id":"z","lane":"entry"}\n'
    count = 30 * CLIENT_LINES_A_TURN
    with endpoint.connect(state_dir, timeout_s=PATIENCE_S) as link, link.makefile("rb") as replies:
        sender = threading.Thread(target=link.sendall, args=(line * count,))
        sender.start()
        assert replies.readline()
        assert alive(state_dir)
        assert count - 1 == sum(1 for _ in range(count - 1) if replies.readline())
        sender.join()


def test_a_turn_does_a_few_lines_of_each_client(tmp_path: Path) -> None:
    """However much a client sends at once, a turn of the loop does a few lines of it, and the next turn comes at once."""
    asked: list[int] = []

    def ask(client: Client, _request: Request) -> None:
        asked.append(client.number)

    with DefaultSelector() as selector, ExitStack() as held, endpoint_of(tmp_path, selector, ask, lambda: 1000.0):
        for _ in range(10):
            held.enter_context(endpoint.connect(tmp_path, timeout_s=5)).sendall(b'{"do":"status"}\n' * 500)
        turns: list[int] = []
        while len(asked) < 5000:
            before = len(asked)
            for key, mask in selector.select(5):
                key.data(mask)
            turns.append(len(asked) - before)

    assert max(turns) <= LINES_A_TURN
    assert 0 not in turns[1:]
    assert set(range(1, 11)) == set(asked[:100])


def test_a_client_of_another_language_is_dropped(state_dir: Path) -> None:
    """Each line that is none is answered, but not for ever: after twenty the relay hangs up."""
    with endpoint.connect(state_dir, timeout_s=5) as link:
        with contextlib.suppress(OSError):
            link.sendall(b"x\n" * 32768)
        back = b""
        with contextlib.suppress(OSError):
            while chunk := link.recv(65536):
                back += chunk

    assert MAX_BAD_LINES == back.count(b"bad_json")
    assert alive(state_dir)


def test_a_subscription_is_asked_for_once(state_dir: Path) -> None:
    """A second `subscribe` on a connection is refused: each would send everything kept once more."""
    data = b'{"do": "subscribe", "replayed": false}\n' * 2

    assert "bad_request" == lines_back(state_dir, data)[0]["why"]


def test_subscribers_leave_room_for_work(state_dir: Path) -> None:
    """Those who only listen never take all connections; the oldest of them gives way."""
    with ExitStack() as held:
        links = [held.enter_context(endpoint.connect(state_dir, timeout_s=5)) for _ in range(8)]
        for link in links:
            link.sendall(b'{"do": "subscribe", "replayed": false}\n')

        assert b"too_many_clients" in links[0].recv(4096)
        assert alive(state_dir)
        assert RelayClient(state_dir).release(lane="entry", reason=Reason.CONSOLE).outcome == Outcome.DONE


@pytest.mark.parametrize(("pause_s", "done"), [(1.0, True), (60.0, False)])
def test_what_waited_too_long_is_not_done(tmp_path: Path, *, pause_s: float, done: bool) -> None:
    """A client that did not take its answers for long finds its further requests forgotten, not done late."""
    now = 1000.0
    asked: list[Request] = []

    def answer(client: Client, request: Request) -> None:
        asked.append(request)
        server.send(client.number, Reply("", Outcome.DONE, detail="x" * 5000))

    with DefaultSelector() as selector, endpoint_of(tmp_path, selector, answer, lambda: now) as server:
        link = endpoint.connect(tmp_path, timeout_s=5)
        link.sendall(b'{"do":"status"}\n' * 500 + b'{"do":"open","id":"late","lane":"entry"}\n')
        while ready := selector.select(0.1):  # until it waits for the client to read
            for key, mask in ready:
                key.data(mask)
        assert 0 < len(asked) < 500
        now += pause_s
        link.setblocking(False)
        with contextlib.suppress(BlockingIOError), link:
            while link.recv(1 << 20):
                for key, mask in selector.select(0.1):
                    key.data(mask)

    assert [1000.0 + DEFAULT_TTL_S] * done == [item.expires for item in asked if item.do is Do.OPEN]


@contextmanager
def endpoint_of(
    folder: Path,
    selector: DefaultSelector,
    asked: Callable[[Client, Request], None],
    now: Callable[[], float],
) -> Iterator[SocketServer]:
    """A server without a relay behind it, whose loop is turned by hand."""
    server = SocketServer(RelaySettings(), selector=selector, asked=asked, now=now)
    server.listen(folder)
    try:
        yield server
    finally:
        server.close()


def test_all_that_is_kept_reaches_a_subscriber_that_reads(tmp_path: Path) -> None:
    """However many events wait for a subscriber, it gets each once and in order, and nobody waits meanwhile."""
    kept = (RelayEvent(seq, str(seq), EventKind.ACTED, 1.0, 2.0, "b", detail="x" * 200) for seq in range(1, 6001))
    (tmp_path / FILE_NAME).write_bytes(b"".join(map(encode, kept)))
    with running(tmp_path, RelaySettings(spool_events=10000)), RelayClient(tmp_path).subscribe() as events:
        assert alive(tmp_path)
        RelayClient(tmp_path).open(lane="entry", reason=Reason.CONSOLE)
        seqs: list[int] = []
        while len(seqs) < 6002:  # those of the start and of the opening are numbered by the clock
            event = events.next(5.0)
            assert event is not None
            seqs += [event.seq] if event.seq else []

    assert seqs[:6000] == list(range(1, 6001))
    assert seqs == sorted(set(seqs))


def test_other_users_are_kept_out(state_dir: Path) -> None:
    """Only the worker may open the socket file."""
    mode = stat.S_IMODE((state_dir / "relay.sock").stat().st_mode)

    assert mode == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_by_name(state_dir: Path) -> None:
    """Even where the file's mode lets a stranger through, the kernel's word about the peer does not."""
    path = state_dir / "relay.sock"
    path.chmod(0o666)
    parents = [parent for parent in path.parents if parent.stat().st_mode & 0o001 == 0]
    for parent in parents:
        parent.chmod(parent.stat().st_mode | 0o001)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(str(path))
            os.write(writer, link.recv(4096))
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 4096)
    os.close(reader)
    os.waitpid(child, 0)
    path.chmod(0o600)
    for parent in parents:
        parent.chmod(parent.stat().st_mode & ~0o001)

    assert json.loads(answer)["why"] == "forbidden"

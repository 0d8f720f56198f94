"""Whom the relay socket lets in, and what one odd client can do to the others: nothing."""

from __future__ import annotations

import grp
import json
import os
import pwd
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from selectors import DefaultSelector
from types import SimpleNamespace

import pytest

from core.words.outcomes import Outcome
from relay.protocol import EventKind, RelayEvent, Reply, Request
from relay.settings import RelaySettings
from relay.socket import endpoint, server
from relay.socket.server import MAX_UNREAD_BYTES, Client, SocketServer

STATUS = b'{"do":"status","id":"1"}\n'


class Door:
    """A server whose loop is turned by hand, and what it was asked."""

    def __init__(self, folder: Path, settings: RelaySettings, answer: Callable[[Client, Request], None] | None) -> None:
        self.folder = folder
        self.selector = DefaultSelector()
        self.asked: list[Request] = []
        self.answer = answer
        self.server = SocketServer(settings, selector=self.selector, asked=self._asked, now=lambda: 0.0)
        self.server.listen(folder)

    def _asked(self, client: Client, request: Request) -> None:
        self.asked.append(request)
        if self.answer is not None:
            self.answer(client, request)

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            for key, mask in self.selector.select(0.2):
                key.data(mask)

    def client(self) -> socket.socket:
        link = endpoint.connect(self.folder, timeout_s=2)
        self.turn()
        return link


@contextmanager
def door(
    folder: Path, settings: RelaySettings | None = None, answer: Callable[[Client, Request], None] | None = None
) -> Iterator[Door]:
    made = Door(folder, settings or RelaySettings(), answer)
    try:
        yield made
    finally:
        made.server.close()
        made.selector.close()


def said(link: socket.socket) -> dict[str, object]:
    found: dict[str, object] = json.loads(link.recv(65536).split(b"\n")[0])
    return found


def test_a_request_that_cannot_be_carried_out_ends_no_process(tmp_path: Path) -> None:
    """The inputs on wires need the loop: whoever asked is told that nobody knows, and the next line counts."""

    def broken(client: Client, request: Request) -> None:
        raise RuntimeError("driver")

    with door(tmp_path, answer=broken) as one, one.client() as link:
        link.sendall(STATUS)
        one.turn(2)
        assert (said(link)["outcome"], len(one.asked)) == ("failed", 1)
        link.sendall(STATUS)
        one.turn(2)
        assert len(one.asked) == 2


def test_a_line_that_cannot_even_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in reading a line is that line's affair."""

    def broken(*_: object, **__: object) -> Request:
        raise MemoryError

    monkeypatch.setattr(server, "decode_request", broken)
    with door(tmp_path) as one, one.client() as link:
        link.sendall(STATUS)
        one.turn(2)
        assert (said(link)["outcome"], one.asked) == ("refused", [])


def test_empty_lines_are_no_requests(tmp_path: Path) -> None:
    """A client that sends blank lines is not answered and not put out."""
    with door(tmp_path) as one, one.client() as link:
        link.sendall(b"\n  \n" + STATUS)
        one.turn(3)
        assert ["1"] == [request.id for request in one.asked]
        assert one.server.client_count == 1


def test_more_clients_than_there_is_room_for_are_turned_away(tmp_path: Path) -> None:
    """The last one hears why, and those inside stay."""
    with door(tmp_path, replace(RelaySettings(), max_clients=2)) as one:
        inside = [one.client() for _ in range(2)]
        for link in inside:
            link.sendall(b'{"do":"release","id":"z","lane":"entry"}\n')  # at work: they are not put out for a newcomer
        one.turn(3)
        with one.client() as late:
            assert said(late)["why"] == "too_many_clients"
        assert one.server.client_count == 2
        for link in inside:
            link.close()


def test_an_answer_to_somebody_who_has_gone_is_nobodys(tmp_path: Path) -> None:
    """Sending to a client that has left does nothing."""
    with door(tmp_path) as one:
        one.client().close()
        one.turn(2)
        assert one.server.client_count == 0
        one.server.send(1, Reply("1", Outcome.DONE))


def test_a_client_that_lets_answers_pile_up_is_put_out(tmp_path: Path) -> None:
    """Memory is bounded: so much unread, and the connection is closed."""
    with door(tmp_path) as one, one.client():
        one.server.send(1, Reply("1", Outcome.DONE, detail="x" * (MAX_UNREAD_BYTES + 1)))
        assert one.server.client_count == 0


def test_a_subscriber_with_too_many_events_waiting_is_put_out(tmp_path: Path) -> None:
    """Whoever does not read events loses the connection, and the publisher waits for nobody."""
    settings = replace(RelaySettings(), spool_events=10)
    with door(tmp_path, settings) as one, one.client():
        event = RelayEvent(1, "1", EventKind.ACTED, 1.0, 2.0, "b")
        one.server.send(1, event)
        for _ in range(server.UNREAD_EVENTS + 20):
            one.server.publish(event)
        assert one.server.client_count == 0


def test_a_machine_out_of_descriptors_leaves_those_who_wait_at_the_door(tmp_path: Path) -> None:
    """An accept that fails ends nothing; the next turn lets them in."""
    with door(tmp_path) as one, endpoint.connect(tmp_path, timeout_s=2) as link:

        def exhausted() -> tuple[socket.socket, object]:
            raise OSError(24, "Too many open files")

        one.server._accept(SimpleNamespace(accept=exhausted))
        assert one.server.client_count == 0
        one.turn()
        link.sendall(STATUS)
        one.turn(2)
        assert len(one.asked) == 1


def test_the_door_is_opened_anew_where_its_file_has_gone(tmp_path: Path) -> None:
    """Those inside stay; newcomers find the new file."""
    with door(tmp_path) as one, one.client() as link:
        endpoint.socket_path(tmp_path).unlink()
        assert not one.server.listening
        one.server.listen(tmp_path)
        assert one.server.listening
        one.client().close()
        link.sendall(STATUS)
        one.turn(3)
        assert ["1"] == [request.id for request in one.asked]


def test_a_group_that_is_not_there_lets_nobody_else_in(tmp_path: Path) -> None:
    """A slip in the group's name closes the door to others and keeps it open to ourselves."""
    with door(tmp_path, replace(RelaySettings(), socket_group="no-such-group")) as one, one.client() as link:
        assert endpoint.socket_path(tmp_path).stat().st_mode & 0o777 == 0o600
        link.sendall(STATUS)
        one.turn(2)
        assert len(one.asked) == 1


def test_a_socket_that_cannot_be_given_to_the_group_is_told_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The file system may know no groups: then it is as if there were none, with a line in the log."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr(os, "chown", refused)
    group = grp.getgrgid(os.getgid()).gr_name
    with door(tmp_path, replace(RelaySettings(), socket_group=group)) as one:
        one.client().close()
    assert "группе" in caplog.text


@pytest.mark.parametrize(
    ("uid", "gid", "groups", "let_in"),
    [(0, 0, [], True), (4242, 77, [], True), (4242, 1, [1, 77], True), (4242, 1, [1], False), (-5, 1, [], False)],
)
def test_who_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, gid: int, groups: list[int], *, let_in: bool
) -> None:
    """Root and ourselves, whose group it is, who is a member of it; nobody else, and no user the system does not know."""
    import struct

    def known(asked: int) -> SimpleNamespace:
        if asked < 0:
            raise KeyError(asked)
        return SimpleNamespace(pw_name="guard")

    monkeypatch.setattr(os, "geteuid", lambda: 999)
    monkeypatch.setattr(pwd, "getpwuid", known)
    monkeypatch.setattr(os, "getgrouplist", lambda name, gid: groups)
    with door(tmp_path) as one:
        one.server._group = 77
        peer = SimpleNamespace(getsockopt=lambda *_: struct.pack("3i", 1, uid, gid))
        assert let_in is one.server._trusted(peer)
        one.server._group = None
        assert (uid == 0) is one.server._trusted(peer)

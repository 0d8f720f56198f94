"""A gate whose territory has moved: where it goes, and when it stays."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync import wire
from sync.answers import error_of
from sync.api import CloudApi
from sync.errors import AnswerInvalid, CloudUnreachable, MoveRefused, TerritoryMoved
from sync.follow import AGAIN_S, Follower
from sync.memory import MemoryMover
from tests.sync.conftest import TOKEN

CODE = "123-456"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def word(url: str, signature: str = "true") -> wire.Moved:
    document = wire.MoveDocument(CODE, url, 1)
    return wire.Moved(wire.encode(document).decode(), signature)


@pytest.fixture
def mover() -> MemoryMover:
    return MemoryMover()


@pytest.fixture
def follower(settings, clock, mover) -> Follower:
    return Follower(replace(settings, url="http://127.0.0.1:9"), mover, clock=clock, token=lambda: TOKEN, version="1")


def test_it_goes_when_the_new_cell_has_answered(follower, mover, cloud):
    """The list is asked for there before the address is remembered."""
    follower.follow(word(cloud.url), cursor="")

    assert mover.cell == cloud.url


def test_it_stays_when_the_new_cell_does_not_know_it(follower, mover, cloud, answering):
    """A cell that has no such gate, or a portal of captivity, is not where the territory lives."""
    cloud.fault = answering(401, b'{"error": "unknown"}')

    with pytest.raises(CloudUnreachable):
        follower.follow(word(cloud.url), cursor="")

    assert mover.cell == ""
    assert not follower.follows()


def test_it_stays_when_nobody_is_there(follower, mover):
    """A firewall that lets only the old address through costs the gate nothing: it stays, and is served through there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]

    with pytest.raises(CloudUnreachable):
        follower.follow(word(f"http://127.0.0.1:{free}"), cursor="")

    assert mover.cell == ""


def test_a_forged_word_is_not_followed_and_nobody_is_asked(follower, mover, cloud):
    """Not even a request goes to an address that nobody has signed: it would carry the token."""
    with pytest.raises(MoveRefused):
        follower.follow(word(cloud.url, "forged"), cursor="")

    assert (mover.cell, cloud.asked) == ("", [])
    assert not follower.follows()


def test_it_offers_again_later(follower, cloud, monkeypatch):
    """What was in the way may be gone in five minutes."""
    with pytest.raises(MoveRefused):
        follower.follow(word(cloud.url, "forged"), cursor="")
    now = follower._from

    monkeypatch.setattr("sync.follow.time.monotonic", lambda: now + AGAIN_S)

    assert follower.follows()


@pytest.mark.parametrize("follows", [True, False])
def test_a_gate_says_whether_it_can_follow(http, cloud, follows):
    """The old cell hands the word to those alone who can check it."""
    CloudApi(http, follows=lambda: follows).passes("")

    assert ("moved" in cloud.asked[-1].query["speaks"].split(",")) is follows


def test_only_the_status_of_a_move_is_one():
    """A 421 with the contract's body is a move; with any other body it is an answer of something else."""
    body = wire.encode(word("https://west.example.ru"))

    assert isinstance(error_of(421, {"content-type": "application/json"}, body, now=NOW), TerritoryMoved)
    for odd in (b"{}", b"", b"[1]", b'{"document": "", "signature": "AA"}'):
        assert isinstance(error_of(421, {"content-type": "application/json"}, odd, now=NOW), AnswerInvalid)
    assert isinstance(error_of(421, {"content-type": "text/html"}, body, now=NOW), AnswerInvalid)

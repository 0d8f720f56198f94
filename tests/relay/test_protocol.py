"""The wire language: what is written is read back, whatever arrives is checked."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.codec import DEFAULT_TTL_S, decode, decode_request, encode, encode_request
from relay.errors import ProtocolBroken
from relay.protocol import BarrierStatus, Do, EventKind, InputStatus, RelayEvent, Reply, Request, Status

TEXT = st.text(max_size=50)
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=50)
TIMES = st.floats(0, 1e9)
EVENTS = st.builds(
    RelayEvent,
    seq=st.integers(0, 2**40),
    event_id=TEXT,
    kind=st.sampled_from(EventKind),
    at_mono=TIMES,
    at_wall=TIMES,
    boot_id=TEXT,
    barrier=TEXT,
    lane=st.none() | TEXT,
    reason=st.none() | st.sampled_from(Reason),
    detail=TEXT,
)
REPLIES = st.builds(
    Reply,
    id=TEXT,
    outcome=st.sampled_from(Outcome),
    detail=TEXT,
    barrier=st.none() | TEXT,
    retry_after_s=st.none() | TIMES,
    said=st.lists(TEXT).map(tuple),
)


@given(EVENTS | REPLIES)
@settings(max_examples=50)
def test_a_message_comes_back_as_it_was(message: RelayEvent | Reply) -> None:
    """`decode` undoes `encode`, and a message is one line."""
    line = encode(message)

    assert line.count(b"\n") == 1
    assert message == decode(line)


def test_a_status_comes_back_as_it_was() -> None:
    """Nested values too."""
    barrier = BarrierStatus(
        name="main",
        driver="lcus",
        port="/dev/x",
        health="ok",
        contact="off",
        doing="idle",
        until_s=None,
        timed_by="pi",
        position="unknown",
        pulses=3,
        alarms=("board",),
    )
    button = InputStatus(name="b", kind="fire", barrier="main", lane=None, level="on", alarms=())
    status = Status(id="1", pid=2, up_s=3.0, barriers=(barrier,), inputs=(button,), unheard=0, lost=0, clients=1)

    assert status == decode(encode(status))


def test_keys_of_a_newer_relay_are_passed_over() -> None:
    """A client of today understands the relay of tomorrow."""
    line = encode(Reply("1", Outcome.DONE)).replace(b'"id":', b'"colour":"red","id":')

    assert Reply("1", Outcome.DONE) == decode(line)


@given(NAMES, NAMES, st.floats(0, 50))
@settings(max_examples=50)
def test_a_request_comes_back_as_it_was(request_id: str, lane: str, later_s: float) -> None:
    """What a client writes is what the relay reads, but for a life that is too long."""
    request = Request(id=request_id, do=Do.OPEN, lane=lane, reason=Reason.PASS_VALID, expires=100 + later_s)
    read = decode_request(encode_request(request), now=100.0, max_ttl_s=10.0)

    assert (request_id, lane, Reason.PASS_VALID) == (read.id, read.lane, read.reason)
    assert read.expires == min(request.expires, 110.0)


def test_a_life_is_given_where_none_was_asked() -> None:
    """Without `expires` and `ttl_s` a request lives a few seconds from its arrival."""
    request = decode_request(b'{"do":"open","id":"a","lane":"b"}', now=50.0, max_ttl_s=10.0)

    assert request.expires == 50.0 + DEFAULT_TTL_S


@given(
    st.binary(max_size=300) | st.from_regex(rb'\{"(do|id|lane|after|hold_s|expires)": ?[^\n]{0,40}\}', fullmatch=True)
)
@settings(max_examples=200)
def test_whatever_arrives_is_read_or_refused(line: bytes) -> None:
    """No bytes make the reader do anything but understand them or say why not."""
    with contextlib.suppress(ProtocolBroken):
        decode_request(line, now=0.0, max_ttl_s=10.0)
    with contextlib.suppress(ProtocolBroken):
        decode(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**300, 10**400) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
BROKEN_STATUS = b'{"type":"status","barriers":[[1]],"inputs":[]}'
KEYS = ("id", "lane", "barrier", "reason", "expires", "ttl_s", "hold_s", "after", "replayed")


@given(do=st.sampled_from(Do) | JSON, body=st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON)))
@settings(max_examples=300)
def test_whatever_a_key_holds_is_read_or_refused(do: object, body: dict[str, object]) -> None:
    """Any JSON value in any key is understood or refused: a list for a name, a number of four hundred digits."""
    line = json.dumps({"id": "a", "lane": "entry", "do": do, **body}).encode()
    with contextlib.suppress(ProtocolBroken):
        decode_request(line, now=0.0, max_ttl_s=10.0)


@pytest.mark.parametrize(
    "line",
    [
        b'{"do":"open","id":[],"lane":"entry"}',
        b'{"do":"open","id":"a","lane":{}}',
        b'{"do":"status","id":{}}',
        b'{"do":"hold","id":"a","lane":"entry","hold_s":' + b"9" * 400 + b"}",
        b'{"do":"open","id":"a","lane":"entry","expires":-' + b"9" * 400 + b"}",
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(line: bytes) -> None:
    """A value that no such key can hold is a bad request, never an error of the reader's own."""
    with pytest.raises(ProtocolBroken):
        decode_request(line, now=0.0, max_ttl_s=10.0)


@pytest.mark.parametrize(
    "line", [b'{"type":"reply"}', b'{"type":"event","kind":"x"}', b'{"type":"status"}', b"7", BROKEN_STATUS]
)
def test_a_broken_message_is_refused(line: bytes) -> None:
    """A client does not trust its relay blindly either."""
    with pytest.raises(ProtocolBroken):
        decode(line)

"""The decisions of the client at the moment, the number and the byte at which they change."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from core.events import Instant
from sync.answers import bounded_body, error_of, retry_after_s, server_date
from sync.backoff import Patience, pause_s, poll_pause_s
from sync.errors import AnswerInvalid, CloudBusy, CloudRefused, CloudUnreachable, EnrolmentLost, ListExpired
from sync.memory import MemoryClock
from sync.servertime import TOO_LONG, ServerTime

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PATIENCE = Patience(1.0, 300.0, 3600.0)


def pause(failures: int, chance: float = 0.0, *, asked_s: float | None = None) -> float:
    error = CloudUnreachable("x") if asked_s is None else CloudBusy(503, retry_after_s=asked_s)
    return pause_s(error, failures=failures, patience=PATIENCE, chance=chance)


def test_the_first_pause_is_the_shortest_and_each_next_one_twice_as_long() -> None:
    """Until the longest; the most patient half of each is left to chance."""
    assert [0.5, 1.0, 2.0, 4.0] == [pause(failures) for failures in (1, 2, 3, 4)]
    assert [0.75, 1.5] == [pause(failures, 0.5) for failures in (1, 2)]
    assert [128.0, 150.0, 150.0] == [pause(failures) for failures in (9, 10, 100_000)]


def test_the_cloud_asks_for_longer_and_never_for_less() -> None:
    """A Retry-After that is shorter than our own pause changes nothing, one beyond the longest is cut to it."""
    assert [0.5, 0.5, 0.6, 300.0] == [pause(1, asked_s=asked) for asked in (0.0, 0.4, 0.6, 300.1)]


def test_only_a_stream_lengthens_the_polls() -> None:
    """By half at most, by chance; a gate that hears nothing by itself asks as often as it is set to."""
    assert [10.0, 12.5] == [poll_pause_s(poll_s=4.0, push_s=10.0, pushing=True, chance=c) for c in (0.0, 0.5)]
    assert 4.0 == poll_pause_s(poll_s=4.0, push_s=10.0, pushing=False, chance=0.5)


def known(heard_at: float = 1000.0) -> ServerTime:
    """The cloud's clock showed `NOW` at monotonic `heard_at`."""
    server = ServerTime(MemoryClock(Instant(heard_at, NOW, wall_trusted=True)))
    server.heard_on_stream(NOW, mono=heard_at)
    return server


def until(left_s: float, *, later_s: float = 0.0) -> float | None:
    """What is told `later_s` after the cloud's clock was heard, of a moment `left_s` after that."""
    return known().until(NOW + timedelta(seconds=left_s), mono=1000.0 + later_s)


def test_no_command_is_done_later_than_a_minute_after_it_came() -> None:
    """Whatever it says: from its arrival on, and not from the moment at which the cloud's clock was heard."""
    assert [1059.0, 1060.0, 1060.0, 1060.0] == [until(left_s) for left_s in (60.0, 61.0, 62.0, 301.0)]
    assert 1160.0 == until(250.0, later_s=100.0)


def test_a_command_that_claims_more_than_five_minutes_is_told_as_such() -> None:
    """Counted from its arrival; a second less than it says, for the cloud's clock may have been that much ahead."""
    assert TOO_LONG == until(301.1)
    assert 1060.0 == until(301.0)
    assert 1110.0 == until(350.0, later_s=50.0)
    assert TOO_LONG == until(351.1, later_s=50.0)


def test_the_word_about_the_clouds_clock_holds_for_two_minutes() -> None:
    """At its end it still holds, then nothing is known any more."""
    assert 1149.0 == until(150.0, later_s=120.0)
    assert until(150.0, later_s=120.1) is None


def test_an_answer_tells_the_gates_clock_and_a_comment_of_the_stream_does_not() -> None:
    """Both say what the cloud's clock shows; only the first may move ours, and with the word of who said it."""
    clock = MemoryClock(Instant(0.0, NOW, wall_trusted=True))
    server = ServerTime(clock)
    server.heard_on_stream(NOW, mono=0.0)
    assert [] == clock.dates
    server.heard(NOW, mono=1.0, authenticated=False)
    assert [(NOW, False)] == clock.dates
    assert 10.0 == server.until(NOW + timedelta(seconds=10), mono=1.0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (199, CloudRefused), (200, None), (299, None), (300, AnswerInvalid), (399, AnswerInvalid), (400, CloudRefused),
        (401, EnrolmentLost), (402, CloudRefused), (403, EnrolmentLost), (404, CloudRefused), (408, CloudBusy), (409, CloudRefused),
        (410, ListExpired), (411, CloudRefused), (425, CloudBusy), (429, CloudBusy), (430, CloudRefused), (499, CloudRefused),
        (500, CloudBusy), (599, CloudBusy),
    ],
)  # fmt: skip
def test_each_hundred_of_statuses_begins_and_ends(status: int, expected: type | None) -> None:
    """Success, another place, a refusal, a cloud that is busy: each from its first number to its last; few mean more."""
    found = error_of(status, {"content-type": "application/json"}, b"", now=NOW)
    assert expected is (None if found is None else type(found))


def test_a_busy_cloud_says_for_how_long() -> None:
    """By the header of the answer; without one nothing is known."""
    busy = error_of(503, {"retry-after": "17"}, b"", now=NOW)
    assert isinstance(busy, CloudBusy)
    assert (503, 17.0) == (busy.status, busy.retry_after_s)
    silent = error_of(503, {}, b"", now=NOW)
    assert isinstance(silent, CloudBusy)
    assert silent.retry_after_s is None


def test_a_number_of_any_length_is_a_number() -> None:
    """Only its first nine digits are read: thirty years are long enough."""
    assert 123456789.0 == retry_after_s("1234567890123", now=NOW)
    assert retry_after_s("١٧", now=NOW) is None  # digits, but none of HTTP's


def test_a_date_without_a_zone_is_utc() -> None:
    """RFC 9110 knows GMT alone; another zone is taken for what it says."""
    assert NOW == server_date("Sun, 22 Nov 2026 09:00:00 GMT")
    assert NOW == server_date("Sun, 22 Nov 2026 09:00:00 -0000")
    assert NOW == server_date("Sun, 22 Nov 2026 12:00:00 +0300")
    assert server_date("soon") is None
    assert 60.0 == retry_after_s("Sun, 22 Nov 2026 09:01:00 -0000", now=NOW)
    assert 0.0 == retry_after_s("Sun, 22 Nov 2026 08:59:00 GMT", now=NOW)


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_zipped_body_is_bounded_to_the_byte(size: int) -> None:
    """Unfolded it is as long as the bound at most, however it is cut."""
    zipped = cut(gzip.compress(b"x" * 100), size)
    assert b"x" * 100 == bounded_body(zipped, encoding="gzip", most=100)
    with pytest.raises(AnswerInvalid, match="99"):
        bounded_body(zipped, encoding="gzip", most=99)


def test_a_zipped_body_is_one_whole_member() -> None:
    """Neither less nor more; nor is a body of another coding taken, or one that is not what it says."""
    zipped = gzip.compress(b"x" * 100)
    for wrong in (zipped[:-1], zipped + b"y", b"plain", zlib.compress(b"x" * 100)):
        with pytest.raises(AnswerInvalid):
            bounded_body([wrong], encoding="gzip", most=1000)
    with pytest.raises(AnswerInvalid):
        bounded_body([zipped], encoding="br", most=1000)
    assert b"plain" == bounded_body([b"pl", b"ain"], encoding="identity", most=5)

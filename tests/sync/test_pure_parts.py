"""The decisions of the client: pauses, chores, answers, the parser of the stream, the cloud's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.answers import bounded_body, error_of, retry_after_s
from sync.backoff import Patience, pause_s, poll_pause_s
from sync.errors import (
    AnswerInvalid,
    CloudBusy,
    CloudRefused,
    CloudUnreachable,
    EnrolmentLost,
    ListExpired,
)
from sync.eventstream import Comment, EventParser, ServerEvent
from sync.servertime import TOO_LONG, ServerTime
from sync.settings import CloudSettings, url_problem
from sync.tasks import Task

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PATIENCE = Patience(1.0, 300.0, 3600.0)


class TestPauses:
    @given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
    def test_between_first_and_longest(self, failures, chance):
        """A pause doubles with every failure, never beyond the longest, spread over its upper half."""
        pause = pause_s(CloudUnreachable("x"), failures=failures, patience=PATIENCE, chance=chance)

        full = min(300.0, 2.0 ** (failures - 1)) if failures < 12 else 300.0
        assert full / 2 <= pause <= full

    @given(st.floats(0, 1, exclude_max=True))
    def test_what_had_held_is_tried_again_at_once(self, chance):
        """Thousands of gates lose one server in one moment: they come back evenly within the first pause, the first at once."""
        assert chance == pause_s(CloudUnreachable("x"), failures=0, patience=PATIENCE, chance=chance)
        assert 17.0 == pause_s(CloudBusy(503, retry_after_s=17), failures=0, patience=PATIENCE, chance=chance)

    def test_cloud_may_ask_for_longer(self):
        """Retry-After is kept to, within the longest pause."""
        asked = [pause_s(CloudBusy(429, retry_after_s=s), failures=1, patience=PATIENCE, chance=0.5) for s in (17, 9e9)]

        assert [17.0, 300.0] == asked

    def test_unknown_gate_waits_long(self):
        """A gate that the cloud does not know asks once an hour."""
        assert 3600.0 == pause_s(EnrolmentLost(401), failures=1, patience=PATIENCE, chance=0.0)


class TestTask:
    @staticmethod
    def attempt(task: Task, now: float) -> bool:
        return task.attempt(lambda: now, patience=PATIENCE, chance=lambda: 0.0)

    def test_works_when_due_and_again_at_once_while_there_is_more(self):
        """A chore is done on its period, and goes on without a pause while it says that there is more."""
        answers = [True, False]
        task = Task("x", lambda: answers.pop(0), 30.0)

        assert [True, True, False, False] == [self.attempt(task, now) for now in (0.0, 0.0, 0.0, 29.0)]

    def test_hints_do_not_break_a_pause(self):
        """After a failure a hint changes nothing; that the cloud is reachable again does, if that was the trouble."""

        def fail() -> bool:
            raise CloudUnreachable("x")

        task = Task("x", fail, 30.0)
        self.attempt(task, 0.0)
        due = task.due
        task.hasten(0.1)
        assert due == task.due

        task.reachable(0.1)
        assert 0.1 == task.due

    def test_recovery_clears_the_failures(self):
        """One success makes the next pause a first one again."""
        errors = [CloudBusy(500), CloudBusy(500), None]

        def work() -> bool:
            if (error := errors.pop(0)) is not None:
                raise error
            return False

        task = Task("x", work, 30.0)
        for now in (0.0, 10.0):
            self.attempt(task, now)
        assert 2 == task.failures

        assert self.attempt(task, 20.0)
        assert (0, None) == (task.failures, task.error)


class TestPolls:
    @given(st.floats(1, 3600), st.floats(1, 3600), st.floats(0, 1, exclude_max=True))
    def test_a_gate_asks_seldom_while_the_cloud_tells_by_itself(self, poll_s, push_s, chance):
        """With the stream open a poll is never sooner than either period, and at most half as much again later."""
        longest = max(poll_s, push_s)
        found = poll_pause_s(poll_s=poll_s, push_s=push_s, pushing=True, chance=chance)

        assert longest <= found <= 1.5 * longest
        assert poll_s == poll_pause_s(poll_s=poll_s, push_s=push_s, pushing=False, chance=chance)

    def test_by_default_a_gate_with_a_stream_asks_each_five_minutes_at_most(self):
        """The default leaves a poll every five to seven and a half minutes, spread by chance."""
        default = CloudSettings()
        pauses = [
            poll_pause_s(poll_s=default.poll_s, push_s=default.poll_push_s, pushing=True, chance=chance)
            for chance in (0.0, 0.5)
        ]

        assert [300.0, 375.0] == pauses


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "kind", "expected"),
        [
            (200, "application/json", type(None)),
            (204, "", type(None)),
            (302, "text/html", AnswerInvalid),
            (401, "text/html", EnrolmentLost),
            (403, "application/json", EnrolmentLost),
            (403, "text/html", AnswerInvalid),
            (404, "application/json", CloudRefused),
            (404, "text/html; charset=utf-8", AnswerInvalid),
            (408, "", CloudBusy),
            (403, "", AnswerInvalid),
            (410, "application/json", ListExpired),
            (410, "", AnswerInvalid),
            (413, "", AnswerInvalid),
            (413, "application/json", CloudRefused),
            (422, "application/json", CloudRefused),
            (429, "text/html", CloudBusy),
            (500, "text/html", CloudBusy),
            (503, "", CloudBusy),
        ],
    )
    def test_statuses_fall_into_the_tree(self, status, kind, expected):
        """Each status means retry, re-enrol, start over or never; a web page never means "never"."""
        assert expected is type(error_of(status, {"content-type": kind} if kind else {}, b"", now=NOW))

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("17", 17.0),
            (" 0 ", 0.0),
            ("Sun, 22 Nov 2026 09:01:00 GMT", 60.0),
            ("Sun, 22 Nov 2020 09:01:00 GMT", 0.0),
            ("", None),
            ("-5", None),
            ("soon", None),
            ("Sun, 99 Nov 2026", None),
            ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
            ("99999999999999999999 Jan 01 00:00:00 -1", None),
        ],
    )
    def test_retry_after(self, value, seconds):
        """Seconds or a date; anything else, also a year no clock can hold, is no answer and no error."""
        assert seconds == retry_after_s(value, now=NOW)

    @given(st.binary(max_size=300), st.integers(1, 50))
    def test_body_is_bounded_however_it_is_cut(self, body, size):
        """A body within the bound comes whole, one over it not at all."""
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        if len(body) <= 100:
            assert body == bounded_body(chunks, encoding="", most=100)
        else:
            with pytest.raises(AnswerInvalid):
                bounded_body(chunks, encoding="", most=100)


class TestEventParser:
    TEXT = (
        b': hello\r\n\r\nevent: passes\r\nid: 1-7\r\ndata: {"cursor":\r\ndata: "1-7"}\r\n\r\n'
        b"data: bare\n\nid: 9\n\nevent: nothing\n\nretry: 5\nnonsense\n: bye\n"
    )
    EXPECTED = (
        Comment("hello"),
        ServerEvent("passes", '{"cursor":\n"1-7"}', "1-7"),
        ServerEvent("message", "bare", "1-7"),
        Comment("bye"),
    )

    @given(st.lists(st.integers(0, len(TEXT)), max_size=12))
    def test_same_events_however_the_bytes_are_cut(self, cuts):
        """Chunks may end anywhere, between CR and LF too."""
        edges = sorted({0, len(self.TEXT), *cuts})
        parser = EventParser()
        found = [event for begin, end in pairwise(edges) for event in parser.feed(self.TEXT[begin:end])]

        assert self.EXPECTED == tuple(found)
        assert "9" == parser.last_id

    def test_endless_line_is_an_error(self):
        """A stream that never ends its line does not fill the memory."""
        with pytest.raises(ValueError, match="does not end"):
            self.feed([b"x" * 1000] * 100)

    def test_endless_event_is_an_error(self):
        """Nor does one that never ends its event."""
        with pytest.raises(ValueError, match="too long"):
            self.feed([b"data: " + b"x" * 1000 + b"\n"] * 1000)

    @staticmethod
    def feed(chunks: list[bytes]) -> None:
        parser = EventParser()
        for chunk in chunks:
            list(parser.feed(chunk))


class TestServerTime:
    def test_expiry_is_judged_by_the_clouds_clock(self, clock):
        """However wrong our wall clock is, a command lives as long as the cloud's clock says, less its granularity."""
        server = ServerTime(clock)
        server.heard(NOW, mono=1000.0, authenticated=True)

        assert 1009.0 == server.until(NOW + timedelta(seconds=10), mono=1003.0)

    def test_nothing_is_known_without_fresh_evidence(self, clock):
        """Before the cloud has told its time, and long after, no deadline can be named."""
        server = ServerTime(clock)
        assert server.until(NOW, mono=0.0) is None

        server.heard(NOW, mono=0.0, authenticated=True)
        assert server.until(NOW, mono=121.0) is None

    def test_no_command_lives_long(self, clock):
        """A far deadline is told as one, and not cut to a near one: nobody asked for an opening within the minute."""
        server = ServerTime(clock)
        server.heard_on_stream(NOW, mono=0.0)

        assert TOO_LONG == server.until(NOW + timedelta(days=1), mono=5.0)


class TestSettings:
    @pytest.mark.parametrize(
        "url", ["https://okter.example", "https://okter.example:8443/path", "http://127.0.0.1:8000", "http://localhost"]
    )
    def test_good_addresses(self, url):
        """HTTPS anywhere, plain HTTP on this machine."""
        assert url_problem(url) is None

    @pytest.mark.parametrize(
        "url",
        [
            "http://okter.example",
            "http://127.0.0.1.evil.example",
            "ftp://okter.example",
            "okter.example",
            "https://",
            "https://user:secret@okter.example",
            "https://okter.example:port",
            "https://okter.example/?a=b",
            "https://[::1",
        ],
    )
    def test_bad_addresses(self, url):
        """Whatever would send the token in the clear, or nowhere, is refused."""
        assert url_problem(url)
        assert ("url", url_problem(url)) in CloudSettings(url=url).problems()

    def test_pauses_must_fit(self):
        """The longest pause is no shorter than the first."""
        assert ["retry_high_s"] == [key for key, _ in CloudSettings(retry_low_s=5.0, retry_high_s=1.0).problems()]

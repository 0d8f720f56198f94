"""What is said of picture and sound: yes only where both ends saw it lately, unknown where anybody is silent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.calls import evidence
from cloud.calls.evidence import Counts, Evidence, Flow, Reports

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
GATE = ("pictures_sent", "sound_sent", "sound_played")
PERSON = ("pictures_shown", "sound_heard")


def told(names, *, flowing=True, attempt=1, ago_s=1.0, still=()):
    """Two reports two seconds apart, the later one `ago_s` old; what is `still` has not grown."""
    at = NOW - timedelta(seconds=ago_s)
    first = Counts(attempt, at - timedelta(seconds=2), dict.fromkeys(names, 100))
    grown = {name: 100 if name in still or not flowing else 150 for name in names}
    return Reports(first, Counts(attempt, at, grown))


def judged(gate, person, attempt=1):
    return evidence.judged(gate, person, attempt=attempt, now=NOW)


def test_both_ends_say_so():
    """Picture and sound are there when what one end sends comes through at the other."""
    assert Evidence(Flow.YES, Flow.YES) == judged(told(GATE), told(PERSON))


@pytest.mark.parametrize("what", [*GATE, *PERSON])
def test_one_end_that_denies_it_is_enough(what):
    """What stood still at either end did not flow, and the decree's demand is not met."""
    found = judged(told(GATE, still={what}), told(PERSON, still={what}))

    denied = found.picture if "picture" in what else found.sound
    assert Flow.NO is denied
    assert not found.met


@pytest.mark.parametrize(
    ("gate", "person"),
    [
        (Reports(), told(PERSON)),
        (told(GATE), Reports()),
        (told(GATE, ago_s=9), told(PERSON)),
        (told(GATE), told(PERSON, ago_s=9)),
        (told(GATE, attempt=1), told(PERSON, attempt=2)),
        (told(GATE, ago_s=-60), told(PERSON)),
    ],
    ids=["gate never told", "page never told", "gate silent", "page silent", "another connection", "from the future"],
)
def test_silence_is_unknown(gate, person):
    """Neither yes nor no: the record says «не подтверждён», and that is not enough to open."""
    found = judged(gate, person, attempt=person.last.attempt if person.last else 1)

    assert Evidence(Flow.UNKNOWN, Flow.UNKNOWN) == found
    assert not found.met


def test_a_gate_without_microphone_has_no_sound():
    """The picture is there, the sound is known not to be."""
    found = judged(told(GATE, still={"sound_sent"}), told(PERSON, still={"sound_heard"}))

    assert Evidence(Flow.YES, Flow.NO) == found


def test_reports_too_near_each_other_prove_nothing():
    """A report that was sent twice must not look like a picture that stands still."""
    state = Reports().with_report(Counts(1, NOW - timedelta(seconds=3), {"sound_sent": 1}))
    state = state.with_report(Counts(1, NOW - timedelta(seconds=1), {"sound_sent": 9}))

    again = state.with_report(Counts(1, NOW - timedelta(seconds=0.5), {"sound_sent": 9}))

    assert Flow.YES is evidence.flowed(again, "sound_sent", attempt=1, now=NOW)


REPORTS = st.lists(st.tuples(st.integers(1, 3), st.floats(0, 30), st.integers(0, 50)), max_size=12)


@given(REPORTS, REPORTS, st.integers(1, 3))
def test_yes_is_never_said_without_a_fresh_growth_at_every_end(gate, person, attempt):
    """Whatever was told in whatever order: a yes rests on two fresh reports of this connection, the later one greater."""

    def stored(reports, names):
        state = Reports()
        for number, at_s, count in reports:
            at = NOW - timedelta(seconds=30 - at_s)
            state = state.with_report(Counts(number, at, dict.fromkeys(names, count)))
        return state

    ends = stored(gate, GATE), stored(person, PERSON)
    found = judged(*ends, attempt=attempt)

    if Flow.YES in {found.picture, found.sound}:
        for end in ends:
            assert end.before is not None
            assert attempt == end.last.attempt == end.before.attempt
            assert NOW - end.last.at <= evidence.FRESH
            assert all(end.last.passed[name] > end.before.passed[name] for name in end.last.passed)


@given(st.lists(st.sampled_from(Flow)))
def test_all_of_is_kleenes(parts):
    """No wins over unknown, unknown over yes; nothing asked is nothing missing."""
    found = evidence.all_of(parts)

    assert (Flow.NO in parts) == (found is Flow.NO)
    assert (found is Flow.YES) == all(one is Flow.YES for one in parts)


@given(REPORTS)
def test_what_is_kept_comes_back(reports):
    """The database gives back what it was given."""
    state = Reports()
    for number, at_s, count in reports:
        state = state.with_report(Counts(number, NOW + timedelta(seconds=at_s), {"sound_heard": count}))

    assert state == evidence.restored(json.loads(json.dumps(evidence.stored(state))))
    assert Reports() == evidence.restored(None)

"""Which ring goes when: held against every history of reports that hypothesis thinks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.errors import Invalid
from cloud.fleet.ring_words import read_ring, ring_words
from cloud.fleet.rings import (
    BAD,
    WHOLE,
    Course,
    Phase,
    Report,
    Ring,
    Rules,
    Seen,
    Verdict,
    decide,
    observe,
    offered,
    ring_of,
    verdict,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NEW, OLD = "0.2.0-2", "0.1.0-1"
RULES = Rules(good_for=timedelta(hours=2), silent_after=timedelta(minutes=30), grace=timedelta(minutes=10))
WELL = Report(NEW, "done", NEW, 0)

reports = st.builds(
    Report,
    running=st.sampled_from([NEW, OLD, ""]),
    state=st.sampled_from(["idle", "downloading", "waiting", "trying", "done", "failed", "returned", "of_tomorrow"]),
    release=st.sampled_from([NEW, OLD, ""]),
    troubles=st.none() | st.integers(0, 3),
)
histories = st.lists(st.tuples(st.integers(1, 120), reports), max_size=12)
fleets = st.lists(st.tuples(st.integers(0, 2), histories), max_size=6)


def begun(ring: int = 0, *, before: int | None = 0, gate_id: int = 1) -> Seen:
    return Seen(gate_id=gate_id, ring=ring, heard_at=NOW, before=before)


def after(history, seen: Seen | None = None) -> tuple[Seen, datetime]:
    """What is known after reports that came so many minutes apart, and when the last came."""
    seen, at = seen or begun(), NOW
    for minutes, report in history:
        at += timedelta(minutes=minutes)
        seen = observe(seen, report, release=NEW, at=at)
    return seen, at


def steadily(report: Report, *, hours: float, seen: Seen | None = None) -> tuple[Seen, datetime]:
    return after([(1, report)] * round(hours * 60), seen)


def test_a_gate_is_proven_by_reports_alone_and_not_by_time():
    """Good for two hours of reports is proven; good once and then quiet is not, though the same time has passed."""
    seen, at = steadily(WELL, hours=2.1)
    assert verdict(seen, RULES, now=at) is Verdict.PROVEN

    once, first = steadily(WELL, hours=0.1)
    later = first + timedelta(hours=2)
    assert verdict(once, RULES, now=first + timedelta(minutes=20)) is Verdict.GOOD
    assert verdict(once, RULES, now=later) is Verdict.SILENT


@pytest.mark.parametrize("state", ["failed", "returned"])
def test_a_failure_once_told_stays_told(state):
    """A gate that says failed and then says done has still failed."""
    seen, _ = after([(1, Report(OLD, state, NEW, 0))])
    seen, at = steadily(WELL, hours=3, seen=seen)
    assert verdict(seen, RULES, now=at) is Verdict.FAILED


def test_who_came_back_on_the_old_version_has_failed():
    """No state need be told: the version that runs says it."""
    seen, _ = steadily(WELL, hours=0.5)
    seen, at = after([(1, Report(OLD, "idle", "", 0))], seen)
    assert verdict(seen, RULES, now=at + timedelta(0)) is Verdict.FAILED


def test_more_alarms_than_before_are_worse_after_the_grace():
    """A camera that is away for a minute stops nothing; one that stays away does; one that was away before does not."""
    bad = replace(WELL, troubles=1)
    seen, at = after([(1, bad), (5, bad)], begun(before=0))
    assert verdict(seen, RULES, now=at) is Verdict.UNDER_WAY
    seen, at = after([(1, bad), (11, bad)], begun(before=0))
    assert verdict(seen, RULES, now=at) is Verdict.WORSE
    seen, at = after([(1, bad), (11, bad)], begun(before=1))
    assert verdict(seen, RULES, now=at) is Verdict.GOOD


def test_alarms_that_are_not_told_are_not_none():
    """A report without alarms proves nothing."""
    seen, at = steadily(replace(WELL, troubles=None), hours=3)
    assert verdict(seen, RULES, now=at) is Verdict.WORSE


def test_while_it_tries_it_is_not_yet_good():
    """The new program runs during its trial too: it counts from the end of that."""
    seen, at = steadily(Report(NEW, "trying", NEW, 0), hours=3)
    assert verdict(seen, RULES, now=at) is Verdict.UNDER_WAY


@given(histories, st.integers(0, 400))
def test_proven_means_an_unbroken_row_of_good_reports(history, later):
    """Whatever came: proven only where the last reports, over two hours, all were made by the release, well, and untried."""
    seen, at = after(history)
    if verdict(seen, RULES, now=at + timedelta(minutes=later)) is not Verdict.PROVEN:
        return
    row, covered = [], 0
    for minutes, report in reversed(history):
        row.append(report)
        covered += minutes
        if covered >= 120:
            break
    assert covered >= 120
    assert all(one.running == NEW and one.troubles == 0 for one in row[:-1])
    assert later <= 30


@given(fleets, st.integers(0, 2), st.integers(0, 300))
def test_a_ring_opens_only_after_enough_of_the_one_before_are_proven(fleet, ring, later):
    """One ring at a time, never back, never past the last, and never while anybody is bad."""
    rings = (Ring(share=100, at_least=1), Ring(share=1000, at_least=2), Ring(share=WHOLE))
    seen = [after(history, begun(number, gate_id=place))[0] for place, (number, history) in enumerate(fleet)]
    now = NOW + timedelta(minutes=later)
    before = Course(Phase.RUNNING, ring)

    course = decide(before, rings, RULES, seen, now=now)

    verdicts = [(one, verdict(one, RULES, now=now)) for one in seen]
    assert ring <= course.ring <= min(ring + 1, 2)
    if any(one in BAD for _, one in verdicts):
        assert (Phase.STOPPED, ring) == (course.phase, course.ring)
        assert course.why in {one.value for _, one in verdicts}
    else:
        assert course.phase is Phase.RUNNING
    if course.ring > ring:
        proven = sum(found.ring == ring and one is Verdict.PROVEN for found, one in verdicts)
        assert proven >= rings[ring].at_least


@given(fleets, st.sampled_from([Phase.PAUSED, Phase.STOPPED, Phase.ENDED]))
def test_what_is_not_running_does_not_move(fleet, phase):
    """Only a person sets a paused, stopped or ended rollout going."""
    seen = [after(history, begun(number))[0] for number, history in fleet]
    course = Course(phase, 0)
    assert course == decide(course, (Ring(share=WHOLE), Ring(share=WHOLE)), RULES, seen, now=NOW + timedelta(hours=9))


def test_nobody_proves_nothing():
    """Without a single gate, and with forgiven ones only, the first ring stays the first."""
    rings = (Ring(share=100), Ring(share=WHOLE))
    forgiven = replace(steadily(WELL, hours=3)[0], forgiven=True)
    for seen in ([], [forgiven]):
        assert Course(Phase.RUNNING, 0) == decide(Course(Phase.RUNNING, 0), rings, RULES, seen, now=NOW)


def test_so_many_bad_ones_are_tolerated_and_no_more():
    """Of a hundred with one per cent tolerated, one silent gate is, and two are not."""
    rules = replace(RULES, tolerated=100)
    good, at = steadily(WELL, hours=0.2)
    lost = begun()
    now = at + timedelta(minutes=25)
    assert verdict(lost, rules, now=now) is Verdict.SILENT
    for bad, phase in ((1, Phase.RUNNING), (2, Phase.STOPPED)):
        seen = [good] * (100 - bad) + [lost] * bad
        assert phase is decide(Course(Phase.RUNNING, 0), (Ring(share=WHOLE),), rules, seen, now=now).phase


@given(st.integers(1, 10**9), st.integers(1, WHOLE), st.integers(0, WHOLE))
def test_a_share_holds_what_a_smaller_one_held(gate_id, smaller, more):
    """Who is in the ten per cent stays in the thirty: no gate changes its ring to and fro."""
    rings = (Ring(share=smaller), Ring(share=min(WHOLE, smaller + more)))
    alone = ring_of(rings[:1], gate_id=gate_id, territory="", salt="7")
    both = ring_of(rings, gate_id=gate_id, territory="", salt="7")
    assert alone is None or both == alone
    assert 0 == ring_of((Ring(share=WHOLE),), gate_id=gate_id, territory="", salt="7")


def test_a_share_is_about_that_share():
    """Ten per cent of ten thousand gates are about a thousand."""
    found = sum(ring_of((Ring(share=1000),), gate_id=number, territory="", salt="1") == 0 for number in range(10_000))
    assert 900 < found < 1100


@pytest.mark.parametrize(
    ("phase", "ring", "given_before", "may"),
    [
        (Phase.RUNNING, 0, False, True),
        (Phase.RUNNING, 1, False, False),
        (Phase.RUNNING, None, False, False),
        (Phase.PAUSED, 0, False, False),
        (Phase.PAUSED, 0, True, True),
        (Phase.STOPPED, 0, True, False),
        (Phase.ENDED, 0, True, False),
    ],
)
def test_who_may_have_it(phase, ring, given_before, may):
    """Open rings while it runs; in a pause those who have begun; after a stop nobody."""
    assert may == offered(Course(phase, 0), ring, given=given_before)


@pytest.mark.parametrize(
    ("typed", "ring"),
    [
        ("gate:12", Ring(frozenset({12}))),
        ("gate:12,gate:14:2", Ring(frozenset({12, 14}), at_least=2)),
        ("territory:123-456:3", Ring(territories=frozenset({"123-456"}), at_least=3)),
        ("10%:5", Ring(share=1000, at_least=5)),
        ("all", Ring(share=WHOLE)),
    ],
)
def test_a_ring_is_read_as_it_is_written(typed, ring):
    """What is shown can be typed again."""
    assert ring == read_ring(typed)
    assert ring == read_ring(ring_words(ring))


@pytest.mark.parametrize("typed", ["", "gate:x", "0%", "101%", "some", "gate:1:2", "territory:1", "all:0"])
def test_a_ring_that_is_none_is_refused(typed):
    """Also one that could never be proven: of one gate two."""
    with pytest.raises(Invalid):
        read_ring(typed)

"""Which ring of a rollout goes when, and when it stops: decided from reports alone. Pure.

    ring 1 ──(M gates good for N hours each, nobody bad)──▶ ring 2 ──▶ … ──▶ the last one
       └── too many bad ones: STOPPED, until a person looks

A gate counts only once it has asked; one that never asks holds nothing up and proves nothing. Silence is not health: a gate that
was given the release and is not heard is bad, however well its last report was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

WHOLE = 10_000
"""Shares are counted in hundredths of a percent."""


class Phase(StrEnum):
    """Of a rollout."""

    RUNNING = "running"
    PAUSED = "paused"
    """By a person: nobody new is offered it; what is reported is heard on."""
    STOPPED = "stopped"
    """By itself."""
    ENDED = "ended"
    """By a person, for ever."""


class Verdict(StrEnum):
    """On one gate that was given the release."""

    UNDER_WAY = "under_way"
    """It fetches, waits or tries, or is in the new program and not well yet for as long as may be."""
    GOOD = "good"
    PROVEN = "proven"
    """Good without a break for as long as the rules ask."""
    FAILED = "failed"
    """It would not take it, or came back from it."""
    WORSE = "worse"
    """More is out of order than before, for longer than the grace."""
    SILENT = "silent"
    """Not heard for longer than a gate may be silent."""


BAD = frozenset({Verdict.FAILED, Verdict.WORSE, Verdict.SILENT})


@dataclass(frozen=True, slots=True)
class Ring:
    """Gates by name, and a share of all; `share` in hundredths of a percent, those of the rings before included."""

    gates: frozenset[int] = frozenset()
    territories: frozenset[str] = frozenset()
    share: int = 0
    at_least: int = 1
    """So many of it have to be proven before the next."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much has to be seen, and how much may go wrong."""

    good_for: timedelta = timedelta(hours=24)
    silent_after: timedelta = timedelta(minutes=30)
    grace: timedelta = timedelta(minutes=10)
    """A camera may be away for so long without being counted."""
    tolerated: int = 0
    """Bad gates that do not stop it, in hundredths of a percent of those that were given the release, rounded down."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a gate since it was given the release."""

    gate_id: int
    ring: int
    heard_at: datetime
    before: int | None
    """Things out of order when it was given the release; None: it did not tell."""
    running: bool = False
    """Its newest report was made by the release."""
    failed: str = ""
    """`failed` or `returned`, once it was."""
    good_since: datetime | None = None
    """First of the unbroken row of good reports that ends with the newest."""
    worse_since: datetime | None = None
    """First of the unbroken row of worse ones."""
    forgiven: bool = False
    """A person went on in spite of it: it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says that matters here. `state` is of `release`."""

    running: str
    state: str
    release: str
    troubles: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """Where a rollout stands, or is to stand."""

    phase: Phase
    ring: int
    """The last one that is open, counted from 0."""
    why: str = ""
    """`failed`, `worse` or `silent`, where it stopped by itself."""


def ring_of(rings: Sequence[Ring], *, gate_id: int, territory: str, salt: str) -> int | None:
    """The ring of a gate, the first that names it or whose share it is in; None = it is in none.

    The share is a hash of gate and rollout: the same for ever, and others first with the next rollout.
    """
    place = int.from_bytes(hashlib.sha256(f"{salt}:{gate_id}".encode()).digest()[:8]) % WHOLE
    for number, ring in enumerate(rings):
        if gate_id in ring.gates or territory in ring.territories or place < ring.share:
            return number
    return None


def observe(seen: Seen, report: Report, *, release: str, at: datetime) -> Seen:
    """What is known after one more report. A failure once told stays told, whatever comes later."""
    running = report.running == release
    failed = seen.failed
    if report.release == release and report.state in {"failed", "returned"}:
        failed = failed or report.state
    if seen.running and not running:
        failed = failed or "returned"
    settled = running and not (report.release == release and report.state not in {"done", "idle"})
    worse = settled and (report.troubles is None or report.troubles > (seen.before or 0))
    good = settled and not worse and not failed
    return replace(
        seen,
        heard_at=max(seen.heard_at, at),
        running=running,
        failed=failed,
        good_since=(seen.good_since or at) if good else None,
        worse_since=(seen.worse_since or at) if worse else None,
    )


def verdict(seen: Seen, rules: Rules, *, now: datetime) -> Verdict:
    """On one gate at `now`."""
    if seen.failed:
        return Verdict.FAILED
    if now - seen.heard_at > rules.silent_after:
        return Verdict.SILENT
    if seen.worse_since is not None and now - seen.worse_since >= rules.grace:
        return Verdict.WORSE
    if seen.good_since is None:
        return Verdict.UNDER_WAY
    # Only what was reported counts: the time since the newest report proves nothing.
    return Verdict.PROVEN if seen.heard_at - seen.good_since >= rules.good_for else Verdict.GOOD


def decide(course: Course, rings: Sequence[Ring], rules: Rules, gates: Iterable[Seen], *, now: datetime) -> Course:
    """Where the rollout is to stand. Only a RUNNING one moves, by one ring at a time, and never back."""
    if course.phase is not Phase.RUNNING:
        return course
    counted = [seen for seen in gates if not seen.forgiven]
    verdicts = [(seen, verdict(seen, rules, now=now)) for seen in counted]
    bad = [(seen, one) for seen, one in verdicts if one in BAD]
    if len(bad) > len(counted) * rules.tolerated // WHOLE:
        return Course(Phase.STOPPED, course.ring, min(one.value for _, one in bad))
    proven = sum(seen.ring == course.ring and one is Verdict.PROVEN for seen, one in verdicts)
    if course.ring + 1 < len(rings) and proven >= rings[course.ring].at_least:
        return replace(course, ring=course.ring + 1)
    return course


def offered(course: Course, ring: int | None, *, given: bool) -> bool:
    """Whether a gate of `ring` may have the release now; `given`: it has asked for it and been told of it before.

    A pause keeps it from those who have not begun, a stop from everybody: what is not yet installed is not installed.
    """
    if ring is None or ring > course.ring:
        return False
    return course.phase is Phase.RUNNING or (course.phase is Phase.PAUSED and given)

"""Decides when each ring of a rollout opens and when the rollout stops, from the gates' reports alone. Pure.

    ring 1 ──(M gates good for N hours each, no more bad than tolerated)──▶ ring 2 ──▶ … ──▶ the last ring
       └── too many bad gates: STOPPED, until a person intervenes

A gate counts only once it has asked for the release. One that never asks delays nothing and proves nothing. Silence is not
health: a gate that was given the release and has gone silent is bad, however good its last report was.
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
    """The phase of a rollout."""

    RUNNING = "running"
    PAUSED = "paused"
    """By a person. No further gate is offered the release; reports are still evaluated."""
    STOPPED = "stopped"
    """Automatically."""
    ENDED = "ended"
    """By a person, for good."""


class Verdict(StrEnum):
    """The judgement on one gate that was given the release."""

    UNDER_WAY = "under_way"
    """It is downloading, waiting or trying the release, or runs it but is not good yet, within the grace period."""
    GOOD = "good"
    PROVEN = "proven"
    """Good without interruption for `Rules.good_for`."""
    FAILED = "failed"
    """It could not install the release, or went back to the old one."""
    WORSE = "worse"
    """It has reported more faults than before the release for at least the grace period."""
    SILENT = "silent"
    """Not heard from for longer than `Rules.silent_after`."""


BAD = frozenset({Verdict.FAILED, Verdict.WORSE, Verdict.SILENT})


@dataclass(frozen=True, slots=True)
class Ring:
    """Gates by id or territory, and a share of all gates. `share` is cumulative, in hundredths of a percent."""

    gates: frozenset[int] = frozenset()
    territories: frozenset[str] = frozenset()
    share: int = 0
    at_least: int = 1
    """Number of gates of this ring that must be proven before the next ring opens."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much proof a ring needs, and how many failures are tolerated."""

    good_for: timedelta = timedelta(hours=24)
    silent_after: timedelta = timedelta(minutes=30)
    grace: timedelta = timedelta(minutes=10)
    """How long a gate may report more faults than before without counting as worse, such as a camera that is away."""
    tolerated: int = 0
    """Share of bad gates that does not stop the rollout, in hundredths of a percent of the counted gates, rounded down."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known about a gate since it was given the release."""

    gate_id: int
    ring: int
    heard_at: datetime
    before: int | None
    """Number of faults when it was given the release; None = it did not report them."""
    running: bool = False
    """Its newest report came from the release."""
    failed: str = ""
    """`failed` or `returned` once that has happened, otherwise empty."""
    good_since: datetime | None = None
    """Time of the first report in the unbroken run of good reports that ends with the newest."""
    worse_since: datetime | None = None
    """The same for reports that were worse than before."""
    forgiven: bool = False
    """A person resumed the rollout although this gate was bad. It is no longer counted."""


@dataclass(frozen=True, slots=True)
class Report:
    """The relevant part of a report. `state` is the update state of `release`."""

    running: str
    state: str
    release: str
    troubles: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """The state of a rollout, or the state it should move to."""

    phase: Phase
    ring: int
    """The last open ring, counted from 0."""
    why: str = ""
    """`failed`, `worse` or `silent` if it stopped automatically."""


def ring_of(rings: Sequence[Ring], *, gate_id: int, territory: str, salt: str) -> int | None:
    """The ring of a gate: the first that names it or whose share includes it. None = it is in no ring.

    A gate's place in the share is a hash of gate and rollout. It is stable within a rollout, and differs between rollouts,
    so that other gates go first next time.
    """
    place = int.from_bytes(hashlib.sha256(f"{salt}:{gate_id}".encode()).digest()[:8]) % WHOLE
    for number, ring in enumerate(rings):
        if gate_id in ring.gates or territory in ring.territories or place < ring.share:
            return number
    return None


def observe(seen: Seen, report: Report, *, release: str, at: datetime) -> Seen:
    """What is known after one more report. A failure once reported stays, whatever is reported later."""
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
    """The verdict on one gate at `now`."""
    if seen.failed:
        return Verdict.FAILED
    if now - seen.heard_at > rules.silent_after:
        return Verdict.SILENT
    if seen.worse_since is not None and now - seen.worse_since >= rules.grace:
        return Verdict.WORSE
    if seen.good_since is None:
        return Verdict.UNDER_WAY
    # Only the time covered by reports counts: the time since the newest report proves nothing.
    return Verdict.PROVEN if seen.heard_at - seen.good_since >= rules.good_for else Verdict.GOOD


def decide(course: Course, rings: Sequence[Ring], rules: Rules, gates: Iterable[Seen], *, now: datetime) -> Course:
    """The state the rollout should move to. Only a RUNNING rollout moves, one ring at a time and never back."""
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
    """Whether a gate of `ring` may have the release now. `given`: it was offered the release before.

    A pause withholds the release from gates that have not begun. A stop withholds it from all that have not installed it.
    """
    if ring is None or ring > course.ring:
        return False
    return course.phase is Phase.RUNNING or (course.phase is Phase.PAUSED and given)

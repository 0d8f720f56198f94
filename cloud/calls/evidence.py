"""What both ends reported about picture and sound, and what follows from it. Pure.

Decree 1479, paragraph 71, allows a barrier to be opened remotely only with picture and sound from the gate. Each end counts
what it sent, received and played. A count that grew between two reports means that the medium flowed; one that did not grow
means that it did not; without recent reports it is unknown. Sound must flow in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

FRESH = timedelta(seconds=8)
"""How long a report is considered current. Both ends report every two seconds, and a mobile network loses some reports."""
APART = timedelta(seconds=1)
"""Two reports closer together than this may show no growth although media flows, so the later one is ignored."""


class Flow(StrEnum):
    """Whether a medium flowed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Counts:
    """One report of one end: the connection it is about, and how much of each medium had passed by then."""

    attempt: int
    at: datetime
    passed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reports:
    """The last two reports of one end, the older first. None if it has not reported that often."""

    before: Counts | None = None
    last: Counts | None = None

    def with_report(self, counts: Counts) -> Reports:
        """Adds a report. One about an earlier connection, or less than `APART` after the last one, is ignored."""
        if self.last is None or counts.attempt > self.last.attempt:
            return Reports(None, counts)
        if counts.attempt < self.last.attempt or counts.at - self.last.at < APART:
            return self
        return Reports(self.last, counts)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether picture and sound worked, as far as is known."""

    picture: Flow
    sound: Flow

    @property
    def met(self) -> bool:
        """Whether the decree's requirement is known to be met."""
        return self.picture is Flow.YES and self.sound is Flow.YES


NOTHING = Evidence(Flow.UNKNOWN, Flow.UNKNOWN)


def flowed(reports: Reports, what: str, *, attempt: int, now: datetime) -> Flow:
    """Whether `what` recently flowed at one end in the connection `attempt`."""
    before, last = reports.before, reports.last
    if last is None or last.attempt != attempt or not timedelta() <= now - last.at <= FRESH or what not in last.passed:
        return Flow.UNKNOWN
    if before is None or what not in before.passed:
        return Flow.UNKNOWN
    return Flow.YES if last.passed[what] > before.passed[what] else Flow.NO


def judged(gate: Reports, person: Reports, *, attempt: int, now: datetime) -> Evidence:
    """The evidence at `now`: YES if both ends confirm it, NO if one end denies it, otherwise UNKNOWN."""

    def at_gate(what: str) -> Flow:
        return flowed(gate, what, attempt=attempt, now=now)

    def at_person(what: str) -> Flow:
        return flowed(person, what, attempt=attempt, now=now)

    return Evidence(
        picture=all_of((at_gate("pictures_sent"), at_person("pictures_shown"))),
        sound=all_of((at_gate("sound_sent"), at_person("sound_heard"), at_gate("sound_played"))),
    )


def all_of(parts: Iterable[Flow]) -> Flow:
    """Kleene's strong conjunction: NO if any part is NO, otherwise UNKNOWN if any is UNKNOWN, otherwise YES."""
    found = set(parts)
    return next((one for one in (Flow.NO, Flow.UNKNOWN) if one in found), Flow.YES)


def stored(reports: Reports) -> dict[str, Any]:
    """The form stored in the database."""
    return {
        name: None
        if counts is None
        else {"attempt": counts.attempt, "at": counts.at.isoformat(), "passed": dict(counts.passed)}
        for name, counts in (("before", reports.before), ("last", reports.last))
    }


def restored(row: Mapping[str, Any] | None) -> Reports:
    """The inverse of `stored`."""
    return Reports(*(_counts((row or {}).get(name)) for name in ("before", "last")))


def _counts(row: Mapping[str, Any] | None) -> Counts | None:
    if row is None:
        return None
    passed = {str(name): int(count) for name, count in row["passed"].items()}
    return Counts(int(row["attempt"]), datetime.fromisoformat(row["at"]), passed)

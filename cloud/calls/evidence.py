"""What both ends have told of picture and sound, and what follows from it. Pure.

Decree 1479, paragraph 71 lets a barrier be opened from afar only where there is picture and sound with the gate. Each end
counts what it sent, received and played; what grew between two reports flowed, what stood still did not, and what
nobody told lately is unknown. Sound is a talk: from the gate to the person and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

FRESH = timedelta(seconds=8)
"""A report says nothing about later: both ends tell every two seconds, and a mobile network loses some."""
APART = timedelta(seconds=1)
"""Between two reports nearer than that nothing need have passed: the later one is not looked at."""


class Seen(StrEnum):
    """Whether something flowed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Counts:
    """One report of one end: of which connection, and how much of each thing had passed by then."""

    attempt: int
    at: datetime
    passed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """The last two reports of one end, the older first; None where it has not told so often."""

    before: Counts | None = None
    last: Counts | None = None

    def with_report(self, counts: Counts) -> Told:
        """One more report. One of an earlier connection, or told too soon after the one that is known, changes nothing."""
        if self.last is None or counts.attempt > self.last.attempt:
            return Told(None, counts)
        if counts.attempt < self.last.attempt or counts.at - self.last.at < APART:
            return self
        return Told(self.last, counts)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether picture and sound were there, as far as is known."""

    picture: Seen
    sound: Seen

    @property
    def met(self) -> bool:
        """Whether the demand of the decree is known to be met."""
        return self.picture is Seen.YES and self.sound is Seen.YES


NOTHING = Evidence(Seen.UNKNOWN, Seen.UNKNOWN)


def flowed(told: Told, what: str, *, attempt: int, now: datetime) -> Seen:
    """Whether `what` passed at one end in the connection `attempt` lately."""
    before, last = told.before, told.last
    if last is None or last.attempt != attempt or not timedelta() <= now - last.at <= FRESH or what not in last.passed:
        return Seen.UNKNOWN
    if before is None or what not in before.passed:
        return Seen.UNKNOWN
    return Seen.YES if last.passed[what] > before.passed[what] else Seen.NO


def judged(gate: Told, person: Told, *, attempt: int, now: datetime) -> Evidence:
    """What can be said of picture and sound at `now`: yes where both ends say so, no where one end denies it."""

    def at_gate(what: str) -> Seen:
        return flowed(gate, what, attempt=attempt, now=now)

    def at_person(what: str) -> Seen:
        return flowed(person, what, attempt=attempt, now=now)

    return Evidence(
        picture=all_of((at_gate("pictures_sent"), at_person("pictures_shown"))),
        sound=all_of((at_gate("sound_sent"), at_person("sound_heard"), at_gate("sound_played"))),
    )


def all_of(parts: Iterable[Seen]) -> Seen:
    """The strong conjunction of Kleene: no if any is no, else unknown if any is unknown."""
    found = set(parts)
    return next((one for one in (Seen.NO, Seen.UNKNOWN) if one in found), Seen.YES)


def kept(told: Told) -> dict[str, Any]:
    """As the database keeps it."""
    return {
        name: None
        if counts is None
        else {"attempt": counts.attempt, "at": counts.at.isoformat(), "passed": dict(counts.passed)}
        for name, counts in (("before", told.before), ("last", told.last))
    }


def restored(row: Mapping[str, Any] | None) -> Told:
    """What `kept` made."""
    return Told(*(_counts((row or {}).get(name)) for name in ("before", "last")))


def _counts(row: Mapping[str, Any] | None) -> Counts | None:
    if row is None:
        return None
    passed = {str(name): int(count) for name, count in row["passed"].items()}
    return Counts(int(row["attempt"]), datetime.fromisoformat(row["at"]), passed)

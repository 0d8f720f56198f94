"""The course of a call: rings, is answered by one person, ends. Pure: facts and the time in, facts out.

A call that nobody touches ends by itself: what its end is follows from the facts and the time, so that no timer is
needed and a portal that was away for a while judges as one that was not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

RINGS = timedelta(seconds=45)
HOST_AFTER = timedelta(seconds=15)
"""When the guest's host is rung too, where the territory wants it."""
LOST_AFTER = timedelta(seconds=120)
"""So long may either end be silent: a portal that restarts, or a page loaded anew, ends no talk."""
LONGEST = timedelta(minutes=10)


class Phase(StrEnum):
    """Where a call stands."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Ending(StrEnum):
    """What ended it."""

    NOBODY = "nobody"
    PERSON = "person"
    GATE = "gate"
    GATE_LOST = "gate_lost"
    PERSON_LOST = "person_lost"
    PERSON_OUT = "person_out"
    TOO_LONG = "too_long"


class TooLate(Exception):
    """Somebody else has answered, or the call is over."""


class NotYours(Exception):
    """The talk is another's, or nobody's yet."""


@dataclass(frozen=True, slots=True)
class Course:
    """The facts of one call; moments are aware. `device`: the log-in that talks, and no other of the same person."""

    rang_at: datetime
    gate_at: datetime
    """When the gate was heard last."""
    device: int | None = None
    answered_at: datetime | None = None
    person_at: datetime | None = None
    """When the person's page was heard last."""
    ended_at: datetime | None = None
    ending: Ending | None = None

    @property
    def phase(self) -> Phase:
        if self.ending is not None:
            return Phase.ENDED
        return Phase.RINGING if self.answered_at is None else Phase.ANSWERED

    @property
    def rings_until(self) -> datetime:
        return self.rang_at + RINGS


def settled(course: Course, now: datetime) -> Course:
    """The course as it stands at `now`: over, if its time ran out; whichever came first is the reason."""
    if course.ending is not None:
        return course
    ends = [(course.gate_at + LOST_AFTER, Ending.GATE_LOST)]
    if course.answered_at is None:
        ends.append((course.rings_until, Ending.NOBODY))
    else:
        ends.append((course.answered_at + LONGEST, Ending.TOO_LONG))
        ends.append(((course.person_at or course.answered_at) + LOST_AFTER, Ending.PERSON_LOST))
    at, ending = min(ends)
    return course if now < at else replace(course, ended_at=at, ending=ending)


def answered(course: Course, device: int, now: datetime) -> Course:
    """Somebody takes the call. The same log-in may come again; raises TooLate for everybody after the first."""
    course = settled(course, now)
    if course.phase is Phase.ENDED or course.device not in {None, device}:
        raise TooLate
    if course.phase is Phase.ANSWERED:
        return replace(course, person_at=now)
    return replace(course, device=device, answered_at=now, person_at=now)


def heard_person(course: Course, device: int, now: datetime) -> Course:
    """The page of whoever talks is there. Raises NotYours; of a call that is over it changes nothing."""
    course = settled(course, now)
    if course.device is None or course.device != device:
        raise NotYours
    return course if course.phase is Phase.ENDED else replace(course, person_at=now)


def heard_gate(course: Course, now: datetime) -> Course:
    """The gate is there."""
    course = settled(course, now)
    return course if course.phase is Phase.ENDED else replace(course, gate_at=now)


def ended(course: Course, ending: Ending, now: datetime) -> Course:
    """One end hangs up; the first end told stays."""
    course = settled(course, now)
    return course if course.phase is Phase.ENDED else replace(course, ended_at=now, ending=ending)

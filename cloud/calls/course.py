"""The course of a call: it rings, is answered by one person, and ends. Pure: facts and the time in, facts out.

A call that is left alone ends by itself. When and why follows from the facts and the time. So no timer is needed, and a
portal that was down for a while comes to the same result as one that was not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

RINGS = timedelta(seconds=45)
HOST_AFTER = timedelta(seconds=15)
"""After how long the guest's host is rung too, if the territory has that enabled."""
LOST_AFTER = timedelta(seconds=120)
"""How long either end may be silent. Restarting the portal or reloading the page must not end the call."""
LONGEST = timedelta(minutes=10)


class Phase(StrEnum):
    """The phase of a call."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Ending(StrEnum):
    """What ended a call."""

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
    """Somebody else has answered the call, or nobody has yet."""


@dataclass(frozen=True, slots=True)
class Course:
    """The facts of one call. Times are timezone-aware. `device`: the login session that answered; no other may act."""

    rang_at: datetime
    gate_at: datetime
    """When the gate was last heard from."""
    device: int | None = None
    answered_at: datetime | None = None
    person_at: datetime | None = None
    """When the person's page was last heard from."""
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
    """The course at `now`: ended if a time limit has expired. The limit that expired first is the reason."""
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
    """Somebody answers the call. The same session may answer again. Raises TooLate for any other, or after the end."""
    course = settled(course, now)
    if course.phase is Phase.ENDED or course.device not in {None, device}:
        raise TooLate
    if course.phase is Phase.ANSWERED:
        return replace(course, person_at=now)
    return replace(course, device=device, answered_at=now, person_at=now)


def heard_person(course: Course, device: int, now: datetime) -> Course:
    """The page of the person who answered is alive. Raises NotYours. If the call is over, nothing changes."""
    course = settled(course, now)
    if course.device is None or course.device != device:
        raise NotYours
    return course if course.phase is Phase.ENDED else replace(course, person_at=now)


def heard_gate(course: Course, now: datetime) -> Course:
    """The gate is alive. If the call is over, nothing changes."""
    course = settled(course, now)
    return course if course.phase is Phase.ENDED else replace(course, gate_at=now)


def ended(course: Course, ending: Ending, now: datetime) -> Course:
    """One end hangs up. If the call is over already, its first ending stays."""
    course = settled(course, now)
    return course if course.phase is Phase.ENDED else replace(course, ended_at=now, ending=ending)

"""Where the boom is according to its limit switches, and what is wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Position(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    BETWEEN = "between"
    UNKNOWN = "unknown"


class Alarm(StrEnum):
    """Alarms derived from limit switches."""

    NOT_OPENED = "not_opened"
    LEFT_OPEN = "left_open"
    FORCED = "forced"


FORCED_GRACE_S = 2.0
"""The boom may still leave its closed switch this long after the last command ended."""


@dataclass(frozen=True, slots=True)
class Boom:
    """The boom of one barrier, as its switches show it. A level is None while nobody reads it."""

    open_within_s: float
    left_open_s: float
    has_open_switch: bool
    has_closed_switch: bool
    at_open: bool | None = None
    at_closed: bool | None = None
    asked_at: float | None = None
    """When the last opening began that has not been seen to succeed."""
    free_until: float = 0.0
    """Until then the boom may leave its closed switch because of us."""
    opened_at: float | None = None
    last: Position = Position.UNKNOWN
    """The last place it was known to be in."""
    lost_at: float = float("-inf")
    """When its place became unknown for the last time."""
    alarms: frozenset[Alarm] = frozenset()

    @property
    def position(self) -> Position:
        if self.at_open and self.at_closed:
            return Position.UNKNOWN  # both at once: a switch or a wire is broken
        if self.at_closed:
            return Position.CLOSED
        if self.at_open:
            return Position.OPEN
        unread = (self.has_open_switch and self.at_open is None) or (self.has_closed_switch and self.at_closed is None)
        if unread or not (self.has_open_switch or self.has_closed_switch):
            return Position.UNKNOWN
        if not self.has_open_switch:  # one switch alone says half of it
            return Position.OPEN
        return Position.BETWEEN if self.has_closed_switch else Position.CLOSED


def commanded(boom: Boom, now: float) -> Boom:
    """We closed the OPEN contact, or keep it closed."""
    fresh = boom.asked_at is None and boom.position is Position.CLOSED
    return replace(
        boom,
        asked_at=now if fresh else boom.asked_at,
        free_until=now + boom.open_within_s + FORCED_GRACE_S,
        opened_at=None if boom.opened_at is None else now,
    )


def switched(boom: Boom, *, at_open: bool | None, at_closed: bool | None, now: float) -> Boom:
    """The limit switches report these levels. Where the boom is unknown, nothing is concluded from it."""
    before = boom.position
    boom = replace(boom, at_open=at_open, at_closed=at_closed)
    after = boom.position
    if after is before:
        return boom
    alarms = boom.alarms
    if after is Position.UNKNOWN:
        return replace(boom, asked_at=None, lost_at=now)
    last, boom = boom.last, replace(boom, last=after)
    if after is Position.CLOSED:
        return replace(boom, opened_at=None, alarms=alarms - {Alarm.LEFT_OPEN, Alarm.FORCED})
    if last is Position.CLOSED:
        watched = before is Position.CLOSED or now - boom.lost_at <= FORCED_GRACE_S
        if watched and now > boom.free_until:
            alarms |= {Alarm.FORCED}
        boom = replace(boom, opened_at=now)
    elif before is Position.UNKNOWN and boom.opened_at is not None:
        boom = replace(boom, opened_at=now)  # it may have been down meanwhile
    if after is Position.OPEN:
        boom = replace(boom, asked_at=None)
        alarms -= {Alarm.NOT_OPENED}
    return replace(boom, alarms=alarms)


def elapsed(boom: Boom, now: float, *, held: bool) -> Boom:
    """Time has passed. `held`: the barrier is kept open on purpose."""
    if boom.position is Position.UNKNOWN:
        return boom
    alarms = boom.alarms
    if boom.asked_at is not None and now - boom.asked_at > boom.open_within_s:
        boom = replace(boom, asked_at=None)
        alarms |= {Alarm.NOT_OPENED}
    if held and boom.opened_at is not None:
        boom = replace(boom, opened_at=now)
        alarms -= {Alarm.LEFT_OPEN}
    if boom.opened_at is not None and now - boom.opened_at > boom.left_open_s:
        alarms |= {Alarm.LEFT_OPEN}
    return boom if alarms == boom.alarms else replace(boom, alarms=alarms)

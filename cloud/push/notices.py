"""Notices: what a service says inside its transaction, and how it is written for another worker.

Called on the thread that owns the session. A notice of a transaction that rolls back is never told.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cloud.db.models import Command, Gate, Territory

WAITING = "okter_push"
"""Key of `Session.info` under which a session keeps its notices until it commits."""


class Audience(StrEnum):
    """Who has to hear of something. The words are part of what travels between workers, also of two versions."""

    GATE = "gate"
    """One gate."""
    TERRITORY = "territory"
    """Everybody of a territory: all its gates and all its pages. Of what has no narrower audience."""
    JOURNAL = "journal"
    """The pages that show what gates tell; no gate has to know what its neighbour saw."""
    CALLS = "calls"
    """The same pages, and a gate that is in a call."""


class Topic(NamedTuple):
    """What a stream listens to; `id` is the gate's where one gate is meant, otherwise the territory's."""

    audience: Audience
    id: int


@dataclass(frozen=True, slots=True)
class PassesChanged:
    territory_id: int
    epoch: int
    rev: int

    @property
    def cursor(self) -> str:
        return list_cursor(self.epoch, self.rev)


@dataclass(frozen=True, slots=True)
class CommandIssued:
    gate_id: int
    command_id: str


@dataclass(frozen=True, slots=True)
class GateRevoked:
    """The gate's token is worth nothing any more: its streams close at once."""

    gate_id: int


@dataclass(frozen=True, slots=True)
class EventArrived:
    """A gate has told something new; `event` is `GateEvent.id`."""

    territory_id: int
    event: int


@dataclass(frozen=True, slots=True)
class HealthArrived:
    territory_id: int
    gate_id: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call from a gate rings, was answered, has gone on or is over."""

    territory_id: int
    gate_id: int


@dataclass(frozen=True, slots=True)
class RulesChosen:
    """A manager has chosen other rules for the gate: its next report is answered with them."""

    gate_id: int


@dataclass(frozen=True, slots=True)
class Missed:
    """What was told may not have come here for a while: whatever you watch may have changed. Of one worker."""


@dataclass(frozen=True, slots=True)
class SentAway:
    """Your stream is of no use any more and ends. Of one worker."""


Notice = (
    PassesChanged
    | CommandIssued
    | GateRevoked
    | EventArrived
    | HealthArrived
    | CallChanged
    | RulesChosen
    | Missed
    | SentAway
)
_KINDS: dict[str, Callable[..., Notice]] = {
    kind.__name__: kind for kind in (PassesChanged, GateRevoked, EventArrived, HealthArrived, CallChanged, RulesChosen)
}


def list_cursor(epoch: int, rev: int) -> str:
    """The contract's cursor: opaque for the gate, a place in the territory's sequence of changes for us."""
    return f"{epoch}-{rev}"


def new_epoch() -> int:
    """An epoch that no list had before, here or elsewhere.

    A cursor is good in one epoch only. Counted from 1, the cursor of a box that was moved to another territory or
    another portal would be taken there for one of theirs, and the box would keep the passes of its old place.
    """
    return 1 + secrets.randbelow(2**31 - 1)


def next_rev(session: Session, territory_id: int) -> int:
    """The next place in a territory's sequence of pass changes, for `Pass.rev`.

    The row of the territory stays locked until the transaction ends, so that places become visible in their order and
    a gate that reads up to one has seen all before it.
    """
    return next_revs(session, territory_id, 1).start


def next_revs(session: Session, territory_id: int, count: int) -> range:
    """As `next_rev`, for `count` changes at once: the counter is moved a single time."""
    rev = session.scalar(
        update(Territory)
        .where(Territory.id == territory_id)
        .values(pass_rev=Territory.pass_rev + count)
        .returning(Territory.pass_rev)
        .execution_options(synchronize_session=False)
    )
    assert rev is not None
    return range(rev - count + 1, rev + 1)


def passes_changed(session: Session, territory_id: int) -> None:
    """Tell the territory's gates at commit that their list has changed."""
    epoch, rev = session.execute(
        select(Territory.pass_epoch, Territory.pass_rev).where(Territory.id == territory_id)
    ).one()
    announce(session, PassesChanged(territory_id, epoch, rev))


def command_issued(session: Session, command: Command) -> None:
    """Send a command to its gate at commit."""
    session.flush()
    announce(session, CommandIssued(command.gate_id, command.id))


def gate_revoked(session: Session, gate_id: int) -> None:
    """Close the gate's streams at commit; its token must be revoked or replaced in the same transaction."""
    announce(session, GateRevoked(gate_id))


def event_arrived(session: Session, territory_id: int, event: int) -> None:
    announce(session, EventArrived(territory_id, event))


def health_arrived(session: Session, gate: Gate) -> None:
    announce(session, HealthArrived(gate.territory_id, gate.id))


def announce(session: Session, notice: Notice) -> None:
    """Have `notice` told when, and only when, the session's transaction commits."""
    session.info.setdefault(WAITING, []).append(notice)


def gate_topics(gate_id: int, territory_id: int) -> tuple[Topic, ...]:
    """What a gate's stream listens to."""
    return (Topic(Audience.GATE, gate_id), Topic(Audience.TERRITORY, territory_id))


def page_topics(territory_id: int) -> tuple[Topic, ...]:
    """What a page that shows a territory as it changes listens to."""
    audiences = (Audience.TERRITORY, Audience.JOURNAL, Audience.CALLS)
    return tuple(Topic(audience, territory_id) for audience in audiences)


def call_topics(territory_id: int) -> tuple[Topic, ...]:
    """What a gate that waits for a person to answer listens to, beside its stream."""
    return (Topic(Audience.CALLS, territory_id),)


def topic_of(notice: Notice) -> Topic | None:
    """Whom a notice is for; None = everybody of this worker, and nobody else.

    A kind that is not named here is for everybody of its territory: it wakes streams for nothing, and none too few.
    """
    match notice:
        case CommandIssued(gate_id=gate_id) | GateRevoked(gate_id=gate_id) | RulesChosen(gate_id=gate_id):
            return Topic(Audience.GATE, gate_id)
        case EventArrived(territory_id=territory_id) | HealthArrived(territory_id=territory_id):
            return Topic(Audience.JOURNAL, territory_id)
        case CallChanged(territory_id=territory_id):
            return Topic(Audience.CALLS, territory_id)
        case Missed() | SentAway():
            return None
        case _:
            return Topic(Audience.TERRITORY, notice.territory_id)


def written(notice: Notice) -> str:
    return " ".join([type(notice).__name__, *map(str, astuple(notice))])


def parsed(payload: str) -> Notice | None:
    """The notice of a NOTIFY; None when it is of a newer version of this program."""
    name, *values = payload.split(" ")
    kind = _KINDS.get(name)
    try:
        if name == CommandIssued.__name__:
            return CommandIssued(int(values[0]), values[1])
        return None if kind is None else kind(*map(int, values))
    except (TypeError, ValueError, IndexError):
        return None

"""Notices: what a service announces inside its transaction, and their text form for other workers.

Call the functions on the thread that owns the session. Notices of a transaction that rolls back are never sent.
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
    """Who needs a notice. The values travel between workers, also between two versions, so they must not change."""

    GATE = "gate"
    """One gate."""
    TERRITORY = "territory"
    """All gates and pages of a territory, for notices without a narrower audience."""
    JOURNAL = "journal"
    """The pages that show reports from gates; gates do not need each other's events."""
    CALLS = "calls"
    """The same pages, and a gate that is in a call."""


class Topic(NamedTuple):
    """What a stream listens to. `id` is the gate's id for `Audience.GATE`, otherwise the territory's."""

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
    """The gate's token is no longer valid: its streams close at once."""

    gate_id: int


@dataclass(frozen=True, slots=True)
class EventArrived:
    """A gate has sent a new event; `event` is `GateEvent.id`."""

    territory_id: int
    event: int


@dataclass(frozen=True, slots=True)
class HealthArrived:
    territory_id: int
    gate_id: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A gate's call rings, was answered, has progressed or has ended."""

    territory_id: int
    gate_id: int


@dataclass(frozen=True, slots=True)
class RulesChosen:
    """A manager has chosen other rules for the gate; the answer to its next report contains them."""

    gate_id: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Notices may have been missed for a while: anything watched may have changed. Only within one worker."""


@dataclass(frozen=True, slots=True)
class SentAway:
    """The stream is no longer useful and must end. Only within one worker."""


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
    """The cursor of the API: opaque to the gate; for us, a position in the territory's sequence of changes."""
    return f"{epoch}-{rev}"


def new_epoch() -> int:
    """A random epoch, so that no list here or elsewhere is likely to have had it before.

    A cursor is valid in one epoch only. If epochs were counted from 1, a box moved to another territory or portal would
    have a cursor that is valid there too, and would keep the passes of its old place.
    """
    return 1 + secrets.randbelow(2**31 - 1)


def next_rev(session: Session, territory_id: int) -> int:
    """The next place in a territory's sequence of pass changes, for `Pass.rev`.

    The territory's row stays locked until the transaction ends. So places become visible in order, and a gate that reads
    up to one has seen all before it.
    """
    return next_revs(session, territory_id, 1).start


def next_revs(session: Session, territory_id: int, count: int) -> range:
    """Like `next_rev`, for `count` changes at once with a single update of the counter."""
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
    """Send `notice` when, and only if, the session's transaction commits."""
    session.info.setdefault(WAITING, []).append(notice)


def gate_topics(gate_id: int, territory_id: int) -> tuple[Topic, ...]:
    """What a gate's stream listens to."""
    return (Topic(Audience.GATE, gate_id), Topic(Audience.TERRITORY, territory_id))


def page_topics(territory_id: int) -> tuple[Topic, ...]:
    """What a live page of a territory listens to."""
    audiences = (Audience.TERRITORY, Audience.JOURNAL, Audience.CALLS)
    return tuple(Topic(audience, territory_id) for audience in audiences)


def call_topics(territory_id: int) -> tuple[Topic, ...]:
    """What a gate in a call listens to, in addition to its stream."""
    return (Topic(Audience.CALLS, territory_id),)


def topic_of(notice: Notice) -> Topic | None:
    """The topic of a notice; None: for every stream of this worker, and for no other worker.

    A kind not listed here goes to its whole territory: that may wake too many streams, but never too few.
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
    """The notice from its text form; None if it is unreadable, e.g. from a newer version of this program."""
    name, *values = payload.split(" ")
    kind = _KINDS.get(name)
    try:
        if name == CommandIssued.__name__:
            return CommandIssued(int(values[0]), values[1])
        return None if kind is None else kind(*map(int, values))
    except (TypeError, ValueError, IndexError):
        return None

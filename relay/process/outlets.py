"""The controller's outputs: jobs to boards, replies to requesters, news to everybody. The process supplies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.words.language import say
from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.barrier.events import Ended, Resumed
from relay.protocol import Do, EventKind, Reply
from relay.workers.jobs import Job


@dataclass(frozen=True, slots=True)
class News:
    """The content of a `RelayEvent`; the process adds number, time and boot. With `kept`, it is kept until journalled."""

    kind: EventKind
    kept: bool
    barrier: str = ""
    lane: str | None = None
    request_id: str = ""
    reason: Reason | None = None
    outcome: str = ""
    what: str = ""
    detail: str = ""
    by: str = ""
    note: str = ""
    confirmed: bool | None = None


@dataclass(slots=True)
class Outlets:
    """Where the controller's doings go."""

    post: Callable[[str, Job], None]
    """Takes a board name and a job."""
    reply: Callable[[int, Reply], None]
    """Takes a requester and its reply."""
    publish: Callable[[News], None]
    said_since: Callable[[str, float], tuple[str, ...]]
    """What was exchanged with a board since a moment, for a test."""


def ended_news(barrier: str, ended: Ended) -> News:
    """A pulse or hold of `barrier` has ended. An ordinary end of a pulse is nothing for the journal."""
    order = ended.order
    return News(
        ended.kind,
        kept=ended.outcome not in {"off", "unconfirmed"} or ended.what == "hold",
        barrier=barrier,
        lane=order.lane if order else None,
        request_id=order.id if order else "",
        reason=order.reason if order else None,
        outcome=ended.outcome,
        what=ended.what,
        detail=ended.detail,
        by=order.by if order else "",
    )


def resumed_news(barrier: str, resumed: Resumed) -> News:
    """A hold of `barrier` goes on after its board was lost, which was told as its end: the barrier has opened again."""
    order = resumed.order
    return News(
        EventKind.ACTED,
        kept=True,
        barrier=barrier,
        lane=order.lane,
        request_id=order.id,
        reason=order.reason,
        outcome=Outcome.UNCONFIRMED if resumed.confirmed is False else Outcome.DONE,
        what=Do.HOLD,
        detail=say("плата снова на связи: удержание продолжается"),
        by=order.by,
        note=order.note,
        confirmed=resumed.confirmed,
    )

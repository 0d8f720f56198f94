"""Where the controller's doings go: jobs to boards, answers to requesters, news to everybody. The process fills them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.words.reasons import Reason
from relay.protocol import EventKind, Reply
from relay.workers.jobs import Job


@dataclass(frozen=True, slots=True)
class News:
    """A `RelayEvent` to be: the process adds number, time and boot. `kept` until journalled, else only told now."""

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
    """Board name and job."""
    reply: Callable[[int, Reply], None]
    """Requester and answer."""
    publish: Callable[[News], None]
    said_since: Callable[[str, float], tuple[str, ...]]
    """What was said with a board since a moment, for a test."""

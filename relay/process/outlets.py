"""The controller's outputs: jobs to boards, replies to requesters, news to everybody. The process supplies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.words.reasons import Reason
from relay.protocol import EventKind, Reply
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

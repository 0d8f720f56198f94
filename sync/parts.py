"""What the link needs from the gate, and what it reports: the inputs and outputs of `sync.link`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from core.words.language import say
from sync import wire
from sync.api import CloudApi
from sync.seams import Barrier, Clock, CommandLedger, FixedAddress, Mover, Outbox, PassCache, TokenShelf


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """The state of the connection to the cloud; for `gate status` and the health report."""

    state: str
    """`starting`, `linked`, `lost`, or `unknown` when the cloud does not know this gate (enrol again)."""
    error: str
    """The most recent error; empty while all is well."""
    push: bool
    """Whether the stream is open."""
    cursor: str
    passes: int
    synced_at: datetime | None
    queue_events: int | None
    """Waiting to be sent; None while the journal has not been read."""
    queue_snapshots: int | None
    dropped: int
    """Events and snapshots discarded for lack of space since the start."""


NOTHING = CloudStatus("starting", "", False, "", 0, None, None, None, 0)
"""Before anything was asked of the disk or of the cloud."""


def not_enrolled() -> str:
    """`CloudStatus.error` of a gate without a device token."""
    return say("шлагбаум не привязан к облаку: gate enroll --url … --code …")


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What the link needs from the gate. What an opener opens is used and closed in the thread that called it."""

    open_cache: Callable[[], AbstractContextManager[PassCache]]
    open_outbox: Callable[[], AbstractContextManager[Outbox]]
    open_ledger: Callable[[], AbstractContextManager[CommandLedger]]
    clock: Clock
    barrier: Barrier
    token: Callable[[], str | None]
    """The current device token; None = not enrolled."""
    passes_changed: Callable[[], None]
    """The list has changed and must be reloaded. Called on the sync thread; must be quick and must not raise."""
    health: Callable[[CloudStatus], wire.Health]
    """The current health report. Called on the sync thread; must not raise."""
    mover: Mover = field(default_factory=FixedAddress)
    """Used on the sync thread."""
    beat: Callable[[], None] = lambda: None
    """The sync thread's heartbeat, called at least before each request."""
    tokens: Callable[[], TokenShelf | None] = lambda: None
    """Where a new device token is stored; None = the token is managed elsewhere."""
    rules_chosen: Callable[[wire.RulesChosen], None] = lambda _: None
    """Applies the manager's choice. Called on the sync thread; must be quick and must not raise."""
    updates: Callable[[CloudApi], bool] | None = None
    """One step of downloading an update; returns whether more is due at once. None = the owner does not allow updates."""

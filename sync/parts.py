"""What the link needs of the gate, and what it tells: the values that go in and come out of `sync.link`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sync import wire
from sync.api import CloudApi
from sync.seams import Barrier, Clock, CommandLedger, Mover, Outbox, PassCache, Stays, TokenShelf


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """How it stands between the gate and the cloud; for `gate status` and the health report."""

    state: str
    """`starting`, `linked`, `lost`, or `unknown` when the cloud does not know this gate (enrol again)."""
    error: str
    """The newest error, empty while all is well."""
    push: bool
    """The stream is open."""
    cursor: str
    passes: int
    synced_at: datetime | None
    queue_events: int
    queue_snapshots: int
    dropped: int
    """Events and snapshots given up for want of space since the start."""


NOTHING = CloudStatus("starting", "", False, "", 0, None, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What the link needs of the gate. What the openers open is used and closed in the thread that asked for it."""

    open_cache: Callable[[], AbstractContextManager[PassCache]]
    open_outbox: Callable[[], AbstractContextManager[Outbox]]
    open_ledger: Callable[[], AbstractContextManager[CommandLedger]]
    clock: Clock
    barrier: Barrier
    token: Callable[[], str | None]
    """The device token of the moment; None = not enrolled."""
    passes_changed: Callable[[], None]
    """The list has changed: load it anew. Called on the sync thread; must be quick and must not raise."""
    health: Callable[[CloudStatus], wire.Health]
    """The report of the moment. Called on the sync thread; must not raise."""
    mover: Mover = field(default_factory=Stays)
    """Asked on the sync thread."""
    beat: Callable[[], None] = lambda: None
    """The sync thread is alive: called at least before each request."""
    tokens: Callable[[], TokenShelf | None] = lambda: None
    """Where a new device token is kept; None = the token is somebody else's to change."""
    rules_chosen: Callable[[wire.RulesChosen], None] = lambda _: None
    """The manager's choice: let it hold. Called on the sync thread; must be quick and must not raise."""
    updates: Callable[[CloudApi], bool] | None = None
    """One step of bringing an update down, and whether there is more at once; None = its owner lets none come."""

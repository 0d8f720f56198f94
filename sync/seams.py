"""What the cloud client needs from the rest of the gate, as small protocols; `sync.memory` has a fake of each.

The methods are called from the sync thread, except those of `CommandLedger` and `Barrier` (thread `cloud-commands`) and
of `Clock` (any of them); an implementation opens its own database connection there. Methods that say "one transaction"
must leave either the old or the new state after a power cut, never a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.events import Instant
from core.words.language import say
from sync.errors import MoveRefused
from sync.wire import Command, EnrollAnswer, GateEvent, Moved, Outcome, PassItem


@dataclass(frozen=True, slots=True)
class ListState:
    """The cached list as a whole."""

    cursor: str
    """Where the next delta starts; empty before the first full list."""
    count: int
    """Passes in the list (not deleted), blocked ones included."""
    synced_at: datetime | None
    """When the cloud last confirmed the list, by the gate's wall clock."""
    staging_cursor: str | None
    """Where an interrupted full list continues; None if no full list is in progress."""
    staging_count: int = 0


class PassCache(Protocol):
    """The gate's copy of the cloud's list. Readers only see the live list, never the staging."""

    def state(self) -> ListState: ...

    def count_live(self, ids: Sequence[str]) -> int:
        """How many of `ids` (at most a page) are in the live list."""

    def apply(self, items: Sequence[PassItem], *, cursor: str, at: datetime) -> None:
        """One transaction: upsert or delete each item by id, store `cursor`, set `synced_at = at`.

        Deleting a missing item is no error. A local mark that a one-time pass is used up stays until the item is
        deleted.
        """

    def begin_staging(self) -> None:
        """Drops any staging and starts an empty one, with an empty cursor."""

    def stage(self, items: Sequence[PassItem], *, cursor: str) -> None:
        """One transaction: put the page into the staging (as `apply` does) and store where it continues."""

    def commit_staging(self, *, at: datetime) -> None:
        """One transaction: the staging, with its cursor, replaces the live list.

        Marks of used one-time passes survive for passes that are still listed.
        """


@dataclass(frozen=True, slots=True)
class OutboxSize:
    events: int
    snapshots: int
    bytes: int
    """Size of both together."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was discarded for lack of space."""

    events: int = 0
    snapshots: int = 0


class Outbox(Protocol):
    """Events and pictures on their way up. Nothing leaves it before the cloud has confirmed that it is safe there."""

    def events(self, *, limit: int) -> tuple[GateEvent, ...]:
        """The oldest events not yet settled, in the order in which they happened."""

    def settle(self, accepted: Sequence[str], rejected: Sequence[str]) -> None:
        """One transaction: these events are with the cloud, or never will be. Drops the snapshot of a rejected one too.

        Unknown ids are ignored.
        """

    def snapshot(self) -> tuple[str, bytes] | None:
        """Event id and JPEG of the oldest picture whose event is with the cloud; None if there is none."""

    def settle_snapshot(self, event_id: str) -> None:
        """The picture need not be sent any more; the local journal may keep its file."""

    def size(self) -> OutboxSize: ...

    def shrink(self, max_bytes: int) -> Dropped:
        """Discards unsent data until at most `max_bytes` wait: snapshots before events, oldest first."""


class CommandLedger(Protocol):
    """The table that makes every command of the cloud run at most once."""

    def claim(self, command: Command) -> bool:
        """One transaction, on disk before it returns: True for the first claim of this id ever, else False."""

    def finish(self, command_id: str, outcome: Outcome, detail: str) -> None:
        """Stores how it ended, for the acknowledgement."""

    def unacknowledged(self) -> tuple[tuple[str, Outcome, str], ...]:
        """Finished but not acknowledged, oldest first.

        After a restart, claimed but unfinished ones count as `refused`.
        """

    def acknowledged(self, command_id: str) -> None: ...


class Barrier(Protocol):
    """Performs a command."""

    def perform(self, command: Command, *, expires_mono: float) -> tuple[Outcome, str]:
        """Asks the relay, which must not act after `expires_mono`. Bounded in time; never raises."""


class Mover(Protocol):
    """Follows the territory to another cell of the cloud, if the notice is signed with the key from the enrolment."""

    def can_follow(self) -> bool:
        """Whether such a key is stored."""

    def checked(self, moved: Moved) -> str:
        """The new cell's address, if the notice is genuine, of our territory and newer than all before.

        Raises MoveRefused.
        """

    def settle(self, moved: Moved) -> None:
        """Stores a `checked` notice, on disk before it returns, and ends the link: the next one starts at the new cell.

        Raises FileUnusable; raises MoveRefused if the gate was enrolled again in the meantime, and it then stays.
        """


class FixedAddress:
    """`Mover` of a gate without a key: it keeps its address."""

    def can_follow(self) -> bool:
        return False

    def checked(self, moved: Moved) -> str:  # noqa: ARG002  # the seam's
        raise MoveRefused(say("нет ключа"))

    def settle(self, moved: Moved) -> None:
        """Never called, because `checked` always raises."""


class Clock(Protocol):
    """The gate's clock; called from any thread of the link."""

    def now(self) -> Instant: ...

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        """The cloud's clock said `date` (whole seconds) at monotonic `mono`.

        `authenticated`: the connection's certificate was fully checked. Otherwise the date may only raise the floor,
        below which wall time never falls; it never makes a clock trusted.
        """


class TokenShelf(Protocol):
    """Where the gate stores its token, and a new one not used yet. On disk before a method returns."""

    def in_use(self) -> str | None: ...

    def offered(self) -> str | None: ...

    def offer(self, answer: EnrollAnswer) -> None:
        """Stores the answer's token beside the one in use, and whatever the answer newly tells about moves."""

    def adopt(self, token: str) -> None:
        """Makes `token` the token in use; nothing is offered any more."""

    def discard(self) -> None:
        """Drops the offered token."""

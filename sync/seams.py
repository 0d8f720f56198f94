"""What the cloud client needs of the rest of the gate, as small protocols; `sync.memory` holds a fake of each.

Every method is called from the sync thread only, unless its docstring says otherwise; an implementation opens its own
database connection there. Methods that say "one transaction" must leave the old state or the new one after a power
cut, never half.
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
    """When the cloud last confirmed the list (wall clock of the gate)."""
    staging_cursor: str | None
    """Where an interrupted full list goes on; None when no full list is under way."""
    staging_count: int = 0


class PassCache(Protocol):
    """The gate's copy of the cloud's list. Readers see the live list only, never the staging."""

    def state(self) -> ListState: ...

    def count_live(self, ids: Sequence[str]) -> int:
        """How many of `ids` (a page at most) are in the live list."""

    def apply(self, items: Sequence[PassItem], *, cursor: str, at: datetime) -> None:
        """One transaction: upsert or delete each item by id, remember `cursor`, `synced_at = at`.

        Deleting what is not there is no error. A local mark that a one-time pass is used up stays until the item is
        deleted.
        """

    def begin_staging(self) -> None:
        """Forget any staging and begin an empty one; its cursor is empty."""

    def stage(self, items: Sequence[PassItem], *, cursor: str) -> None:
        """One transaction: put the page into the staging (as `apply` does) and remember where it goes on."""

    def commit_staging(self, *, at: datetime) -> None:
        """One transaction: the staging becomes the live list with the staging's cursor; the old list is gone.

        Marks of used one-time passes survive for the passes that are still named.
        """


@dataclass(frozen=True, slots=True)
class OutboxSize:
    events: int
    snapshots: int
    bytes: int
    """Of both together."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was given up for want of space."""

    events: int = 0
    snapshots: int = 0


class Outbox(Protocol):
    """Events and pictures on their way up. Nothing leaves it before the cloud has said that it is safe there."""

    def events(self, *, limit: int) -> tuple[GateEvent, ...]:
        """The oldest events not yet settled, in the order in which they happened."""

    def settle(self, accepted: Sequence[str], rejected: Sequence[str]) -> None:
        """One transaction: these events are with the cloud, or never will be. The snapshot of a rejected one goes too.

        Unknown ids are passed over.
        """

    def snapshot(self) -> tuple[str, bytes] | None:
        """Event id and JPEG of the oldest picture whose event is with the cloud; None when there is none."""

    def settle_snapshot(self, event_id: str) -> None:
        """The picture needs no sending any more; the local journal may keep its file."""

    def size(self) -> OutboxSize: ...

    def shrink(self, max_bytes: int) -> Dropped:
        """Give up sending until at most `max_bytes` wait: snapshots before events, oldest first."""


class CommandLedger(Protocol):
    """The once-only table of the cloud's commands."""

    def claim(self, command: Command) -> bool:
        """One transaction, on the disk before it returns: True for the first claim of this id ever, else False."""

    def finish(self, command_id: str, outcome: Outcome, detail: str) -> None:
        """Remember how it ended, for the acknowledgement."""

    def unacknowledged(self) -> tuple[tuple[str, Outcome, str], ...]:
        """Ended and not yet acknowledged, oldest first. Claimed but not finished counts as `refused` after a restart."""

    def acknowledged(self, command_id: str) -> None: ...


class Barrier(Protocol):
    """Performs a command."""

    def perform(self, command: Command, *, expires_mono: float) -> tuple[Outcome, str]:
        """Ask the relay; the request must not be obeyed after `expires_mono`. Bounded in time, never raises."""


class Mover(Protocol):
    """Follows the territory to another cell of the cloud, by a word signed with the key that came with the enrolment."""

    def can_follow(self) -> bool:
        """Whether such a key is held."""

    def checked(self, moved: Moved) -> str:
        """The new cell's address, when the word is true, of our territory, and newer than any before. Raises MoveRefused."""

    def settle(self, moved: Moved) -> None:
        """Remember a word that was `checked`, on the disk before it returns, and end the link: the next one begins there.

        Raises FileUnusable, and MoveRefused where the gate was enrolled anew since: it then stays.
        """


class Stays:
    """`Mover` of a gate that has no key: it goes on with the address it has."""

    def can_follow(self) -> bool:
        return False

    def checked(self, moved: Moved) -> str:  # noqa: ARG002  # the seam's
        raise MoveRefused(say("нет ключа"))

    def settle(self, moved: Moved) -> None:
        """Never called: nothing is ever checked."""


class Clock(Protocol):
    """The gate's clock; called from both sync threads."""

    def now(self) -> Instant: ...

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        """The cloud's clock said `date` (whole seconds) at monotonic `mono`.

        `authenticated`: heard over a connection whose certificate was checked in full. Otherwise it may only raise
        the floor: wall time never runs behind it, and it makes no clock trusted.
        """


class TokenShelf(Protocol):
    """Where the gate keeps its token, and a new one that has not been used yet. On the disk before a method returns."""

    def in_use(self) -> str | None: ...

    def offered(self) -> str | None: ...

    def offer(self, answer: EnrollAnswer) -> None:
        """Keep its token beside the one in use, and of what it tells of moves whatever is not known yet."""

    def adopt(self, token: str) -> None:
        """From now on `token` is in use, and nothing is offered."""

    def discard(self) -> None:
        """Nothing is offered any more."""


class PassesChanged(Protocol):
    def __call__(self) -> None:
        """The live list has changed: load it anew. Must return at once."""

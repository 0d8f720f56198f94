"""In-memory fakes of the seams, for tests and for a gate on a desk. They pass the same contract suite as the store.

One thread at a time, as the seams require. Nothing survives the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.events import Instant
from sync.errors import MoveRefused
from sync.seams import Dropped, ListState, OutboxSize
from sync.wire import Command, EnrollAnswer, GateEvent, Moved, MoveDocument, Outcome, PassItem, decode, encode


class MemoryPassCache:
    """A `PassCache`. `live` is the list by id."""

    def __init__(self) -> None:
        self.live: dict[str, PassItem] = {}
        self._cursor = ""
        self._synced_at: datetime | None = None
        self._staging: dict[str, PassItem] | None = None
        self._staging_cursor = ""

    def state(self) -> ListState:
        staging = self._staging
        return ListState(
            cursor=self._cursor,
            count=len(self.live),
            synced_at=self._synced_at,
            staging_cursor=None if staging is None else self._staging_cursor,
            staging_count=0 if staging is None else len(staging),
        )

    def count_live(self, ids: Sequence[str]) -> int:
        return len(self.live.keys() & set(ids))

    def apply(self, items: Sequence[PassItem], *, cursor: str, at: datetime) -> None:
        self.live = _merged(self.live, items)
        self._cursor, self._synced_at = cursor, at

    def begin_staging(self) -> None:
        self._staging, self._staging_cursor = {}, ""

    def stage(self, items: Sequence[PassItem], *, cursor: str) -> None:
        assert self._staging is not None
        self._staging, self._staging_cursor = _merged(self._staging, items), cursor

    def commit_staging(self, *, at: datetime) -> None:
        assert self._staging is not None
        self.live, self._cursor, self._synced_at = self._staging, self._staging_cursor, at
        self._staging, self._staging_cursor = None, ""


class MemoryOutbox:
    """An `Outbox`. Fill it with `add`."""

    def __init__(self) -> None:
        self._events: dict[str, GateEvent] = {}
        self._pictures: dict[str, bytes] = {}

    def add(self, event: GateEvent, picture: bytes | None = None) -> None:
        self._events[event.id] = event
        if picture is not None:
            self._pictures[event.id] = picture

    def events(self, *, limit: int) -> tuple[GateEvent, ...]:
        return tuple(self._events.values())[:limit]

    def settle(self, accepted: Sequence[str], rejected: Sequence[str]) -> None:
        for event_id in (*accepted, *rejected):
            self._events.pop(event_id, None)
        for event_id in rejected:
            self._pictures.pop(event_id, None)

    def snapshot(self) -> tuple[str, bytes] | None:
        return next(((key, jpeg) for key, jpeg in self._pictures.items() if key not in self._events), None)

    def settle_snapshot(self, event_id: str) -> None:
        self._pictures.pop(event_id, None)

    def size(self) -> OutboxSize:
        weight = sum(len(encode(event)) for event in self._events.values()) + sum(map(len, self._pictures.values()))
        return OutboxSize(events=len(self._events), snapshots=len(self._pictures), bytes=weight)

    def shrink(self, max_bytes: int) -> Dropped:
        before = self.size()
        for queue in (self._pictures, self._events):
            while queue and self.size().bytes > max_bytes:
                queue.pop(next(iter(queue)))
        after = self.size()
        return Dropped(events=before.events - after.events, snapshots=before.snapshots - after.snapshots)


class MemoryLedger:
    """A `CommandLedger`."""

    def __init__(self) -> None:
        self._ended: dict[str, tuple[Outcome, str] | None] = {}
        self._told: set[str] = set()

    def claim(self, command: Command) -> bool:
        if command.id in self._ended:
            return False
        self._ended[command.id] = None
        return True

    def finish(self, command_id: str, outcome: Outcome, detail: str) -> None:
        self._ended[command_id] = (outcome, detail)

    def unacknowledged(self) -> tuple[tuple[str, Outcome, str], ...]:
        return tuple((key, *end) for key, end in self._ended.items() if end is not None and key not in self._told)

    def acknowledged(self, command_id: str) -> None:
        self._told.add(command_id)


class MemoryBarrier:
    """A `Barrier` that answers `outcome` (by default `done`) and records its commands."""

    def __init__(self, outcome: Outcome = "done") -> None:
        self.outcome: Outcome = outcome
        self.performed: list[Command] = []

    def perform(self, command: Command, *, expires_mono: float) -> tuple[Outcome, str]:  # noqa: ARG002  # the seam
        self.performed.append(command)
        return self.outcome, ""


class MemoryMover:
    """A `Mover` that accepts notices with one given signature. `cell` is where it went."""

    def __init__(self, signature: str = "true") -> None:
        self._signature = signature
        self.cell = ""

    def can_follow(self) -> bool:
        return True

    def checked(self, moved: Moved) -> str:
        if moved.signature != self._signature:
            raise MoveRefused("forged")
        return decode(MoveDocument, moved.document.encode()).cell

    def settle(self, moved: Moved) -> None:
        self.cell = self.checked(moved)


class MemoryClock:
    """A `Clock` that stands still until it is changed. It records what it heard."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant
        self.dates: list[tuple[datetime, bool]] = []

    @classmethod
    def at(cls, wall: datetime) -> MemoryClock:
        """A trusted clock that shows `wall`."""
        return cls(Instant(mono=0.0, wall=wall, wall_trusted=True))

    def now(self) -> Instant:
        return self.instant

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:  # noqa: ARG002  # the seam
        self.dates.append((date, authenticated))


class MemoryTokenShelf:
    """A `TokenShelf`. `kept` is the token in use."""

    def __init__(self, kept: str | None) -> None:
        self.kept = kept
        self._offered: str | None = None

    def in_use(self) -> str | None:
        return self.kept

    def offered(self) -> str | None:
        return self._offered

    def offer(self, answer: EnrollAnswer) -> None:
        self._offered = answer.device_token

    def adopt(self, token: str) -> None:
        self.kept, self._offered = token, None

    def discard(self) -> None:
        self._offered = None


def _merged(passes: dict[str, PassItem], items: Sequence[PassItem]) -> dict[str, PassItem]:
    merged = dict(passes)
    for item in items:
        if item.deleted:
            merged.pop(item.id, None)
        else:
            merged[item.id] = item
    return merged

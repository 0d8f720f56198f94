"""`seam.GateAccess` over the running gate: relay requests carry an id and an expiry; the journal records who asked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from core.instant import Instant
from core.turn.state import GateState
from core.words.reasons import Reason
from edge.neighbours.announcer import waiting
from edge.runtime.control import LanePicture
from edge.runtime.journal import JournalWriter
from edge.store.errors import StoreError
from edge.store.journal import Journal
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import Reply

FRESH_S = 5.0
DISK_S = 3.0
LOOK_S = 0.25

log = logging.getLogger(__name__)


class RunningGateAccess:
    """Every call uses its own short connection to the relay process, so any thread may call."""

    def __init__(
        self,
        *,
        relay: Relay,
        journal: JournalWriter,
        journal_file: Path,
        state: Callable[[], GateState],
        picture: Callable[[str], LanePicture | None],
        now: Callable[[], Instant],
    ) -> None:
        self._relay = relay
        self._journal = journal
        self._journal_file = journal_file
        self._state = state
        self._picture = picture
        self._now = now

    def open(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        return self._ask(lambda expires: self._relay.open(
            lane=lane, reason=Reason.CONSOLE, request_id=request_id, expires=expires, by=who
        ), "open", lane, within_s, who)  # fmt: skip

    def hold(self, lane: str, *, request_id: str, within_s: float, minutes: int, who: str) -> str:
        return self._ask(lambda expires: self._relay.hold(
            lane=lane, reason=Reason.CONSOLE, hold_s=60.0 * minutes, request_id=request_id, expires=expires, by=who
        ), "hold", lane, within_s, who)  # fmt: skip

    def release(self, lane: str, *, request_id: str, within_s: float, who: str) -> str:
        return self._ask(lambda expires: self._relay.release(
            lane=lane, reason=Reason.CONSOLE, request_id=request_id, expires=expires, by=who
        ), "release", lane, within_s, who)  # fmt: skip

    def waits(self, visit_id: str) -> bool:
        return any(one.visit_id == visit_id for one in waiting(self._state()))

    def picture(self, lane: str) -> bytes | None:
        found = self._picture(lane)
        if found is None or found.seen.frozen or found.seen.age_s is None or found.seen.age_s > FRESH_S:
            return None
        return found.jpeg

    def evidence(self, visit_id: str) -> bytes | None:
        deadline = time.monotonic() + DISK_S
        while True:
            try:
                with Journal(self._journal_file, to_read=True) as journal:
                    stored = journal.visit(visit_id)
                    if stored is not None:
                        return None if stored.frame is None else journal.snapshots.read(stored.frame)
            except (StoreError, OSError) as error:
                log.debug("%s", error)
            if time.monotonic() >= deadline:
                return None
            time.sleep(LOOK_S)

    def wall_s(self) -> float | None:
        now = self._now()
        return now.wall.timestamp() if now.wall_trusted else None

    def _ask(self, ask: Callable[[float], Reply], do: str, lane: str, within_s: float, who: str) -> str:
        expires = time.monotonic() + within_s
        try:
            reply = ask(expires)
            outcome = reply.outcome.value
            told = f"{outcome} {reply.detail or reply.why}".strip()
        except RelayError as error:
            outcome = told = str(error)
        self._journal.note(f"neighbour_{do}", self._now(), lane=lane, detail=f"{who}: {told}"[:500])
        return outcome

"""Turns what the relay process publishes into core events and journal notes. Thread "relay-events"."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from core.events import BarrierActed, Event, Instant, PassageSeen, Reason, VehiclePresence
from core.turn.openings import OTHERS
from core.words.outcomes import OPENED, Outcome, Passed
from edge.runtime.inbox import Inbox
from edge.runtime.recall import OpeningsBefore
from relay.client import EventStream, Relay
from relay.errors import RelayError
from relay.protocol import EventKind, RelayEvent

WAIT_S = 0.25
RETRY_S = 0.5
MOST_KNOWN = 10_000
"""How many openings are remembered as heard. Only recent ones, or those unacknowledged at a power cut, are sent again."""
_FRESH_S = 2.0
_OUTCOMES, _PASSED = frozenset(Outcome), frozenset(Passed)

log = logging.getLogger(__name__)


class RelayNotes(Protocol):
    """Where events at the barrier are recorded."""

    def note_relay(
        self, event: RelayEvent, at: Instant, *, opening: BarrierActed | None = None, lost: bool = False
    ) -> None:
        """Queue the event for writing; `journalled` advances once it is on disk. Returns at once.

        An event received twice is written once. `opening`: the opening that the event reports. It ends up in exactly one
        visit, however often the gate is killed. `lost`: an earlier gate process requested it, so no future visit of this
        one will contain it.
        """
        ...

    @property
    def journalled(self) -> int:
        """All events up to this `seq` are on disk."""
        ...


def boot_id() -> str:
    """The id of this boot, in the form that the relay process writes; empty if it cannot be read.

    Then no event is taken to be of this boot: those of another would seem to have happened just now.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def to_core(event: RelayEvent, *, at: Instant, input_kinds: Mapping[str, str]) -> Event | None:
    """The core's event, or None if the core has no use for it. `input_kinds`: input name -> its kind."""
    if event.kind is EventKind.ACTED and event.what in {"open", "hold"}:
        return BarrierActed(
            at=at,
            barrier=event.barrier,
            lane=event.lane,
            request_id=event.request_id or event.event_id,
            reason=event.reason or Reason.CONSOLE,
            outcome=_outcome(event),
            detail=event.detail,
            by=event.by,
            note=event.note,
            confirmed=event.confirmed,
        )
    if event.kind is EventKind.PASSAGE and event.outcome in _PASSED:
        return PassageSeen(at=at, barrier=event.barrier, lane=event.lane, outcome=Passed(event.outcome))
    if event.kind is EventKind.PRESENCE and event.lane:
        kind = input_kinds.get(event.what, event.what)
        if kind in {"entry_loop", "exit_loop"}:
            return VehiclePresence(lane=event.lane, at=at, loop=kind, present=event.outcome == "on")
    return None


def _outcome(event: RelayEvent) -> Outcome:
    """A word that this version does not know opened nothing that it may count on."""
    return Outcome(event.outcome) if event.outcome in _OUTCOMES else Outcome.FAILED


class RelayListener:
    """Listens to the relay process; while there is none, retries until there is."""

    def __init__(
        self,
        relay: Relay,
        *,
        inbox: Inbox,
        notes: RelayNotes,
        now: Callable[[], Instant],
        answered: Callable[[str], bool],
        ours: Callable[[str], bool],
        input_kinds: Mapping[str, str],
        before: OpeningsBefore | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """`before`: openings that an earlier process was told; the controller is not told of them again."""
        self._relay = relay
        self._inbox = inbox
        self._notes = notes
        self._now = now
        self._answered = answered
        self._ours = ours
        before = before or OpeningsBefore()
        self._events = dict.fromkeys(before.events)
        self._requests = dict.fromkeys(before.requests)
        self._input_kinds = input_kinds
        self._beat = beat
        self._boot = boot_id()
        self._heard = 0
        self._acked = 0
        self._occupied: set[tuple[str, str]] = set()
        """(lane, loop) pairs where a vehicle stands."""
        self.connected = False

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._beat()
            try:
                stream = self._relay.subscribe(after=self._heard)
            except RelayError as error:
                self._gone(error)
                stop.wait(RETRY_S)
                continue
            try:
                self._listen(stream, stop)
            except RelayError as error:
                self._gone(error)
            finally:
                stream.close()

    def _listen(self, stream: EventStream, stop: threading.Event) -> None:
        self.connected = True
        log.info("связь с gate relay есть")
        while not stop.is_set():
            self._beat()
            event = stream.next(WAIT_S)
            if event is not None:
                self._take(event)
            if self._notes.journalled > self._acked:
                self._acked = self._notes.journalled
                stream.ack(self._acked)

    def _take(self, event: RelayEvent) -> None:
        at = self._instant(event)
        told = to_core(event, at=at, input_kinds=self._input_kinds)
        opening = told if isinstance(told, BarrierActed) and told.outcome in OPENED else None
        again = opening is not None and event.event_id in self._events
        if opening is not None and not again:
            if (
                opening.request_id in self._requests
            ):  # a requester used an id again: another opening, with a visit of its own
                told = opening = replace(opening, request_id=event.event_id)
            _remember(self._events, event.event_id)
            _remember(self._requests, opening.request_id)
        if event.seq:
            self._heard = max(self._heard, event.seq)
            lost = opening is not None and opening.reason not in OTHERS and not self._ours(opening.request_id)
            self._notes.note_relay(event, at, opening=opening, lost=lost)
        if again:
            return
        if event.request_id and self._answered(event.request_id):
            return
        if isinstance(told, VehiclePresence):
            (self._occupied.add if told.present else self._occupied.discard)((told.lane, told.loop))
        if told is not None:
            self._inbox.put(told)

    def _instant(self, event: RelayEvent) -> Instant:
        """When the event happened: now if it is fresh, otherwise the time that the relay process recorded."""
        now = self._now()
        same_boot = bool(self._boot) and event.boot_id == self._boot
        if same_boot and now.mono - event.at_mono < _FRESH_S:
            return now
        if not event.at_wall:
            return replace(now, wall_trusted=False)
        try:
            wall = datetime.fromtimestamp(event.at_wall, UTC)
        except (ValueError, OverflowError):  # a worn card can corrupt the number; it must not kill the thread
            return replace(now, wall_trusted=False)
        return Instant(mono=event.at_mono if same_boot else now.mono, wall=wall, wall_trusted=False)

    def _gone(self, error: RelayError) -> None:
        if self.connected:
            log.warning("связь с gate relay потеряна: %s", error)
        self.connected = False
        # Without the relay nobody reports that a vehicle leaves. It must not seem to stand there for ever.
        for lane, loop in sorted(self._occupied):
            self._inbox.put(VehiclePresence(lane=lane, at=self._now(), loop=loop, present=False))
        self._occupied.clear()


def _remember(ids: dict[str, None], fresh: str) -> None:
    """Adds an id and forgets the oldest beyond `MOST_KNOWN`."""
    ids[fresh] = None
    while len(ids) > MOST_KNOWN:
        del ids[next(iter(ids))]

"""The workers of all boards: started, watched, replaced if a driver hangs or a thread dies, stopped with OFF.

Belongs to the main thread; `stop_now` may also be called from a signal handler or the deadman thread.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.words.language import say
from relay.boards.build import build
from relay.boards.pins import Pins
from relay.boards.seam import Board, Exchange, Health, Transcript
from relay.outputs import board_name, channel_of
from relay.settings import BarrierSettings, RelayPlan
from relay.workers.jobs import CommandFailed, Fact, Job, Keep, Pulse, Stop, WorkerEnded
from relay.workers.worker import BoardWorker

log = logging.getLogger(__name__)

HANG_S = 1.0
"""A driver call that lasts longer hangs: its own deadlines are all shorter."""
HTTP_HANG_S = 1.8
EACH_RELAY_S = 0.1
"""Extra time per relay beyond the first: OFF to all relays of an unresponsive board takes that much longer."""
RESTART_S = 1.0
LONGEST_REST_S = 30.0
"""Longest rest for a board whose workers hang repeatedly with nothing closed: each hung worker leaves a thread behind.
While a contact may be closed, there is no rest."""
FORGIVEN_S = 120.0
"""A worker that had worked for this long before it hung is replaced at once."""
STOP_S = 1.5
RESCUE_S = 1.0

Maker = Callable[[Transcript, Callable[[], bool]], Board]


@dataclass(slots=True)
class _Slot:
    """One board and its present owner."""

    name: str
    make: Maker
    channels: tuple[int, ...]
    input_numbers: tuple[int, ...]
    transcript: Transcript
    hang_s: float
    worker: BoardWorker | None = None
    generation: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0
    resting: bool = False
    """The worker hung and was given up; the next one starts at `restart_at`."""
    idle_hangs: int = 0
    """Workers lost in a row while nothing was closed."""

    def hangs_at(self, now: float) -> bool:
        """Whether one driver call has lasted longer than any should."""
        since = None if self.worker is None or self.resting else self.worker.busy_since
        return since is not None and now - since > self.hang_s

    def rest_s(self, now: float) -> float:
        """How long to leave the board alone after this hang."""
        if self.worker is not None and self.worker.may_be_closed:
            self.idle_hangs = 0
            return 0.0
        self.idle_hangs = self.idle_hangs + 1 if now - self.started_at < FORGIVEN_S else 1
        return 0.0 if self.idle_hangs == 1 else float(min(RESTART_S * 2 ** (self.idle_hangs - 2), LONGEST_REST_S))


class BoardWorkers:
    """All boards of a plan. `makers` replaces drivers by board name, for tests."""

    def __init__(
        self,
        plan: RelayPlan,
        *,
        report: Callable[[Fact], None],
        makers: Mapping[str, Maker] | None = None,
        pins: Pins | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._now = now
        self._stopping = False
        self._threads: weakref.WeakSet[BoardWorker] = weakref.WeakSet()
        groups: dict[str, list[BarrierSettings]] = {}
        for barrier in plan.barriers:
            groups.setdefault(board_name(barrier), []).append(barrier)
        self._slots = {
            name: _Slot(
                name=name,
                make=(makers or {}).get(name, _maker(tuple(group), pins or Pins())),
                channels=tuple(sorted({channel_of(barrier) for barrier in group})),
                input_numbers=_input_numbers(plan, tuple(group)),
                transcript=Transcript(),
                hang_s=(HTTP_HANG_S if group[0].driver == "http" else HANG_S) + EACH_RELAY_S * (len(group) - 1),
            )
            for name, group in groups.items()
        }

    def start(self) -> None:
        """Starts every worker; each sends OFF first."""
        for slot in self._slots.values():
            self._start(slot)

    def first_off(self, *, timeout_s: float) -> None:
        """Waits until every board was sent OFF, or could not be, for at most `timeout_s` seconds."""
        deadline = self._now() + timeout_s
        for slot in self._slots.values():
            if slot.worker is not None:
                slot.worker.tried.wait(max(0.0, deadline - self._now()))

    def post(self, board: str, job: Job) -> None:
        """Gives `job` to the worker of `board`."""
        slot = self._slots[board]
        if slot.resting:
            self._refuse(board, job, Health.HUNG, say("драйвер платы завис"))
        elif slot.worker is not None:
            slot.worker.post(job)

    def times_pulses(self, board: str) -> bool:
        """Whether the board itself ends a pulse."""
        worker = self._slots[board].worker
        return worker is not None and worker.times_pulses

    def said_since(self, board: str, moment: float) -> tuple[Exchange, ...]:
        """What was exchanged on the wire since `moment`."""
        return self._slots[board].transcript.since(moment)

    def watch(self, now: float) -> tuple[str, ...]:
        """Replaces workers that hang or have died. Returns the boards that hung; their running commands are lost."""
        hung: list[str] = []
        for slot in self._slots.values():
            worker = slot.worker
            if worker is None or self._stopping:
                continue
            if slot.hangs_at(now):
                log.error("плата %s: драйвер завис; работает новый", slot.name)
                worker.abandon()
                hung.append(slot.name)
                slot.resting, slot.restart_at = True, now + slot.rest_s(now)
            elif worker.is_alive() and not slot.resting:
                continue
            if now >= slot.restart_at:
                slot.restart_at = now + RESTART_S
                self._start(slot)
        return tuple(hung)

    def alive(self, now: float) -> bool:
        """Whether every board has a working worker, or is left alone on purpose."""
        return all(
            slot.resting or (slot.worker is not None and slot.worker.is_alive() and not slot.hangs_at(now))
            for slot in self._slots.values()
        )

    @property
    def running(self) -> bool:
        """Whether any thread is not over, also one that was given up because it hung."""
        return any(worker.is_alive() for worker in self._threads)

    def ended(self, fact: WorkerEnded) -> None:
        """A thread is over.

        If it hung, it may have closed a contact on its way out: sends OFF again to idle outputs.
        """
        slot = self._slots.get(fact.board)
        if slot is None or slot.worker is None or fact.generation == slot.generation:
            return
        slot.worker.check_soon()

    def stop_now(self) -> None:
        """Asks every worker to send OFF and end. Returns at once."""
        self._stopping = True
        for slot in self._slots.values():
            if slot.worker is not None:
                slot.worker.post(Stop())

    def stop(self) -> bool:
        """Sends OFF to every board and waits.

        Returns False if it was not sent or, as far as a board can tell, not obeyed.
        """
        self.stop_now()
        deadline = self._now() + STOP_S
        lost = [slot for slot in self._slots.values() if slot.resting or not _over(slot.worker, deadline - self._now())]
        lost += [slot for slot in self._slots.values() if slot not in lost and _died(slot.worker)]
        for slot in lost:
            log.error("плата %s: драйвер завис или сломался в конце; размыкает новый", slot.name)
            assert slot.worker is not None
            slot.worker.abandon()
            self._start(slot)
            self.post(slot.name, Stop())
        deadline = self._now() + RESCUE_S
        sure = True
        for slot in self._slots.values():  # wait for each
            if not _over(slot.worker, deadline - self._now()) or not (slot.worker is None or slot.worker.off_sure):
                log.error("плата %s: НЕ известно, разомкнуто ли", slot.name)
                sure = False
        return sure

    def _refuse(self, board: str, job: Job, why: str, detail: str) -> None:
        if isinstance(job, Pulse | Keep):
            self._report(CommandFailed(board, job.channel, job.token, why, detail))

    def _start(self, slot: _Slot) -> None:
        if slot.worker is not None and not slot.resting:
            for job in slot.worker.undone():  # posted to a thread that was dying
                self._refuse(slot.name, job, Health.BROKEN, say("драйвер платы упал"))
        slot.resting, slot.started_at = False, self._now()
        slot.generation += 1
        worker: list[BoardWorker] = []
        board = slot.make(slot.transcript, lambda: bool(worker) and worker[0].waiting)
        slot.worker = BoardWorker(
            slot.name,
            board,
            channels=slot.channels,
            input_numbers=slot.input_numbers,
            generation=slot.generation,
            report=self._report,
            now=self._now,
        )
        worker.append(slot.worker)
        self._threads.add(slot.worker)
        slot.worker.start()


def _maker(group: tuple[BarrierSettings, ...], pins: Pins) -> Maker:
    return lambda transcript, wanted: build(group, transcript, wanted, pins=pins)


def _input_numbers(plan: RelayPlan, group: tuple[BarrierSettings, ...]) -> tuple[int, ...]:
    names = {barrier.name for barrier in group}
    return tuple(sorted({item.board_input for item in plan.inputs if item.board in names}))


def _over(worker: BoardWorker | None, timeout_s: float) -> bool:
    if worker is None:
        return True
    worker.join(max(0.0, timeout_s))
    return not worker.is_alive()


def _died(worker: BoardWorker | None) -> bool:
    return worker is not None and bool(worker.error) and not worker.off_sure

"""The owners of all boards: started, watched, replaced when a driver hangs or a thread dies, stopped with OFF.

Belongs to the main thread; `stop_now` may also be called from a signal handler or the dead man's thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relay.boards.build import board_name, build, channel_of
from relay.boards.seam import Board, Exchange, Transcript
from relay.jobs import CommandFailed, Fact, Job, Keep, OwnerEnded, Pulse, Stop
from relay.owner import BoardOwner
from relay.pins import Pins
from relay.settings import BarrierSettings, RelayPlan

log = logging.getLogger(__name__)

HANG_S = 1.0
"""A call of a driver that lasts longer hangs: its own deadlines are all shorter."""
HTTP_HANG_S = 1.8
EACH_RELAY_S = 0.1
"""OFF to all relays of a board that does not answer takes so much longer for each beyond the first."""
RESTART_S = 1.0
LONGEST_REST_S = 30.0
"""A board whose owners hang again and again with nothing closed is left alone for so long at most: each hung owner
leaves a thread behind. While a contact may be closed there is no rest."""
FORGIVEN_S = 120.0
"""An owner that has worked for so long before it hung is replaced at once."""
STOP_S = 1.5
RESCUE_S = 1.0

Maker = Callable[[Transcript, Callable[[], bool]], Board]


@dataclass(slots=True)
class _Post:
    """One board and whoever owns it now."""

    name: str
    make: Maker
    channels: tuple[int, ...]
    input_numbers: tuple[int, ...]
    transcript: Transcript
    hang_s: float
    owner: BoardOwner | None = None
    generation: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0
    resting: bool = False
    """The owner hung and was given up; the next begins at `restart_at`."""
    idle_hangs: int = 0
    """Owners lost in a row with nothing closed."""

    def hangs_at(self, now: float) -> bool:
        """One call of the driver has lasted longer than any should."""
        since = None if self.owner is None or self.resting else self.owner.busy_since
        return since is not None and now - since > self.hang_s

    def rest_s(self, now: float) -> float:
        """How long the board is left alone after this hang."""
        if self.owner is not None and self.owner.may_be_closed:
            self.idle_hangs = 0
            return 0.0
        self.idle_hangs = self.idle_hangs + 1 if now - self.started_at < FORGIVEN_S else 1
        return 0.0 if self.idle_hangs == 1 else float(min(RESTART_S * 2 ** (self.idle_hangs - 2), LONGEST_REST_S))


class Crew:
    """All boards of a plan. `makers` replaces the drivers by board name, for tests."""

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
        groups: dict[str, list[BarrierSettings]] = {}
        for barrier in plan.barriers:
            groups.setdefault(board_name(barrier), []).append(barrier)
        self._posts = {
            name: _Post(
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
        """Start every owner; its first act is OFF."""
        for post in self._posts.values():
            self._start(post)

    def post(self, board: str, job: Job) -> None:
        """Give `job` to the owner of `board`."""
        post = self._posts[board]
        if post.resting:
            self._refuse(board, job, "hung", "драйвер платы завис")
        elif post.owner is not None:
            post.owner.post(job)

    def times_pulses(self, board: str) -> bool:
        """The board itself ends a pulse."""
        owner = self._posts[board].owner
        return owner is not None and owner.times_pulses

    def said_since(self, board: str, moment: float) -> tuple[Exchange, ...]:
        """What was said on the wire since `moment`."""
        return self._posts[board].transcript.since(moment)

    def watch(self, now: float) -> tuple[str, ...]:
        """Replace owners that hang or have died; the boards that hung, whose running commands are therefore lost."""
        hung: list[str] = []
        for post in self._posts.values():
            owner = post.owner
            if owner is None or self._stopping:
                continue
            if post.hangs_at(now):
                log.error("board %s: the driver hangs; a fresh owner takes over", post.name)
                owner.abandon()
                hung.append(post.name)
                post.resting, post.restart_at = True, now + post.rest_s(now)
            elif owner.is_alive() and not post.resting:
                continue
            if now >= post.restart_at:
                post.restart_at = now + RESTART_S
                self._start(post)
        return tuple(hung)

    def alive(self, now: float) -> bool:
        """Every board has an owner that does its work, or is left alone on purpose."""
        return all(
            post.resting or (post.owner is not None and post.owner.is_alive() and not post.hangs_at(now))
            for post in self._posts.values()
        )

    def ended(self, fact: OwnerEnded) -> None:
        """A thread is over. One that hung may have closed a contact on its way out: OFF again for idle outputs."""
        post = self._posts.get(fact.board)
        if post is None or post.owner is None or fact.generation == post.generation:
            return
        post.owner.check_soon()

    def stop_now(self) -> None:
        """Ask every owner for OFF and the end; returns at once."""
        self._stopping = True
        for post in self._posts.values():
            if post.owner is not None:
                post.owner.post(Stop())

    def stop(self) -> bool:
        """OFF on every board, waited for; False where it was not said or not obeyed, as far as the board can tell."""
        self.stop_now()
        deadline = self._now() + STOP_S
        lost = [post for post in self._posts.values() if post.resting or not _over(post.owner, deadline - self._now())]
        lost += [post for post in self._posts.values() if post not in lost and _died(post.owner)]
        for post in lost:
            log.error("board %s: the driver hangs or broke at the end; a fresh instance sends OFF", post.name)
            assert post.owner is not None
            post.owner.abandon()
            self._start(post)
            self.post(post.name, Stop())
        deadline = self._now() + RESCUE_S
        sure = True
        for post in self._posts.values():  # each is waited for
            if not _over(post.owner, deadline - self._now()) or not (post.owner is None or post.owner.off_sure):
                log.error("board %s: OFF is NOT sure", post.name)
                sure = False
        return sure

    def _refuse(self, board: str, job: Job, why: str, detail: str) -> None:
        if isinstance(job, Pulse | Keep):
            self._report(CommandFailed(board, job.channel, job.token, why, detail))

    def _start(self, post: _Post) -> None:
        if post.owner is not None and not post.resting:
            for job in post.owner.undone():  # posted to a thread that was dying
                self._refuse(post.name, job, "broken", "драйвер платы упал")
        post.resting, post.started_at = False, self._now()
        post.generation += 1
        owner: list[BoardOwner] = []
        board = post.make(post.transcript, lambda: bool(owner) and owner[0].waiting)
        post.owner = BoardOwner(
            post.name,
            board,
            channels=post.channels,
            input_numbers=post.input_numbers,
            generation=post.generation,
            report=self._report,
            now=self._now,
        )
        owner.append(post.owner)
        post.owner.start()


def _maker(group: tuple[BarrierSettings, ...], pins: Pins) -> Maker:
    return lambda transcript, wanted: build(group, transcript, wanted, pins=pins)


def _input_numbers(plan: RelayPlan, group: tuple[BarrierSettings, ...]) -> tuple[int, ...]:
    names = {barrier.name for barrier in group}
    return tuple(sorted({item.board_input for item in plan.inputs if item.board in names}))


def _over(owner: BoardOwner | None, timeout_s: float) -> bool:
    if owner is None:
        return True
    owner.join(max(0.0, timeout_s))
    return not owner.is_alive()


def _died(owner: BoardOwner | None) -> bool:
    return owner is not None and bool(owner.error) and not owner.off_sure

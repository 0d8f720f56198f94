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
from relay.jobs import Fact, Job, OwnerEnded, Stop
from relay.owner import BoardOwner
from relay.pins import Pins
from relay.settings import BarrierSettings, RelayPlan

log = logging.getLogger(__name__)

HANG_S = 1.0
"""A call of a driver that lasts longer hangs: its own deadlines are all shorter."""
HTTP_HANG_S = 1.8
LONGEST_HANG_S = 30.0
FORGIVEN_S = 120.0
"""A driver that has worked for so long begins anew with the usual patience."""
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
    restart_at: float = 0.0
    hangs: int = 0
    """Owners lost in a row: each leaves a thread behind, so that each successor gets more time."""

    def hangs_at(self, now: float) -> bool:
        """One call of the driver has lasted longer than any should."""
        since = None if self.owner is None else self.owner.busy_since
        return since is not None and now - since > min(self.hang_s * (1 + self.hangs), LONGEST_HANG_S)


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
                hang_s=HTTP_HANG_S if group[0].driver == "http" else HANG_S,
            )
            for name, group in groups.items()
        }

    def start(self) -> None:
        """Start every owner; its first act is OFF."""
        for post in self._posts.values():
            self._start(post)

    def post(self, board: str, job: Job) -> None:
        """Give `job` to the owner of `board`."""
        owner = self._posts[board].owner
        if owner is not None:
            owner.post(job)

    def times_pulses(self, board: str) -> bool:
        """The board itself ends a pulse."""
        owner = self._posts[board].owner
        return owner is not None and owner.times_pulses

    def said_since(self, board: str, moment: float) -> tuple[Exchange, ...]:
        """What was said on the wire since `moment`."""
        return self._posts[board].transcript.since(moment)

    def watch(self, now: float) -> tuple[str, ...]:
        """Replace owners that hang or have died; the boards whose running commands are therefore lost."""
        replaced: list[str] = []
        for post in self._posts.values():
            owner = post.owner
            if owner is None or self._stopping:
                continue
            if post.hangs_at(now):
                log.error("board %s: the driver hangs; a fresh owner takes over", post.name)
                owner.abandon()
                post.hangs = post.hangs + 1 if now - post.restart_at < FORGIVEN_S else 0
            elif owner.is_alive() or now < post.restart_at:
                continue
            replaced.append(post.name)
            post.restart_at = now + 1.0
            self._start(post)
        return tuple(replaced)

    def alive(self, now: float) -> bool:
        """Every board has an owner that does its work."""
        owners = [post.owner for post in self._posts.values()]
        return all(owner is not None and owner.is_alive() for owner in owners) and not any(
            post.hangs_at(now) for post in self._posts.values()
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
        """OFF on every board, waited for; False where a driver did not come back and OFF is not sure."""
        self.stop_now()
        deadline = self._now() + STOP_S
        stuck = [post for post in self._posts.values() if not _over(post.owner, deadline - self._now())]
        for post in stuck:
            log.error("board %s: the driver hangs at the end; a fresh instance sends OFF", post.name)
            assert post.owner is not None
            post.owner.abandon()
            self._start(post)
            self.post(post.name, Stop())
        deadline = self._now() + RESCUE_S
        over = [_over(post.owner, deadline - self._now()) for post in stuck]  # each is waited for
        return all(over)

    def _start(self, post: _Post) -> None:
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

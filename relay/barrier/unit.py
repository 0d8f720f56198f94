"""Everything the relay process knows about one barrier, assembled from the pure parts. Main thread only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.words.outcomes import Passed
from relay.barrier import passage, position
from relay.barrier.passage import Passage
from relay.barrier.position import Boom, Position
from relay.barrier.state import BarrierLimits, Doing, Interlock
from relay.boards.seam import Contact, Health
from relay.input_settings import InputKind
from relay.outputs import board_name, channel_of
from relay.settings import BarrierSettings, RelayPlan

STUCK_AFTER_S = 1.0
"""If the contact should be open, OFF is sent several times within this time."""


@dataclass(slots=True)
class BarrierUnit:
    """One barrier: its interlock, its boom, and a passage for each of its lanes."""

    settings: BarrierSettings
    board: str
    channel: int
    interlock: Interlock
    boom: Boom
    passages: dict[str | None, Passage]
    health: Health = Health.STARTING
    detail: str = ""
    contact: Contact = Contact.UNKNOWN
    """What the board last said about it."""
    closed_since: float | None = None
    """Since when the board says that the contact is closed although nothing keeps it closed."""
    pulses: int = 0
    alarms: set[str] = field(default_factory=set)

    def stays_closed(self, now: float) -> bool:
        """Whether the contact has been closed for a while and should not be: welded, or closed by another program."""
        if self.contact is not Contact.ON or self.interlock.doing not in {Doing.IDLE, Doing.GAP}:
            self.closed_since = None
            return False
        if self.closed_since is None:
            self.closed_since = now
        return now - self.closed_since > STUCK_AFTER_S

    def opened(self, lane: str | None, now: float) -> None:
        """The OPEN contact was closed for `lane` (None: for anybody)."""
        self.boom = position.commanded(self.boom, now)
        for name in self.passages if lane is None else [lane]:
            if name in self.passages:
                self.passages[name] = passage.opened(self.passages[name], now)

    def limits(self, *, at_open: bool | None, at_closed: bool | None, now: float) -> bool:
        """Takes in the levels of the limit switches. Returns whether the position has changed."""
        before = self.boom.position
        self.boom = position.switched(self.boom, at_open=at_open, at_closed=at_closed, now=now)
        after = self.boom.position
        if after is before:
            return False
        for name, item in self.passages.items():
            if after is Position.CLOSED:
                self.passages[name] = passage.boom_closed(item)
            elif before is Position.CLOSED:
                self.passages[name] = passage.boom_left_closed(item)
        return True

    def loop(self, kind: InputKind, lane: str | None, *, active: bool, now: float) -> list[tuple[str | None, Passed]]:
        """A loop has turned. Returns the passages that ended by it."""
        ended: list[tuple[str | None, Passed]] = []
        turn = passage.boom_turned if kind is InputKind.BOOM_LOOP else passage.approach_turned
        for name, item in self.passages.items():
            if lane is None or name == lane:
                self.passages[name], outcome = turn(item, active=active, now=now)
                if outcome is not None:
                    ended.append((name, outcome))
        return ended

    def loop_lost(self, kind: InputKind, lane: str | None) -> None:
        """Nobody reads a loop any more."""
        for name, item in self.passages.items():
            if lane is None or name == lane:
                self.passages[name] = passage.loop_lost(item, under=kind is InputKind.BOOM_LOOP)

    def loop_heard(self, kind: InputKind, lane: str | None) -> None:
        """A loop is read again."""
        for name, item in self.passages.items():
            if kind is InputKind.BOOM_LOOP and (lane is None or name == lane):
                self.passages[name] = replace(item, boom_heard=True)

    def elapsed(self, now: float) -> list[tuple[str | None, Passed]]:
        """Time has passed. Returns the passages that ended by it."""
        if self.interlock.held:
            self.boom = position.commanded(self.boom, now)
        self.boom = position.elapsed(self.boom, now, held=self.interlock.held)
        ended: list[tuple[str | None, Passed]] = []
        for name, item in self.passages.items():
            self.passages[name], outcome = passage.elapsed(item, now)
            if outcome is not None:
                ended.append((name, outcome))
        return ended


def barriers_of(plan: RelayPlan) -> dict[str, BarrierUnit]:
    """Every barrier of the plan in its initial state, by name."""
    return {barrier.name: _barrier(plan, barrier) for barrier in plan.barriers}


def _barrier(plan: RelayPlan, settings: BarrierSettings) -> BarrierUnit:
    mine = [item for item in plan.inputs if (item.barrier or plan.barrier_of(item.lane)) == settings.name]
    kinds = {item.kind for item in mine}
    lanes: set[str | None] = {lane.name for lane in plan.lanes if lane.barrier == settings.name}
    watched = Passage(has_boom_loop=InputKind.BOOM_LOOP in kinds)
    return BarrierUnit(
        settings=settings,
        board=board_name(settings),
        channel=channel_of(settings),
        interlock=Interlock(
            BarrierLimits(
                pulse_s=settings.pulse_s,
                min_gap_s=settings.min_gap_s,
                max_hold_s=settings.max_hold_minutes * 60,
                repeat_s=settings.hold_repeat_s if settings.hold_mode == "repeat" else None,
            )
        ),
        boom=Boom(
            open_within_s=settings.open_within_s,
            left_open_s=settings.left_open_s,
            has_open_switch=InputKind.OPEN_LIMIT in kinds,
            has_closed_switch=InputKind.CLOSED_LIMIT in kinds,
        ),
        passages=dict.fromkeys(lanes or {None}, watched),
    )

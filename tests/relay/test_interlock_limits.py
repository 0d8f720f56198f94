"""The interlock step by step, at the edge of each of its times and numbers: the board says what the test says, when it says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.barrier import interlock
from relay.barrier.events import (
    Answer,
    Began,
    ClosePulse,
    Effect,
    Ended,
    Event,
    Failed,
    FireTurned,
    KeepClosed,
    Order,
    Resumed,
    SwitchOff,
    Tick,
    WentOff,
)
from relay.barrier.interlock import HOLD_LEASE_S, HOLD_RENEW_S, MOST_WAITING, RETRY_S
from relay.barrier.state import BarrierLimits, Doing, Interlock
from relay.protocol import Do

LIMITS = BarrierLimits(pulse_s=1.0, min_gap_s=2.0, max_hold_s=600.0, repeat_s=None)
OPENS = (Do.OPEN, Do.HOLD, Do.RELEASE)
E = TypeVar("E", bound=Effect)


@dataclass
class Steps:
    """An interlock, a clock, and what the last step wanted."""

    limits: BarrierLimits = LIMITS
    now: float = 0.0
    """Monotonic clocks begin at zero."""
    state: Interlock = field(init=False)
    last: tuple[Effect, ...] = ()
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = Interlock(self.limits)

    def tell(self, event: Event, *, after: float = 0.0) -> tuple[Effect, ...]:
        self.now += after
        self.state, self.last = interlock.step(self.state, event, self.now)
        self.effects += self.last
        return self.last

    def order(self, name: str, do: Do = Do.OPEN, *, wired: bool = False, hold_s: float | None = None,
              by: Reason = Reason.CONSOLE, lives: float = 1e6, after: float = 0.0) -> tuple[Effect, ...]:  # fmt: skip
        self.now += after
        reason = Reason.GUARD_BUTTON if wired else by
        return self.tell(Order(name, do, reason, wired=wired, hold_s=hold_s, expires=self.now + lives))

    def began(self, *, after: float = 0.0) -> tuple[Effect, ...]:
        return self.tell(Began(self.state.token), after=after)

    def failed(self, *, after: float = 0.0) -> tuple[Effect, ...]:
        return self.tell(Failed(self.state.token, "lost", "нет связи"), after=after)

    def off(self, *, after: float = 0.0) -> tuple[Effect, ...]:
        return self.tell(WentOff(self.state.token, confirmed=True), after=after)

    def of(self, kind: type[E], effects: tuple[Effect, ...] | None = None) -> list[E]:
        return [one for one in (self.effects if effects is None else effects) if isinstance(one, kind)]

    def answers(self, name: str) -> list[tuple[Outcome, str]]:
        return [(one.outcome, one.why) for one in self.of(Answer) if one.order.id == name]

    def holding(self, *, hold_s: float = 60.0) -> Steps:
        """The contact is kept closed by a hold named `h`."""
        self.order("h", Do.HOLD, hold_s=hold_s)
        self.began()
        return self

    def pulsing(self) -> Steps:
        self.order("a")
        self.began()
        return self


def test_a_contact_is_left_closed_by_a_dead_process_for_seconds_at_most() -> None:
    """The lease is short, and lasts for several renewals, so that one that comes late opens nothing."""
    assert 5 * HOLD_RENEW_S < HOLD_LEASE_S <= 3.0
    steps = Steps().holding(hold_s=1.0)
    (kept,) = steps.of(KeepClosed)
    assert 1.0 == kept.until  # a hold that ends sooner is over sooner, whatever becomes of us
    steps = Steps().holding()
    assert [HOLD_LEASE_S] == [kept.until for kept in steps.of(KeepClosed)]


def test_a_fire_has_no_end_of_its_own() -> None:
    """Also where a hold that is nearly over is held with it."""
    steps = Steps().holding(hold_s=1.0)
    steps.tell(FireTurned(active=True, id="f"), after=0.5)
    (kept,) = steps.of(KeepClosed, steps.tell(Tick(), after=HOLD_RENEW_S))
    assert steps.now + HOLD_LEASE_S == kept.until


def test_a_hold_is_renewed_now_and_then() -> None:
    """Not at each turn of the loop: the wire is needed for other things too."""
    steps = Steps().holding()
    for _ in range(2):
        assert [] == steps.of(KeepClosed, steps.tell(Tick(), after=HOLD_RENEW_S - 0.01))
        assert 1 == len(steps.of(KeepClosed, steps.tell(Tick(), after=0.01)))


@pytest.mark.parametrize("do", OPENS)
def test_an_order_is_obeyed_to_its_last_moment_and_not_after(do: Do) -> None:
    """Whoever asked has gone by then: nobody is let in by what was wanted a while ago."""
    for late, outcome in ((0.0, False), (0.001, True)):
        steps = Steps()
        order = Order("a", do, Reason.CONSOLE, hold_s=60.0, expires=5.0)
        steps.now = 5.0 + late
        steps.tell(order)
        assert outcome is ((Outcome.EXPIRED, "expired") in steps.answers("a"))


@pytest.mark.parametrize("do", [Do.OPEN, Do.HOLD])
def test_what_waits_for_the_gap_is_obeyed_to_its_last_moment_and_not_after(do: Do) -> None:
    """A press in the gap, and a hold: each lives as long as it said."""
    for lives, expired in ((1.0, False), (0.999, True)):
        steps = Steps()
        steps.order("a")
        steps.failed(after=1.0)
        steps.order("b", do, wired=True, hold_s=60.0, lives=lives, after=LIMITS.min_gap_s - 1.0)
        steps.tell(Tick(), after=1.0)
        assert expired is ((Outcome.EXPIRED, "expired") in steps.answers("b"))
        assert (Doing.IDLE if expired else Doing.STARTING) is steps.state.doing


def test_a_hold_without_a_time_holds_for_none() -> None:
    """It is over before it has begun, and no contact is closed for it."""
    steps = Steps()
    steps.order("a", Do.HOLD, hold_s=None)
    assert [(Outcome.EXPIRED, "expired")] == steps.answers("a")
    assert [] == steps.of(KeepClosed)


def test_a_hold_and_a_gap_end_at_their_moment() -> None:
    """Neither a turn later nor a turn sooner."""
    steps = Steps().holding(hold_s=10.0)
    assert [] == steps.of(SwitchOff, steps.tell(Tick(), after=9.999))
    steps.now = 10.0
    assert 1 == len(steps.of(SwitchOff, steps.tell(Tick())))
    steps.off()
    steps.order("a", wired=True)
    assert [] == steps.of(ClosePulse, steps.tell(Tick(), after=LIMITS.min_gap_s - 0.001))
    steps.now = 10.0 + LIMITS.min_gap_s
    assert 1 == len(steps.of(ClosePulse, steps.tell(Tick())))


def test_whoever_must_wait_is_told_how_long() -> None:
    """The rest of the pulse and the gap after it; in the gap its rest alone; while the board is asked the gap at least."""
    steps = Steps()
    steps.order("a")
    steps.order("starting")
    steps.began()
    steps.order("pulse", after=0.3)
    steps.off(after=0.7)
    steps.order("gap", after=1.5004)
    waits = {one.order.id: one.retry_after_s for one in steps.of(Answer) if one.outcome is Outcome.REFUSED}
    assert {"starting": 2.0, "pulse": 2.7, "gap": 0.5} == waits


def test_so_many_wait_and_no_more() -> None:
    """Presses that join a command while the board is asked, holds that do, and presses that wait for the gap."""
    for do in (Do.OPEN, Do.HOLD):
        steps = Steps()
        steps.order("a")
        for number in range(MOST_WAITING + 1):
            steps.order(str(number), do, wired=True, hold_s=60.0)
        assert MOST_WAITING == len(steps.state.joined)
        assert [(Outcome.REFUSED, "busy")] == steps.answers(str(MOST_WAITING))
        assert [] == steps.answers(str(MOST_WAITING - 1))
    steps = Steps().pulsing()
    steps.off(after=1.0)
    for number in range(MOST_WAITING + 1):
        steps.order(str(number), wired=True)
    assert MOST_WAITING == len(steps.state.waiting)
    assert [(Outcome.REFUSED, "busy")] == steps.answers(str(MOST_WAITING))


def test_a_hold_that_joins_is_told_once_and_ends_as_its_own() -> None:
    """It was asked for while the board was told of another: what it was promised is taken back by its own end alone."""
    steps = Steps()
    steps.order("a", Do.HOLD, hold_s=60.0)
    steps.order("b", Do.HOLD, hold_s=30.0, by=Reason.CLOUD_COMMAND)
    assert [] == steps.of(Answer)
    steps.began()
    assert ([(Outcome.DONE, "")], [(Outcome.DONE, "held")]) == (steps.answers("a"), steps.answers("b"))
    steps.order("free", Do.RELEASE, by=Reason.CLOUD_COMMAND, after=1.0)
    assert [(Outcome.DONE, "others_hold")] == steps.answers("free")
    assert [(Outcome.DONE, "held")] == steps.answers("b")
    assert ["b"] == [one.order.id for one in steps.of(Ended) if one.order]


def test_two_holds_that_waited_for_the_gap_are_each_told_once() -> None:
    """The longer one is what the board is told of; the other has waited as long."""
    steps = Steps().pulsing()
    steps.off(after=1.0)
    steps.order("long", Do.HOLD, hold_s=60.0)
    steps.order("short", Do.HOLD, hold_s=30.0, by=Reason.CLOUD_COMMAND)
    steps.tell(Tick(), after=LIMITS.min_gap_s)
    steps.began()
    assert [(Outcome.DONE, "pause")] == steps.answers("long")
    assert [(Outcome.DONE, "pause")] == steps.answers("short")
    steps.tell(Tick(), after=1.0)
    assert 1 == len(steps.answers("short"))


def test_who_holds_longer_is_named_and_nobody_else() -> None:
    """Not one's own hold of before, nor one that ends at the same moment."""
    steps = Steps().holding(hold_s=60.0)
    steps.order("mine", Do.HOLD, hold_s=30.0)
    assert "" == steps.of(Answer)[-1].detail
    steps = Steps().holding(hold_s=60.0)
    for hold_s, named in ((59.0, True), (60.0, False), (61.0, False)):
        steps.order("theirs", Do.HOLD, hold_s=hold_s, by=Reason.CLOUD_COMMAND)
        assert named is ("gate hold" in steps.of(Answer)[-1].detail)


def test_a_release_where_nothing_is_ones_own_moves_nothing() -> None:
    """Under fire the barrier is open all the same: an answer for whoever asked, none for the journal."""
    steps = Steps()
    steps.tell(FireTurned(active=True, id="f"))
    steps.began()
    steps.order("r", Do.RELEASE)
    (answer,) = [one for one in steps.of(Answer) if one.order.id == "r"]
    assert (Outcome.DONE, "fire", False) == (answer.outcome, answer.why, answer.moved)


@pytest.mark.parametrize("fire", [True, False])
def test_what_keeps_the_barrier_open_after_a_hold_is_said(fire: bool) -> None:  # noqa: FBT001
    """The fire input only where there is fire."""
    steps = Steps().holding()
    if fire:
        steps.tell(FireTurned(active=True, id="f"))
    else:
        steps.order("b", Do.HOLD, hold_s=30.0, by=Reason.CLOUD_COMMAND)
    steps.order("r", Do.RELEASE, after=1.0)
    (ended,) = steps.of(Ended)
    assert fire is ("пожарный вход" in ended.detail)


class TestFire:
    """It is answered once for each time the contact turns, when the barrier is open and not before."""

    def turned(self, steps: Steps) -> Steps:
        steps.tell(FireTurned(active=True, id="f"))
        return steps

    def test_at_rest(self) -> None:
        """Told when the board was told, whatever the barrier did before; wired, and for the lane of its input."""
        for before in (False, True):
            steps = Steps()
            if before:
                steps.pulsing()
                steps.off(after=1.0)
                steps.tell(Tick(), after=LIMITS.min_gap_s)
                assert Doing.IDLE is steps.state.doing
            steps.tell(FireTurned(active=True, id="f", lane="exit"))
            assert [] == steps.answers("f")
            steps.began()
            assert [(Outcome.DONE, "")] == steps.answers("f")
            order = steps.of(Answer)[-1].order
            assert (Do.HOLD, Reason.FIRE_INPUT, True, "exit") == (order.do, order.reason, order.wired, order.lane)

    def test_in_a_pulse_and_in_a_hold(self) -> None:
        """The barrier is open already: told at once, and not again when the contact is kept for it."""
        for steps in (Steps().pulsing(), Steps().holding()):
            self.turned(steps)
            assert [(Outcome.DONE, "held")] == steps.answers("f")
            steps.tell(Tick(), after=HOLD_RENEW_S)
            steps.off(after=1.0)
            steps.tell(Tick(), after=LIMITS.min_gap_s)
            steps.began()
            assert 1 == len(steps.answers("f"))
            assert Doing.HOLD is steps.state.doing

    def test_in_a_gap(self) -> None:
        """Told once, and the contact is kept when the gap is over."""
        steps = Steps().pulsing()
        steps.off(after=1.0)
        self.turned(steps)
        steps.tell(Tick(), after=LIMITS.min_gap_s)
        steps.began()
        assert [(Outcome.DONE, "pause")] == steps.answers("f")
        assert Doing.HOLD is steps.state.doing

    def test_while_the_board_is_asked(self) -> None:
        """It joins, and is told with the one that it joined; then the contact is kept."""
        steps = Steps()
        steps.order("a")
        self.turned(steps)
        assert [] == steps.of(Answer)
        steps.began()
        assert [(Outcome.DONE, "held")] == steps.answers("f")
        steps.off(after=1.0)
        steps.tell(Tick(), after=LIMITS.min_gap_s)
        assert 1 == len(steps.of(KeepClosed))
        steps.began()
        assert 1 == len(steps.answers("f"))

    def test_on_a_board_that_does_not_obey(self) -> None:
        """Told to have failed, tried on, and told when it has come: once each, however often it is tried."""
        steps = Steps()
        steps.order("a")
        self.turned(steps)
        for _ in range(3):
            steps.failed()
            steps.tell(Tick(), after=max(RETRY_S, LIMITS.min_gap_s))
            assert Doing.STARTING is steps.state.doing
        steps.began()
        assert (Outcome.DONE, "") == steps.answers("f")[-1]
        assert 1 == [outcome for outcome, _ in steps.answers("f")].count(Outcome.DONE)

    def test_whose_board_is_lost_and_found_again(self) -> None:
        """The contact is closed again without another answer: that was given. Each loss is told, and each new beginning."""
        steps = self.turned(Steps())
        steps.began()
        for _ in range(2):
            steps.failed(after=1.0)
            steps.tell(Tick(), after=max(RETRY_S, LIMITS.min_gap_s))
            steps.failed()
            steps.tell(Tick(), after=max(RETRY_S, LIMITS.min_gap_s))
            steps.began()
        assert [(Outcome.DONE, "")] == steps.answers("f")
        assert 2 == len(steps.of(Resumed)) == len(steps.of(Ended))

    def test_that_is_over_leaves_the_barrier_to_whoever_holds_it(self) -> None:
        """The end of that hold is then the hold's, not the fire's; without a hold it is the fire's."""
        steps = self.turned(Steps().holding(hold_s=10.0))
        steps.tell(FireTurned(active=False), after=1.0)
        steps.tell(Tick(), after=9.0)
        steps.off()
        assert ["f", "h"] == [one.order.id for one in steps.of(Ended) if one.order]
        steps = self.turned(Steps().holding(hold_s=10.0))
        steps.tell(FireTurned(active=False), after=1.0)
        steps.off(after=HOLD_LEASE_S)  # by the worker, to whom nobody spoke
        assert ["f", "h"] == [one.order.id for one in steps.of(Ended) if one.order]
        steps = self.turned(Steps())
        steps.began()
        steps.tell(FireTurned(active=False), after=1.0)
        assert 1 == len(steps.of(SwitchOff))
        steps.off()
        assert ["f", "f"] == [one.order.id for one in steps.of(Ended) if one.order]


class TestTokens:
    """What a board says of an earlier command says nothing of this one."""

    def test_a_late_beginning(self) -> None:
        """It confirms nothing; one that comes twice confirms once."""
        steps = Steps().pulsing()
        steps.off(after=1.0)
        steps.order("b", wired=True)
        steps.tell(Tick(), after=LIMITS.min_gap_s)
        before = steps.state
        assert () == steps.tell(Began(before.token - 1))
        assert before == steps.state
        steps.began()
        before = steps.state
        assert () == steps.began()
        assert before == steps.state

    @pytest.mark.parametrize("event", [Failed(1, "lost", "нет связи"), WentOff(1, confirmed=True)])
    def test_a_late_end(self, event: Failed | WentOff) -> None:
        """It ends no hold that was begun since, and makes nothing of a barrier at rest, whatever its number."""
        steps = Steps().pulsing()
        steps.off(after=1.0)
        steps.order("h", Do.HOLD, hold_s=60.0)
        steps.tell(Tick(), after=LIMITS.min_gap_s)
        steps.began()
        before = steps.state
        assert () == steps.tell(event)
        assert before == steps.state
        rest = Steps()
        assert () == rest.tell(replace(event, token=0))
        assert Doing.IDLE is rest.state.doing
        gap = Steps().pulsing()
        gap.off(after=1.0)
        before = gap.state
        assert () == gap.tell(event)
        assert before == gap.state

    def test_each_command_has_a_number_of_its_own(self) -> None:
        """So that the end of one is never taken for that of another."""
        steps = Steps()
        for _ in range(3):
            steps.order("a", wired=True)
            steps.began()
            steps.off(after=1.0)
            steps.tell(Tick(), after=LIMITS.min_gap_s)
        assert [1, 2, 3] == [one.token for one in steps.of(ClosePulse)]


def test_a_hold_let_go_while_it_begins_ends_though_another_takes_over() -> None:
    """The board is told of it, meanwhile it is let go, and a fire needs the contact: it began, and ended."""
    steps = Steps()
    steps.order("h", Do.HOLD, hold_s=60.0)
    steps.order("r", Do.RELEASE)
    steps.tell(FireTurned(active=True, id="f"))
    steps.began()
    assert [("h", "released")] == [(one.order.id, one.outcome) for one in steps.of(Ended) if one.order]
    assert [(Outcome.DONE, "")] == steps.answers("h")
    assert [(Outcome.DONE, "held")] == steps.answers("f")
    steps.began()
    assert 1 == len(steps.of(Ended))


def test_a_lost_hold_let_go_while_another_takes_over_has_no_second_end() -> None:
    """The board was lost in the hold, which was told as its end; let go while it is tried, it neither begins nor ends again."""
    steps = Steps().holding()
    steps.failed(after=1.0)
    steps.tell(Tick(), after=max(RETRY_S, LIMITS.min_gap_s))
    assert Doing.STARTING is steps.state.doing
    steps.order("r", Do.RELEASE)
    steps.tell(FireTurned(active=True, id="f"))
    steps.began()
    assert [("h", "unknown")] == [(one.order.id, one.outcome) for one in steps.of(Ended) if one.order]
    assert [] == steps.of(Resumed)
    assert [(Outcome.DONE, "held")] == steps.answers("f")


class TestPulsesOfAHold:
    """A barrier that closes by itself is held by pulses."""

    def held(self) -> Steps:
        steps = Steps(replace(LIMITS, repeat_s=10.0))
        steps.order("h", Do.HOLD, hold_s=60.0)
        return steps

    def test_begin_at_once(self) -> None:
        """Also on a clock that has just begun, for a hold at rest, one that joins a pulse, a fire, and after a failure."""
        steps = self.held()
        assert 1 == len(steps.of(ClosePulse))
        joined = Steps(replace(LIMITS, repeat_s=10.0, min_gap_s=0.1, pulse_s=0.1))
        joined.order("a")
        joined.order("h", Do.HOLD, hold_s=60.0)
        joined.began()
        joined.off(after=0.1)
        joined.tell(Tick(), after=0.1)
        assert 2 == len(joined.of(ClosePulse))

    def test_come_again_at_their_moment(self) -> None:
        """As the setting says, counted from the last one's beginning."""
        steps = self.held()
        steps.began()
        steps.off(after=1.0)
        assert [] == steps.of(ClosePulse, steps.tell(Tick(), after=8.999))
        steps.now = 10.0
        assert 1 == len(steps.of(ClosePulse, steps.tell(Tick())))

    def test_end_with_the_hold_at_once(self) -> None:
        """Also while the board is told of the next: no contact is kept closed whose opening would be the end."""
        steps = self.held()
        steps.began()
        steps.off(after=1.0)
        steps.tell(Tick(), after=9.0)
        assert Doing.STARTING is steps.state.doing
        steps.effects.clear()
        steps.order("r", Do.RELEASE)
        assert [("h", "released")] == [(one.order.id, one.outcome) for one in steps.of(Ended) if one.order]
        steps.began()
        steps.off(after=1.0)
        assert 1 == len([one for one in steps.of(Ended) if one.order and one.order.id == "h"])


def test_a_contact_that_opens_by_itself_was_whose_hold_it_was() -> None:
    """The worker lets go of a lease that was not renewed: that is the end of what the contact was closed for, and it is begun anew."""
    for steps, whose in ((Steps().holding(), "h"), (Steps(), "f")):
        if whose == "f":
            steps.tell(FireTurned(active=True, id="f"))
            steps.began()
        steps.off(after=HOLD_LEASE_S)
        assert [(whose, "off", "hold")] == [
            (one.order.id, one.outcome, one.what) for one in steps.of(Ended) if one.order
        ]
        steps.tell(Tick(), after=LIMITS.min_gap_s)
        assert Doing.STARTING is steps.state.doing
    longer = Steps().holding(hold_s=10.0)
    longer.order("b", Do.HOLD, hold_s=60.0, by=Reason.CLOUD_COMMAND)
    longer.off(after=HOLD_LEASE_S)
    assert ["b"] == [one.order.id for one in longer.of(Ended) if one.order]
    both = Steps().holding()
    both.tell(FireTurned(active=True, id="f"))
    both.off(after=HOLD_LEASE_S)
    assert ["f"] == [one.order.id for one in both.of(Ended) if one.order]


def test_what_never_began_has_no_end() -> None:
    """A board that fails before the contact has closed is told as a failure alone."""
    steps = Steps()
    steps.order("a")
    steps.failed()
    assert ([(Outcome.FAILED, "lost")], []) == (steps.answers("a"), steps.of(Ended))

"""What a board says too late, or of something else, moves nothing and is told to nobody."""

from __future__ import annotations

from dataclasses import replace

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
    KeepClosed,
    Order,
    Tick,
    WentOff,
)
from relay.barrier.interlock import MOST_WAITING
from relay.barrier.state import BarrierLimits, Doing, Interlock
from relay.protocol import Do

LIMITS = BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600.0, repeat_s=None)
NOW = 100.0


def order(name: str, do: Do = Do.OPEN, *, hold_s: float | None = None, wired: bool = False) -> Order:
    reason = Reason.GUARD_BUTTON if wired else Reason.CONSOLE
    return Order(name, do, reason, wired=wired, hold_s=hold_s, expires=NOW + 500)


class Slow:
    """An interlock whose board has not answered yet."""

    def __init__(self, first: Order) -> None:
        self.state = Interlock(LIMITS)
        effects = (*self.tell(first), *self.tell(Tick()))
        self.token = next(e.token for e in effects if isinstance(e, ClosePulse | KeepClosed))
        assert self.state.doing is Doing.STARTING

    def tell(self, event: Event, *, at: float = NOW) -> tuple[Effect, ...]:
        self.state, effects = interlock.step(self.state, event, at)
        return effects


@pytest.mark.parametrize(
    "kind", [Began, lambda token: Failed(token, "lost", ""), lambda token: WentOff(token, confirmed=True)]
)
def test_words_about_another_command_change_nothing(kind: object) -> None:
    """A token of before is a command that is over."""
    slow = Slow(order("a"))
    before = slow.state
    assert () == slow.tell(kind(slow.token + 7))  # type: ignore[operator]
    assert before == slow.state


def test_a_board_that_begins_twice_is_heard_once() -> None:
    """The second word of the same beginning answers nobody again."""
    slow = Slow(order("a"))
    first = slow.tell(Began(slow.token))
    assert [Outcome.DONE] == [one.outcome for one in first if isinstance(one, Answer)]
    assert () == slow.tell(Began(slow.token))


def test_a_failure_after_the_end_is_old_news() -> None:
    """In the gap and at rest nothing is running that could fail."""
    slow = Slow(order("a"))
    slow.tell(Began(slow.token))
    slow.tell(WentOff(slow.token, confirmed=True))
    assert slow.state.doing is Doing.GAP
    assert () == slow.tell(Failed(slow.token, "lost", ""))
    assert () == slow.tell(WentOff(slow.token, confirmed=True))


def test_a_contact_that_opens_before_it_was_known_to_be_closed_has_failed() -> None:
    """The board's thread has ended in between: whoever asked is told that it was not done, and nothing counts as open."""
    slow = Slow(order("a"))
    told = slow.tell(WentOff(slow.token, confirmed=None))
    (answer,) = [one for one in told if isinstance(one, Answer)]
    assert answer.outcome is Outcome.FAILED
    assert slow.state.doing is Doing.GAP


def test_a_crowd_at_a_slow_board_is_bounded() -> None:
    """While a command is on its way so many holds may join it, and the next one is told to come back."""
    slow = Slow(order("a"))
    told = [slow.tell(order(f"h{number}", Do.HOLD, hold_s=30)) for number in range(MOST_WAITING + 1)]
    assert [()] * MOST_WAITING == told[:-1]
    (answer,) = told[-1]
    assert isinstance(answer, Answer)
    assert (Outcome.REFUSED, "busy") == (answer.outcome, answer.why)


def test_a_hold_that_ends_before_it_begins_is_told_as_expired() -> None:
    """Its time was over while it waited for a board that does not obey: it never opened, and its requester hears so."""
    slow = Slow(order("a"))
    slow.tell(Failed(slow.token, "lost", "нет связи"))
    assert () == slow.tell(order("h", Do.HOLD, hold_s=0.5))
    told = slow.tell(Tick(), at=NOW + 1.0)
    (answer,) = [one for one in told if isinstance(one, Answer)]
    assert ("h", Outcome.EXPIRED) == (answer.order.id, answer.outcome)


def test_a_hold_let_go_while_it_began_is_told_once_when_another_goes_on() -> None:
    """Released before the board answered, with another hold beside it: both are told, and the contact stays closed."""
    slow = Slow(replace(order("a", Do.HOLD, hold_s=60), by="anna"))
    slow.tell(replace(order("r", Do.RELEASE), by="anna"))
    slow.tell(replace(order("b", Do.HOLD, hold_s=60), by="boris"))
    told = slow.tell(Began(slow.token))
    assert slow.state.held
    assert 1 == sum(isinstance(one, Ended) and one.order.id == "a" for one in told)
    assert ("b", Outcome.DONE) in [(one.order.id, one.outcome) for one in told if isinstance(one, Answer)]


def test_a_hold_let_go_while_it_began_and_failed_is_told_once() -> None:
    """Nobody is left wondering about a hold that was released while the board was away."""
    slow = Slow(replace(order("a", Do.HOLD, hold_s=60), by="anna"))
    slow.tell(replace(order("r", Do.RELEASE), by="anna"))
    told = slow.tell(Failed(slow.token, "lost", "нет связи"))
    mine = [one for one in told if one.order is not None and one.order.id == "a"]  # type: ignore[union-attr]
    assert len(mine) == 1
    assert slow.state.holds == ()

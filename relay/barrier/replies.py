"""What a requester is told of its order, as far as the interlock's state says. Pure."""

from __future__ import annotations

from core.words.language import say
from core.words.outcomes import Outcome
from relay.barrier.events import Answer, Order
from relay.barrier.state import Doing, Interlock


def done(state: Interlock, order: Order, why: str = "", detail: str = "") -> Answer:
    """The answer that the board was told, including whether it confirmed the command that serves this order."""
    confirmed = state.began.confirmed
    if confirmed is False:
        detail = say("команда послана, но плата её не подтвердила: {detail}", detail=state.began.detail)
    return Answer(order, Outcome.UNCONFIRMED if confirmed is False else Outcome.DONE, why, detail, confirmed=confirmed)


def begins_after_pause(state: Interlock, now: float) -> bool:
    """Whether a hold begins only after the pause: now nothing keeps the barrier open, neither a hold nor repeated pulses."""
    by_pulses = state.held and state.limits.repeat_s is not None and now < state.repeat_at
    return state.doing in {Doing.ENDING, Doing.GAP} and not by_pulses


def promised(state: Interlock, order: Order, now: float, detail: str = "") -> Answer:
    """The answer to a hold that will begin after the pause. It does not repeat the board's answer to the command before."""
    begins = say("начнётся после паузы, через {seconds:.1f} с", seconds=pause_left_s(state, now))
    return Answer(order, Outcome.DONE, "pause", "; ".join(filter(None, (detail, begins))))


def failed(state: Interlock, order: Order) -> Answer:
    """The answer that the board cannot be told, for the reason of its last failure."""
    return Answer(order, Outcome.FAILED, state.failure.why, state.failure.detail)


def busy(state: Interlock, order: Order, now: float) -> Answer:
    why = say("шлагбаум выполняет предыдущую команду")
    return Answer(order, Outcome.REFUSED, "busy", why, round(pause_left_s(state, now), 3))


def pause_left_s(state: Interlock, now: float) -> float:
    """Seconds until the next command may begin, as far as is known."""
    return max(0.0, state.until - now) + (0.0 if state.doing is Doing.GAP else state.limits.min_gap_s)

"""What a requester is told of its order, as far as the interlock's state says. Pure."""

from __future__ import annotations

from core.words.language import say
from core.words.outcomes import Outcome
from relay.barrier.events import Answer, Order
from relay.barrier.state import Doing, Interlock


def told(state: Interlock, order: Order, why: str = "", detail: str = "") -> Answer:
    """The answer that the board was told, including whether it confirmed the command that serves this order."""
    confirmed = state.began.confirmed
    if confirmed is False:
        detail = say("команда послана, но плата её не подтвердила: {detail}", detail=state.began.detail)
    return Answer(order, Outcome.UNCONFIRMED if confirmed is False else Outcome.DONE, why, detail, confirmed=confirmed)


def soon(state: Interlock, now: float) -> bool:
    """Whether no hold keeps the barrier open now, but will once the pause is over; no pulse does so either."""
    by_pulses = state.held and state.limits.repeat_s is not None and now < state.repeat_at
    return state.doing in {Doing.ENDING, Doing.GAP} and not by_pulses


def promised(state: Interlock, order: Order, now: float, detail: str = "") -> Answer:
    """The answer to what begins by itself after the pause. What the board said of the command before is no answer to this."""
    begins = say("начнётся после паузы, через {seconds:.1f} с", seconds=rest(state, now))
    return Answer(order, Outcome.DONE, "pause", "; ".join(filter(None, (detail, begins))))


def failed_like(state: Interlock, order: Order) -> Answer:
    return Answer(order, Outcome.FAILED, state.failure.why, state.failure.detail)


def busy(state: Interlock, order: Order, now: float) -> Answer:
    why = say("шлагбаум выполняет предыдущую команду")
    return Answer(order, Outcome.REFUSED, "busy", why, round(rest(state, now), 3))


def rest(state: Interlock, now: float) -> float:
    """Seconds until the next command may begin, as far as is known."""
    return max(0.0, state.until - now) + (0.0 if state.doing is Doing.GAP else state.limits.min_gap_s)

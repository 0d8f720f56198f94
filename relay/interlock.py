"""When the OPEN contact of one barrier may be closed: pure, `step(interlock, event, now) -> (interlock, effects)`.

One command at a time, a pause after each, no pulse or hold without an end. Requests from programs are refused
while a command runs; what a person or a car on a loop asks for is kept until the pause is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.core.events import Reason
from relay.orders import (
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
    SwitchOff,
    Tick,
    WentOff,
)
from relay.protocol import Do, EventKind, Outcome

HOLD_LEASE_S = 3.0
"""The owner of the board opens the contact by itself when a hold is not renewed for so long."""
HOLD_RENEW_S = 0.5
RETRY_S = 1.0
"""A hold or the fire input tries again after so long when the board failed."""


class Doing(StrEnum):
    """What the output does now."""

    IDLE = "idle"
    STARTING = "starting"
    PULSE = "pulse"
    HOLD = "hold"
    ENDING = "ending"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Limits:
    """Times of one barrier, in seconds."""

    pulse_s: float
    min_gap_s: float
    max_hold_s: float
    repeat_s: float | None
    """None: a hold keeps the contact closed; else it pulses again after so long."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Kept open until then, because of `order`."""

    until: float
    order: Order
    told: bool = False
    """Its asker has been answered."""


@dataclass(frozen=True, slots=True)
class Interlock:
    """The state of one barrier's output."""

    limits: Limits
    doing: Doing = Doing.IDLE
    token: int = 0
    until: float = 0.0
    """PULSE: when it should end; GAP: when it is over; HOLD: when the owner must hear again."""
    running: Order | None = None
    """The order that the running command serves."""
    hold: Hold | None = None
    fire: Hold | None = None
    waiting: Order | None = None
    """A wired order that comes next."""
    repeat_at: float = 0.0
    keeping: bool = False
    """The running command keeps the contact closed until told otherwise; else it is a pulse."""

    @property
    def held(self) -> bool:
        return self.hold is not None or self.fire is not None


def step(interlock: Interlock, event: Event, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """What becomes of the barrier when `event` happens at `now` (monotonic seconds)."""
    match event:
        case Order():
            after, effects = _ordered(interlock, event, now)
        case FireTurned():
            after, effects = _fire(interlock, event)
        case Began():
            after, effects = _began(interlock, event, now)
        case Failed():
            after, effects = _failed(interlock, event, now)
        case WentOff():
            after, effects = _went_off(interlock, event, now)
        case Tick():
            after, effects = interlock, ()
    after, more = _advance(after, now)
    return after, effects + more


def _ordered(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if now > order.expires:
        return state, (Answer(order, Outcome.EXPIRED, "expired", "просьба устарела"),)
    match order.do:
        case Do.HOLD:
            until = now + min(order.hold_s or 0.0, state.limits.max_hold_s)
            if not state.held and state.doing is Doing.IDLE:
                return replace(state, hold=Hold(until, order), repeat_at=0.0), ()  # answered when the board was told
            return replace(state, hold=Hold(until, order, told=True), repeat_at=0.0), (
                Answer(order, Outcome.DONE, "held"),
            )
        case Do.RELEASE:
            why = "fire" if state.fire else "" if state.hold else "not_held"
            return replace(state, hold=None), (Answer(order, Outcome.DONE, why),)
        case _:
            return _open(state, order, now)


def _open(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if state.held:
        return state, (Answer(order, Outcome.DONE, "held", "шлагбаум и так удерживается открытым"),)
    if state.doing is Doing.IDLE:
        return replace(state, waiting=order), ()
    if order.wired:
        if state.doing in {Doing.STARTING, Doing.PULSE}:
            return state, (Answer(order, Outcome.DONE, "joined", "импульс уже идёт"),)
        if state.waiting is None:
            return replace(state, waiting=order), ()
        return state, (Answer(order, Outcome.DONE, "joined", "импульс уже ждёт конца паузы"),)
    rest = max(0.0, state.until - now) + (0.0 if state.doing is Doing.GAP else state.limits.min_gap_s)
    busy = Answer(order, Outcome.REFUSED, "busy", "шлагбаум выполняет предыдущую команду", round(rest, 3))
    return state, (busy,)


def _fire(state: Interlock, event: FireTurned) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.active == (state.fire is not None):
        return state, ()
    if event.active:
        order = Order(id=event.id, do=Do.HOLD, reason=Reason.FIRE_INPUT, lane=event.lane, wired=True)
        busy = state.held or state.doing is not Doing.IDLE
        fire = Hold(float("inf"), order, told=busy)
        return replace(state, fire=fire, repeat_at=0.0), ((Answer(order, Outcome.DONE, "held"),) if busy else ())
    assert state.fire is not None
    ended = Ended(EventKind.ENDED, state.fire.order, "released", "hold", "пожарный вход снят")
    return replace(state, fire=None), (ended,)


def _began(state: Interlock, event: Began, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing is not Doing.STARTING:
        return state, ()
    if state.hold is not None and state.hold.order == state.running:
        state = replace(state, hold=replace(state.hold, told=True))
    if state.fire is not None and state.fire.order == state.running:
        state = replace(state, fire=replace(state.fire, told=True))
    answer: tuple[Effect, ...] = (Answer(state.running, Outcome.DONE),) if state.running else ()
    if state.keeping:
        return replace(state, doing=Doing.HOLD, until=now + HOLD_RENEW_S), answer
    return replace(state, doing=Doing.PULSE, until=now + state.limits.pulse_s), answer


def _failed(state: Interlock, event: Failed, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing in {Doing.IDLE, Doing.GAP}:
        return state, ()
    effects: tuple[Effect, ...]
    if state.doing is Doing.STARTING:  # a hold that tries again and again is news once
        effects = (Answer(state.running, Outcome.FAILED, event.why, event.detail),) if state.running else ()
    else:
        effects = (Ended(EventKind.ENDED, state.running, "unknown", _what(state), event.detail),)
    hold = state.hold
    if hold is not None and hold.order == state.running and state.doing is Doing.STARTING:
        hold = None  # its asker was told that it failed
    pause = max(RETRY_S, state.limits.min_gap_s)
    return replace(state, doing=Doing.GAP, until=now + pause, running=None, hold=hold), effects


def _went_off(state: Interlock, event: WentOff, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing in {Doing.IDLE, Doing.GAP}:
        return state, ()
    if state.doing is Doing.STARTING:  # opened before it was known to be closed: the board's thread has ended
        return _failed(state, Failed(event.token, "ended", "плата отключена раньше, чем выполнила команду"), now)
    outcome = {True: "off", False: "stuck", None: "unconfirmed"}[event.confirmed]
    ended = Ended(EventKind.ENDED, state.running, outcome, _what(state))
    over = state.doing is Doing.HOLD and state.hold is not None and now >= state.hold.until
    hold = None if over else state.hold
    gap = replace(state, doing=Doing.GAP, until=now + state.limits.min_gap_s, running=None, hold=hold)
    return gap, (ended,)


def _advance(state: Interlock, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """What time alone brings: the end of a hold or a gap, the next pulse, a renewal."""
    effects: tuple[Effect, ...] = ()
    if state.hold is not None and now >= state.hold.until:
        if state.doing is not Doing.HOLD:  # otherwise its end is news when the contact has opened
            effects += (Ended(EventKind.ENDED, state.hold.order, "off", "hold"),)
        state = replace(state, hold=None)
    if state.doing is Doing.GAP and now >= state.until:
        state = replace(state, doing=Doing.IDLE)
    if state.doing is Doing.HOLD:
        if not state.held:
            return replace(state, doing=Doing.ENDING), (*effects, SwitchOff(state.token))
        if now >= state.until:
            state = replace(state, until=now + HOLD_RENEW_S)
            effects += (KeepClosed(state.token, _lease(state, now)),)
    if state.doing is Doing.IDLE:
        state, more = _begin(state, now)
        effects += more
    return state, effects


def _begin(state: Interlock, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    token = state.token + 1
    holder = state.fire or state.hold
    if holder is not None:
        fresh = replace(
            state,
            doing=Doing.STARTING,
            token=token,
            running=None if holder.told else holder.order,
            waiting=None,
            keeping=state.limits.repeat_s is None,
        )
        waiter: tuple[Effect, ...] = (Answer(state.waiting, Outcome.DONE, "held"),) if state.waiting else ()
        if state.limits.repeat_s is None:
            return fresh, (*waiter, KeepClosed(token, _lease(state, now)))
        if now < state.repeat_at:
            return replace(state, waiting=None), waiter
        pulse = ClosePulse(token, state.limits.pulse_s, float("inf"))
        return replace(fresh, repeat_at=now + state.limits.repeat_s), (*waiter, pulse)
    order = state.waiting
    if order is None:
        return state, ()
    if now > order.expires:
        return replace(state, waiting=None), (Answer(order, Outcome.EXPIRED, "expired", "просьба устарела"),)
    starting = replace(state, doing=Doing.STARTING, token=token, running=order, waiting=None, until=now, keeping=False)
    return starting, (ClosePulse(token, state.limits.pulse_s, order.expires),)


def _lease(state: Interlock, now: float) -> float:
    lease = now + HOLD_LEASE_S
    if state.fire is not None or state.hold is None:
        return lease
    return min(lease, state.hold.until)


def _what(state: Interlock) -> str:
    return "hold" if state.doing in {Doing.HOLD, Doing.ENDING} else "pulse"

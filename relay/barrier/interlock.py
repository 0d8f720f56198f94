"""When the OPEN contact of one barrier may be closed: pure, `step(interlock, event, now) -> (interlock, effects)`.

One command at a time, a pause after each, and no pulse or hold without an end. Requests from programs are refused while
a command runs; requests from a person's button or a car on a loop wait until the pause is over. Nobody is told that the
barrier opens or is held before the board was told so. A hold that comes in the pause after a command that the board
obeyed is answered at once, because its requester may not wait as long as the pause: it begins after it (`pause`). If
the board then fails, that is told as the end of a hold that nobody knows of. One that would be over before it begins is
refused, and an opening waits with it: the hold may be released before it has begun.

The end of a hold is told once for each time that it began. If its board is lost, that is its end (`lost`), and it is tried
on: if it begins again, that is told too (`Resumed`), and only then has it another end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from core.words.language import say
from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.barrier import replies
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
from relay.barrier.holds import Hold, begun, lasting, marked_answered, own, with_hold
from relay.barrier.state import Doing, Interlock
from relay.protocol import Do, EventKind

HOLD_LEASE_S = 3.0
"""Lease: the board's worker opens the contact by itself if a hold is not renewed for this long."""
HOLD_RENEW_S = 0.5
MOST_WAITING = 16
"""Most orders that may wait for the same pulse; further ones are refused."""
WAIT_S = 1.5
"""A program's opening waits at most so long for a hold that begins after the pause; its caller waits little longer."""
RETRY_S = 1.0
"""After a failure of the board, a hold or the fire input tries again after this long."""


def step(interlock: Interlock, event: Event, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """The barrier's state after `event` at `now` (monotonic seconds), and the effects."""
    match event:
        case Order():
            after, effects = _ordered(interlock, event, now)
        case FireTurned():
            after, effects = _fire(interlock, event, now)
        case Began():
            after, effects = _began(interlock, event, now)
        case Failed():
            after, effects = _failed(interlock, event, now)
        case WentOff():
            after, effects = _went_off(interlock, event, now)
        case Tick():
            after, effects = interlock, ()
        case _ as never:
            assert_never(never)
    after, more = _advance(after, now)
    return after, effects + more


def _ordered(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if now > order.expires:
        return state, (Answer(order, Outcome.EXPIRED, "expired", say("просьба устарела")),)
    match order.do:
        case Do.HOLD:
            return _hold(state, order, now)
        case Do.RELEASE:
            return _release(state, order, now)
        case _:
            return _open(state, order, now)


def granted_s(state: Interlock, order: Order) -> float | None:
    """The longest time for which a hold is granted; None if the order is no hold, or has no end."""
    return None if order.do is not Do.HOLD or order.hold_s is None else min(order.hold_s, state.limits.max_hold_s)


def _hold(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    hold = Hold(now + (granted_s(state, order) or 0.0), order)
    others = tuple(item for item in state.holds if item.requester != hold.requester and item.until > hold.until)
    detail = say("и так удерживается дольше: {lasting}", lasting=lasting(others, now)) if others else ""
    if state.doing is Doing.STARTING:
        if len(state.joined) >= MOST_WAITING:
            return state, (replies.busy(state, order, now),)
        holds = with_hold(state.holds, replace(hold, answered=True))
        return replace(_join(state, order), holds=holds, repeat_at=0.0), ()
    if state.obeyed and (state.held or state.doing is not Doing.IDLE):
        soon = replies.begins_after_pause(state, now)
        if soon and hold.until <= now + replies.pause_left_s(state, now):  # it would never begin
            return state, (replies.busy(state, order, now),)
        answered_hold = replace(hold, answered=True, promised=soon)
        held = replace(state, holds=with_hold(state.holds, answered_hold), repeat_at=0.0)
        if soon:
            return held, (replies.promised(state, order, now, detail),)
        if held.doing is Doing.HOLD:
            # Tell the worker at once, or the contact would open at the end of the earlier hold.
            held = replace(held, until=now)
        return held, (replies.done(state, order, "held", detail),)
    if state.held:  # the board does not obey: the existing hold is retried anyway, with or without this order
        return state, (replies.failed(state, order),)
    # It is answered once the board has been told.
    return replace(state, holds=with_hold(state.holds, hold), repeat_at=0.0), ()


def _release(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    hold = own(state.holds, order)
    if hold is None:
        if state.fire:
            return state, (Answer(order, Outcome.DONE, "fire", moved=False),)
        if state.holds:
            detail = say("удерживает не тот, кто просит снять: {lasting}", lasting=lasting(state.holds, now))
            return state, (Answer(order, Outcome.REFUSED, "not_yours", detail),)
        return state, (Answer(order, Outcome.DONE, "not_held", moved=False),)
    state, effects = _end_hold(state, hold, "released", now)
    if state.fire:
        return state, (Answer(order, Outcome.DONE, "fire"), *effects)
    if state.holds:
        detail = say("удерживает дальше: {lasting}", lasting=lasting(state.holds, now))
        return state, (Answer(order, Outcome.DONE, "others_hold", detail), *effects)
    return state, (Answer(order, Outcome.DONE), *effects)


def _end_hold(state: Interlock, hold: Hold, how: str, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """Ends one hold (`how`: `released` or `over`). Reports it exactly once, whether or not the contact opens."""
    state = replace(state, holds=tuple(item for item in state.holds if item is not hold))
    if not hold.answered and hold.order != state.running:  # it has not begun yet
        if how == "released":
            why, detail = Outcome.FAILED, say("удержание снято раньше, чем началось")
        else:
            why, detail = Outcome.EXPIRED, say("удержание кончилось, не начавшись")
        return state, (Answer(hold.order, why, "expired" if how == "over" else how, detail),)
    if hold.order in state.lost and (state.held or not state.keeps):
        return state, ()
    if state.held:
        on = ", ".join(filter(None, (lasting(state.holds, now), say("пожарный вход") if state.fire else "")))
        return state, (Ended(EventKind.ENDED, hold.order, how, "hold", say("удерживает дальше: {on}", on=on)),)
    if state.keeps:
        return replace(state, ending=hold.order), ()
    detail = ""
    if hold.promised:
        released = how == "released"
        detail = say("удержание снято раньше, чем началось") if released else say("удержание кончилось, не начавшись")
    return state, (Ended(EventKind.ENDED, hold.order, "off" if how == "over" else how, "hold", detail),)


def _open(state: Interlock, order: Order, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    soon = state.obeyed and replies.begins_after_pause(state, now)
    if state.held and state.obeyed and not soon:
        return state, (replies.done(state, order, "held", say("шлагбаум и так удерживается открытым")),)
    if state.doing is Doing.IDLE:
        return replace(state, waiting=(*state.waiting, order)), ()
    if state.held and state.doing is not Doing.STARTING and not state.obeyed and not order.wired:
        return state, (replies.failed(state, order),)
    opens_soon = state.held and not (soon and replies.pause_left_s(state, now) > WAIT_S)
    if (order.wired or opens_soon) and max(len(state.joined), len(state.waiting)) < MOST_WAITING:
        if state.doing is Doing.STARTING:
            return _join(state, order), ()
        if state.doing is Doing.PULSE:
            return state, (replies.done(state, order, "joined", say("импульс уже идёт")),)
        return replace(state, waiting=(*state.waiting, order)), ()
    return state, (replies.busy(state, order, now),)


def _join(state: Interlock, *orders: Order) -> Interlock:
    return replace(state, joined=(*state.joined, *orders))


def _fire(state: Interlock, event: FireTurned, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.active == (state.fire is not None):
        return state, ()
    if event.active:
        order = Order(id=event.id, do=Do.HOLD, reason=Reason.FIRE_INPUT, lane=event.lane, wired=True)
        starting = state.doing is Doing.STARTING
        sure = state.obeyed and (state.held or state.doing is not Doing.IDLE)
        soon = sure and replies.begins_after_pause(state, now)
        answer = replies.promised(state, order, now) if soon else replies.done(state, order, "held")
        fire = Hold(float("inf"), order, answered=sure or starting, promised=soon)
        state = replace(_join(state, order) if starting else state, fire=fire, repeat_at=0.0)
        return state, ((answer,) if sure else ())
    assert state.fire is not None
    ended = Ended(EventKind.ENDED, state.fire.order, "released", "hold", say("пожарный вход снят"))
    ending = None if state.holds or not state.keeps else state.fire.order
    return replace(state, fire=None, ending=ending or state.ending), (ended,)


def _began(state: Interlock, event: Began, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing is not Doing.STARTING:
        return state, ()
    served = (state.running,) if state.running else ()
    state = replace(state, holds=begun(marked_answered(state.holds, served)), obeyed=True, began=event)
    if state.fire is not None:
        fire_answered = state.fire.answered or state.fire.order == state.running
        state = replace(state, fire=replace(state.fire, answered=fire_answered, promised=False))
    answers: tuple[Effect, ...] = tuple(replies.done(state, order) for order in served)
    why = "held" if state.held else "joined"
    answers += tuple(replies.done(state, order, why) for order in state.joined)
    if state.ending is not None and state.held:  # released while it was starting, and another hold has taken over
        if state.ending not in state.lost:
            answers += (Ended(EventKind.ENDED, state.ending, "released", "hold"),)
        state = replace(state, ending=None)
    answers += tuple(Resumed(order, event.confirmed) for order in state.lost if order in state.unended)
    state = replace(state, joined=(), lost=())
    if state.keeping:
        return replace(state, doing=Doing.HOLD, until=now + HOLD_RENEW_S), answers
    return replace(state, doing=Doing.PULSE, until=now + state.limits.pulse_s), answers


def _failed(state: Interlock, event: Failed, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing in {Doing.IDLE, Doing.GAP}:
        return state, ()
    state = replace(state, obeyed=False, failure=event, repeat_at=0.0)
    holds, fire = state.holds, state.fire
    effects: tuple[Effect, ...]
    if state.doing is Doing.STARTING:  # a hold that is retried again and again is reported once
        served = ((state.running,) if state.running else ()) + state.joined
        effects = tuple(replies.failed(state, order) for order in served)
        if state.ending is not None and state.ending not in (*served, *state.lost):  # released while it was retried
            effects += (Ended(EventKind.ENDED, state.ending, "unknown", "hold", event.detail),)
        holds = tuple(hold for hold in holds if hold.order not in served)  # their requesters were told that it failed
        lost = tuple(hold for hold in (*holds, *((fire,) if fire else ())) if hold.promised)
        effects += tuple(Ended(EventKind.ENDED, hold.order, "unknown", "hold", event.detail) for hold in lost)
        state = replace(state, lost=(*state.lost, *(hold.order for hold in lost)))
        holds, fire = begun(holds), None if fire is None else replace(fire, promised=False)
        if fire is not None and fire.order in served:
            fire = replace(fire, answered=False)  # it is retried, and reported when it succeeds
    else:
        effects = (Ended(EventKind.ENDED, state.current_order, "unknown", state.closed_for, event.detail),)
        state = state.with_end_reported()
    pause = max(RETRY_S, state.limits.min_gap_s)
    gap = replace(_gap(state, now + pause), joined=(), holds=holds, fire=fire)
    return gap, effects


def _gap(state: Interlock, until: float) -> Interlock:
    return replace(state, doing=Doing.GAP, until=until, running=None, ending=None)


def _went_off(state: Interlock, event: WentOff, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    if event.token != state.token or state.doing in {Doing.IDLE, Doing.GAP}:
        return state, ()
    if state.doing is Doing.STARTING:  # opened before it was known to be closed: the board's thread has ended
        return _failed(state, Failed(event.token, "ended", say("плата отключена раньше, чем выполнила команду")), now)
    # The worker opens the contact when the last hold is over, and may report that first.
    state, effects = _over(state, now)
    outcome = {True: "off", False: "stuck", None: "unconfirmed"}[event.confirmed]
    ended = Ended(EventKind.ENDED, state.current_order, outcome, state.closed_for)
    return _gap(state.with_end_reported(), now + state.limits.min_gap_s), (*effects, ended)


def _over(state: Interlock, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """Ends the holds whose time is over, the longest last."""
    effects: tuple[Effect, ...] = ()
    for hold in sorted(state.holds, key=lambda item: item.until):
        if now >= hold.until:
            state, more = _end_hold(state, hold, "over", now)
            effects += more
    return state, effects


def _advance(state: Interlock, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """What is due by time alone: the end of a hold or gap, the next pulse, a renewal."""
    state, effects = _over(state, now)
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
    state, effects = _drop_expired(state, now)
    token = state.token + 1
    starting = replace(state, doing=Doing.STARTING, token=token, waiting=(), until=now, keeping=False, obeyed=False)
    holder = state.fire or state.hold
    if holder is None:
        if not state.waiting:
            return state, effects
        first, *others = state.waiting
        starting = replace(starting, running=first, joined=tuple(others))
        return starting, (*effects, ClosePulse(token, state.limits.pulse_s, first.expires))
    if state.limits.repeat_s is not None and now < state.repeat_at:
        answers = tuple(replies.done(state, order, "held") for order in state.waiting)
        return replace(state, waiting=()), effects + answers
    starting = replace(starting, running=None if holder.answered else holder.order, joined=state.waiting)
    unanswered = tuple(hold.order for hold in state.holds if hold is not holder and not hold.answered)
    starting = replace(_join(starting, *unanswered), holds=marked_answered(starting.holds, unanswered))
    if state.limits.repeat_s is None:
        return replace(starting, keeping=True), (*effects, KeepClosed(token, _lease(state, now)))
    pulse = ClosePulse(token, state.limits.pulse_s, float("inf"))
    return replace(starting, repeat_at=now + state.limits.repeat_s), (*effects, pulse)


def _drop_expired(state: Interlock, now: float) -> tuple[Interlock, tuple[Effect, ...]]:
    """Drops orders that have waited past their expiry."""
    late = tuple(order for order in state.waiting if now > order.expires)
    state = replace(state, waiting=tuple(order for order in state.waiting if order not in late))
    late += tuple(hold.order for hold in state.holds if not hold.answered and now > hold.order.expires)
    state = replace(state, holds=tuple(hold for hold in state.holds if hold.order not in late))
    return state, tuple(Answer(order, Outcome.EXPIRED, "expired", say("просьба устарела")) for order in late)


def _lease(state: Interlock, now: float) -> float:
    lease = now + HOLD_LEASE_S
    if state.fire is not None or state.hold is None:
        return lease
    return min(lease, state.hold.until)

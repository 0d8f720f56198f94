"""The controller of all barriers: requests, facts from the boards and wired inputs come in; jobs and news go out.

Owned by the main thread; it never waits. The pure parts decide: `interlock`, `wired`, `position`, `passage`, `idempotency`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import assert_never

from core.words.language import say
from core.words.outcomes import OPENED, Outcome
from core.words.reasons import Reason
from relay.barrier import events, interlock
from relay.barrier.position import Alarm
from relay.barrier.state import Doing
from relay.barrier.unit import BarrierUnit, barriers_of
from relay.boards.seam import Contact, Health
from relay.input_settings import InputKind
from relay.inputs import wired
from relay.inputs.unit import LIMITS, LOOPS, InputUnit, inputs_of
from relay.inputs.wired import Meaning
from relay.process.idempotency import IdempotencyFile, IdempotencyKeys
from relay.process.outlets import News, Outlets, ended_news, resumed_news
from relay.process.pending_requests import PendingRequests
from relay.protocol import Do, EventKind, Reply, Request
from relay.settings import RelayPlan
from relay.workers.jobs import (
    BoardHealth,
    CommandFailed,
    ContactSeen,
    Fact,
    InputsSeen,
    Job,
    Keep,
    Off,
    OutputFact,
    OutputOff,
    OutputOn,
    Pulse,
    WorkerEnded,
)

WIRED_TTL_S = 5.0
"""What a button or loop asked for is not done later than this, plus the barrier's `min_gap_s`."""


@dataclass(slots=True)
class BarrierController:
    """The relay process without its threads and sockets."""

    plan: RelayPlan
    outlets: Outlets
    id_file: IdempotencyFile | None = None
    barriers: dict[str, BarrierUnit] = field(init=False)
    inputs: dict[str, InputUnit] = field(init=False)
    _pending: PendingRequests = field(init=False)
    _last_answers: dict[str, tuple[str, Outcome]] = field(init=False)

    def __post_init__(self) -> None:
        self.barriers = barriers_of(self.plan)
        self.inputs = inputs_of(self.plan)
        self._pending = PendingRequests(self.outlets, IdempotencyKeys(self.id_file, keep_s=self.plan.relay.max_ttl_s))
        self._last_answers = {}

    # -- requests ------------------------------------------------------------------------------------------------

    def ask(self, requester: int, request: Request, now: float) -> None:
        """Takes an action from a client. The reply may come later."""
        if self._pending.repeated(requester, request):
            return
        # A request that cannot be done anyway must not use up room among the ids.
        name = request.barrier or self.plan.barrier_of(request.lane or "")
        if name not in self.barriers:
            target = (
                say("шлагбаума «{barrier}»", barrier=request.barrier)
                if request.barrier
                else say("полосы «{lane}»", lane=request.lane)
            )
            why = "unknown_barrier" if request.barrier else "unknown_lane"
            self.outlets.reply(requester, Reply(request.id, Outcome.REFUSED, why, say("нет {target}", target=target)))
            return
        if not self._pending.admit(requester, request, self.barriers[name].board, now):
            return
        order = events.Order(
            id=request.id,
            do=request.do,
            reason=request.reason,
            lane=request.lane,
            hold_s=request.hold_s,
            expires=request.expires,
            by=request.by,
            note=request.note,
        )
        self._step(name, order, now)

    # -- facts from the boards -----------------------------------------------------------------------------------

    def hear(self, fact: Fact, now: float) -> None:
        """Takes in a fact reported by a board's worker."""
        match fact:
            case BoardHealth():
                for barrier in self._on(fact.board, None):
                    barrier.health, barrier.detail = fact.health, fact.detail
                    self._alarm(barrier, "board", on=fact.health is not Health.OK, detail=fact.detail)
            case InputsSeen():
                self._board_inputs(fact, now)
            case WorkerEnded():
                pass
            case _:
                for barrier in self._on(fact.board, fact.channel):
                    self._output(barrier, fact, now)

    def _output(self, barrier: BarrierUnit, fact: OutputFact, now: float) -> None:
        name = barrier.settings.name
        match fact:
            case OutputOn():
                barrier.pulses += 1
                running = barrier.interlock.running
                barrier.opened(running.lane if running and not barrier.interlock.held else None, now)
                self._step(name, events.Began(fact.token, fact.confirmed, fact.detail), now)
            case CommandFailed():
                self._step(name, events.Failed(fact.token, fact.why, fact.detail), now)
            case OutputOff():
                if fact.confirmed is not None:  # a board that cannot tell does not clear what was seen
                    self._alarm(barrier, "contact_stuck", on=not fact.confirmed)
                self._step(name, events.WentOff(fact.token, fact.confirmed), now)
            case ContactSeen():
                barrier.contact = fact.contact
                if fact.contact is Contact.OFF:
                    self._alarm(barrier, "contact_stuck", on=False)
                if barrier.interlock.doing in {Doing.PULSE, Doing.HOLD} and fact.contact is not Contact.UNKNOWN:
                    self._alarm(barrier, "contact_dead", on=fact.contact is Contact.OFF)
            case _ as never:
                assert_never(never)

    def board_replaced(self, board: str, now: float) -> None:
        """The worker of `board` hung or died. Whatever it was doing is lost; its successor sends OFF."""
        for barrier in self._on(board, None):
            barrier.health, barrier.detail = Health.HUNG, say("драйвер платы завис и был перезапущен")
            barrier.contact = Contact.UNKNOWN
            self._alarm(barrier, "board", on=True, detail=barrier.detail)
            failed = events.Failed(barrier.interlock.token, Health.HUNG, barrier.detail)
            self._step(barrier.settings.name, failed, now)

    # -- wired inputs --------------------------------------------------------------------------------------------

    def contact_seen(self, name: str, closed: bool | None, now: float) -> None:  # noqa: FBT001 - it is a level
        """Takes in one sample of an input's contact; None if its state is unknown."""
        item = self.inputs[name]
        was_deaf = bool(item.deaf)
        changed = item.sampled(closed, now)
        if bool(item.deaf) is not was_deaf:
            self._input_alarm(item, "input_deaf", on=not was_deaf)
            if item.deaf and item.settings.kind in LIMITS:  # its last level says nothing of where the boom is now
                item.forget()
                self._limits(self.barriers[item.barrier], now)
            elif item.settings.kind in LOOPS:
                self._loop_lost_or_heard(item)
        if changed:
            self._turned(item, now)

    def _turned(self, item: InputUnit, now: float) -> None:
        active = bool(item.debounce.level)
        first = item.state.active is None
        item.state, meanings = wired.turned(item.state, active, now)
        kind = InputKind(item.settings.kind)
        self._mean(item, meanings, now)
        barrier = self.barriers[item.barrier]
        if kind in LIMITS:
            self._limits(barrier, now)
        elif kind in LOOPS:
            if active or not first:
                self._presence(item, kind, "on" if active else "off")
            for lane, passed in barrier.loop(kind, item.lane, active=active, now=now):
                self._passage(barrier, lane, passed)

    def _loop_lost_or_heard(self, item: InputUnit) -> None:
        """A vehicle on a loop that nobody reads may have gone any way; it must neither stand there for ever nor pass.

        The believed level stays, so that a wire that comes and goes lets nobody out again and again.
        """
        kind, barrier = InputKind(item.settings.kind), self.barriers[item.barrier]
        (barrier.loop_lost if item.deaf else barrier.loop_heard)(kind, item.lane)
        if item.state.active and (item.deaf or item.debounce.candidate):
            self._presence(item, kind, "unknown" if item.deaf else "on")

    def _presence(self, item: InputUnit, kind: str, outcome: str) -> None:
        """Passing news of a loop or the call button: only current listeners receive it."""
        self.outlets.publish(
            News(EventKind.PRESENCE, kept=False, barrier=item.barrier, lane=item.lane, outcome=outcome, what=kind)
        )

    def _limits(self, barrier: BarrierUnit, now: float) -> None:
        levels: dict[InputKind, bool | None] = {}
        for item in self.inputs.values():
            if item.barrier == barrier.settings.name:
                levels[InputKind(item.settings.kind)] = item.state.active
        at_open, at_closed = levels.get(InputKind.OPEN_LIMIT), levels.get(InputKind.CLOSED_LIMIT)
        if barrier.limits(at_open=at_open, at_closed=at_closed, now=now):
            name, where = barrier.settings.name, barrier.boom.position
            self.outlets.publish(News(EventKind.POSITION, kept=False, barrier=name, outcome=where))

    def _mean(self, item: InputUnit, meanings: tuple[Meaning, ...], now: float) -> None:
        settings = item.settings
        for meaning in meanings:
            match meaning:
                case Meaning.OPEN | Meaning.HOLD:
                    button = settings.kind == InputKind.GUARD_BUTTON
                    order = events.Order(
                        id=uuid.uuid4().hex,
                        do=Do.OPEN if meaning is Meaning.OPEN else Do.HOLD,
                        reason=Reason.GUARD_BUTTON if button else Reason.EXIT_LOOP,
                        lane=item.lane,
                        wired=True,
                        hold_s=settings.hold_minutes * 60 if meaning is Meaning.HOLD else None,
                        expires=now + WIRED_TTL_S + self.barriers[item.barrier].settings.min_gap_s,
                    )
                    self._step(item.barrier, order, now)
                case Meaning.CALL:
                    self._presence(item, settings.kind, "on")
                case Meaning.FIRE_ON | Meaning.FIRE_OFF:
                    turned = events.FireTurned(meaning is Meaning.FIRE_ON, id=uuid.uuid4().hex, lane=item.lane)
                    self._step(item.barrier, turned, now)
                case Meaning.STUCK | Meaning.UNSTUCK:
                    self._input_alarm(item, "input_stuck", on=meaning is Meaning.STUCK)
                case _ as never:
                    assert_never(never)

    def _board_inputs(self, fact: InputsSeen, now: float) -> None:
        closed = dict(fact.closed)
        for name, item in self.inputs.items():
            settings = item.settings
            if settings.board and self.barriers[settings.board].board == fact.board:
                self.contact_seen(name, closed.get(settings.board_input), now)

    # -- time ----------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Time has passed. Called at least ten times a second."""
        for item in self.inputs.values():
            # A level that is unreadable or in doubt must not let cars out again and again.
            if item.debounce.candidate is item.debounce.level:
                item.state, meanings = wired.elapsed(item.state, now)
                self._mean(item, meanings, now)
        for barrier in self.barriers.values():
            for lane, passed in barrier.elapsed(now):
                self._passage(barrier, lane, passed)
            if barrier.stays_closed(now):
                self._alarm(barrier, "contact_stuck", on=True)
            for alarm in Alarm:
                self._alarm(barrier, alarm, on=alarm in barrier.boom.alarms)
            self._step(barrier.settings.name, events.Tick(), now)

    # -- within --------------------------------------------------------------------------------------------------

    def _on(self, board: str, channel: int | None) -> list[BarrierUnit]:
        barriers = self.barriers.values()
        return [barrier for barrier in barriers if barrier.board == board and channel in {None, barrier.channel}]

    def _step(self, name: str, event: events.Event, now: float) -> None:
        barrier = self.barriers[name]
        barrier.interlock, effects = interlock.step(barrier.interlock, event, now)
        if isinstance(event, events.Order) and not event.wired and not _declined(event, effects):
            self._pending.keys.begins(event.id)
        for effect in effects:
            match effect:
                case events.ClosePulse():
                    job: Job = Pulse(barrier.channel, effect.token, effect.seconds, effect.expires)
                    self.outlets.post(barrier.board, job)
                case events.KeepClosed():
                    self.outlets.post(barrier.board, Keep(barrier.channel, effect.token, effect.until))
                case events.SwitchOff():
                    self.outlets.post(barrier.board, Off(barrier.channel, effect.token))
                case events.Answer():
                    self._answer(barrier, effect)
                case events.Ended():
                    self._ended(barrier, effect)
                case events.Resumed():
                    self.outlets.publish(resumed_news(name, effect))
                case _ as never:
                    assert_never(never)

    def _answer(self, barrier: BarrierUnit, answer: events.Answer) -> None:
        order = answer.order
        name = barrier.settings.name
        outcome = Outcome.EXPIRED if answer.why == "expired" else answer.outcome
        reply = Reply(
            id=order.id,
            outcome=outcome,
            why=answer.why,
            detail=answer.detail,
            barrier=name,
            retry_after_s=answer.retry_after_s,
            held_s=interlock.granted_s(barrier.interlock, order) if outcome in OPENED else None,
            confirmed=answer.confirmed,
        )
        self._pending.begun(reply)
        if self._last_answers.get(name) == (order.id, outcome):
            return  # a hold that is retried again and again is reported once
        self._last_answers[name] = (order.id, outcome)
        news = News(
            EventKind.ACTED,
            # A program knows that it was refused. What moved, or should have moved, belongs in the journal.
            kept=answer.moved and (order.wired or outcome in {*OPENED, Outcome.FAILED}),
            barrier=name,
            lane=order.lane,
            request_id=order.id,
            reason=order.reason,
            outcome=outcome,
            what=Do.OPEN if order.do is Do.TEST else order.do,
            detail=answer.detail or answer.why,
            by=order.by,
            note=order.note,
            confirmed=answer.confirmed,
        )
        self.outlets.publish(news)

    def _ended(self, barrier: BarrierUnit, ended: events.Ended) -> None:
        order = ended.order
        if order is not None:
            self._pending.ended(order.id, ended.outcome)
        self.outlets.publish(ended_news(barrier.settings.name, ended))

    def _passage(self, barrier: BarrierUnit, lane: str | None, outcome: str) -> None:
        self.outlets.publish(
            News(EventKind.PASSAGE, kept=True, barrier=barrier.settings.name, lane=lane, outcome=outcome),
        )

    def _alarm(self, barrier: BarrierUnit, alarm: str, *, on: bool, detail: str = "") -> None:
        if on is (alarm in barrier.alarms):
            return
        (barrier.alarms.add if on else barrier.alarms.discard)(alarm)
        kind = EventKind.ALARM if on else EventKind.CLEARED
        news = News(kind, kept=True, barrier=barrier.settings.name, outcome=alarm, detail=detail)
        self.outlets.publish(news)

    def _input_alarm(self, item: InputUnit, alarm: str, *, on: bool) -> None:
        kind = EventKind.ALARM if on else EventKind.CLEARED
        what = item.settings.name
        self.outlets.publish(News(kind, kept=True, barrier=item.barrier, lane=item.lane, outcome=alarm, what=what))


def _declined(order: events.Order, effects: tuple[events.Effect, ...]) -> bool:
    """Whether the order was declined at once, so that nothing is done for it."""
    answers = [item for item in effects if isinstance(item, events.Answer) and item.order is order]
    return any(item.outcome in {Outcome.REFUSED, Outcome.EXPIRED} for item in answers)

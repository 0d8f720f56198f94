"""Where everything meets: requests, facts from the boards and wired inputs come in, jobs and news go out.

Owned by the main thread; it never waits for anything. All decisions are in the pure parts it puts together:
`interlock`, `wired`, `position`, `passage`, `once`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from core.events import Reason
from relay import interlock, orders, wired
from relay.askers import Askers
from relay.boards.seam import Contact
from relay.debounce import Debounce, sample
from relay.gatepost import Gatepost, gateposts
from relay.interlock import Doing
from relay.jobs import (
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
    OwnerEnded,
    Pulse,
    PulseBegan,
)
from relay.once import IdFile, OnceOnly
from relay.position import Alarm
from relay.protocol import TOLD, Do, EventKind, Outcome, Reply, Request
from relay.report import WiredInput
from relay.settings import InputKind, InputSettings, RelayPlan
from relay.ways import News, Ways
from relay.wired import Meaning, Wired

WIRED_TTL_S = 5.0
"""What a button or a loop asked for is not done later than this."""


@dataclass(slots=True)
class Desk:
    """The relay process without its threads and sockets."""

    plan: RelayPlan
    ways: Ways
    id_file: IdFile | None = None
    posts: dict[str, Gatepost] = field(init=False)
    inputs: dict[str, WiredInput] = field(init=False)
    _askers: Askers = field(init=False)
    _told: dict[str, tuple[str, Outcome]] = field(init=False)

    def __post_init__(self) -> None:
        self.posts = gateposts(self.plan)
        self.inputs = {item.name: self._input(item) for item in self.plan.inputs}
        self._askers = Askers(self.ways, OnceOnly(self.id_file, keep_s=self.plan.relay.max_ttl_s))
        self._told = {}

    # -- requests ------------------------------------------------------------------------------------------------

    def ask(self, asker: int, request: Request, now: float) -> None:
        """An action from a client; the reply may come later."""
        if self._askers.repeated(asker, request):
            return
        # What cannot be done anyway takes no place among the ids.
        name = request.barrier or self.plan.barrier_of(request.lane or "")
        if name not in self.posts:
            target = f"шлагбаума «{request.barrier}»" if request.barrier else f"полосы «{request.lane}»"
            why = "unknown_barrier" if request.barrier else "unknown_lane"
            self.ways.reply(asker, Reply(request.id, Outcome.REFUSED, why, f"нет {target}"))
            return
        if not self._askers.admit(asker, request, self.posts[name].board, now):
            return
        order = orders.Order(
            id=request.id,
            do=request.do,
            reason=request.reason,
            lane=request.lane,
            hold_s=request.hold_s,
            expires=request.expires,
        )
        self._step(name, order, now)

    # -- facts from the boards -----------------------------------------------------------------------------------

    def hear(self, fact: Fact, now: float) -> None:
        """Something a board's owner reports."""
        match fact:
            case BoardHealth():
                for post in self._on(fact.board, None):
                    post.health, post.detail = fact.health, fact.detail
                    self._alarm(post, "board", on=fact.health != "ok", detail=fact.detail)
            case InputsSeen():
                self._board_inputs(fact, now)
            case OwnerEnded():
                pass
            case _:
                for post in self._on(fact.board, fact.channel):
                    self._output(post, fact, now)

    def _output(self, post: Gatepost, fact: OutputFact, now: float) -> None:
        name = post.settings.name
        match fact:
            case PulseBegan():
                post.pulses += 1
                running = post.interlock.running
                post.opened(running.lane if running and not post.interlock.held else None, now)
                self._step(name, orders.Began(fact.token, fact.confirmed, fact.detail), now)
            case CommandFailed():
                self._step(name, orders.Failed(fact.token, fact.why, fact.detail), now)
            case OutputOff():
                if fact.confirmed is not None:  # who cannot tell does not clear what was seen
                    self._alarm(post, "contact_stuck", on=not fact.confirmed)
                self._step(name, orders.WentOff(fact.token, fact.confirmed), now)
            case ContactSeen():
                post.contact = fact.contact
                if fact.contact is Contact.OFF:
                    self._alarm(post, "contact_stuck", on=False)
                if post.interlock.doing in {Doing.PULSE, Doing.HOLD} and fact.contact is not Contact.UNKNOWN:
                    self._alarm(post, "contact_dead", on=fact.contact is Contact.OFF)

    def board_replaced(self, board: str, now: float) -> None:
        """The owner of `board` hung or died: whatever it was doing is lost, a fresh one sends OFF."""
        for post in self._on(board, None):
            post.health, post.detail = "hung", "драйвер платы завис и был перезапущен"
            post.contact = Contact.UNKNOWN
            self._alarm(post, "board", on=True, detail=post.detail)
            failed = orders.Failed(post.interlock.token, "hung", post.detail)
            self._step(post.settings.name, failed, now)

    # -- wired inputs --------------------------------------------------------------------------------------------

    def contact_seen(self, name: str, closed: bool | None, now: float) -> None:  # noqa: FBT001 - it is a level
        """One look at the contact of an input; None: nobody can tell."""
        item = self.inputs[name]
        settings = item.state.settings
        deaf = closed is None
        if deaf is not bool(item.deaf):
            self._input_alarm(item, "input_deaf", on=deaf)
        item.deaf = deaf
        active = None if closed is None else closed is not (settings.contact == "normally_closed")
        item.debounce, changed = sample(item.debounce, active, now)
        if changed:
            self._turned(item, now)

    def _turned(self, item: WiredInput, now: float) -> None:
        active = bool(item.debounce.level)
        first = item.state.active is None
        item.state, meanings = wired.turned(item.state, active, now)
        kind = InputKind(item.state.settings.kind)
        self._mean(item, meanings, now)
        post = self.posts[item.barrier]
        if kind in {InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT}:
            self._limits(post, now)
        elif kind in {InputKind.ENTRY_LOOP, InputKind.EXIT_LOOP, InputKind.BOOM_LOOP}:
            if active or not first:
                outcome = "on" if active else "off"
                news = News(EventKind.PRESENCE, kept=False, barrier=item.barrier, lane=item.lane, outcome=outcome)
                self.ways.publish(replace(news, what=kind))
            for lane, passed in post.loop(kind, item.lane, active=active, now=now):
                self._passage(post, lane, passed)

    def _limits(self, post: Gatepost, now: float) -> None:
        levels: dict[InputKind, bool | None] = {}
        for item in self.inputs.values():
            if item.barrier == post.settings.name:
                levels[InputKind(item.state.settings.kind)] = item.state.active
        at_open, at_closed = levels.get(InputKind.OPEN_LIMIT), levels.get(InputKind.CLOSED_LIMIT)
        if post.limits(at_open=at_open, at_closed=at_closed, now=now):
            name, where = post.settings.name, post.boom.position
            self.ways.publish(News(EventKind.POSITION, kept=False, barrier=name, outcome=where))

    def _mean(self, item: WiredInput, meanings: tuple[Meaning, ...], now: float) -> None:
        settings = item.state.settings
        for meaning in meanings:
            match meaning:
                case Meaning.OPEN | Meaning.HOLD:
                    button = settings.kind == InputKind.GUARD_BUTTON
                    order = orders.Order(
                        id=uuid.uuid4().hex,
                        do=Do.OPEN if meaning is Meaning.OPEN else Do.HOLD,
                        reason=Reason.GUARD_BUTTON if button else Reason.EXIT_LOOP,
                        lane=item.lane,
                        wired=True,
                        hold_s=settings.hold_minutes * 60 if meaning is Meaning.HOLD else None,
                        expires=now + WIRED_TTL_S + self.posts[item.barrier].settings.min_gap_s,
                    )
                    self._step(item.barrier, order, now)
                case Meaning.FIRE_ON | Meaning.FIRE_OFF:
                    turned = orders.FireTurned(meaning is Meaning.FIRE_ON, id=uuid.uuid4().hex, lane=item.lane)
                    self._step(item.barrier, turned, now)
                case Meaning.STUCK | Meaning.UNSTUCK:
                    self._input_alarm(item, "input_stuck", on=meaning is Meaning.STUCK)

    def _board_inputs(self, fact: InputsSeen, now: float) -> None:
        closed = dict(fact.closed)
        for name, item in self.inputs.items():
            settings = item.state.settings
            if settings.board and self.posts[settings.board].board == fact.board:
                self.contact_seen(name, closed.get(settings.board_input), now)

    # -- time ----------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Time has passed; called at least ten times a second."""
        for item in self.inputs.values():
            # a level that nobody can read any more, or that is in doubt, lets nobody out again and again
            if item.debounce.candidate is item.debounce.level:
                item.state, meanings = wired.elapsed(item.state, now)
                self._mean(item, meanings, now)
        for post in self.posts.values():
            for lane, passed in post.elapsed(now):
                self._passage(post, lane, passed)
            if post.stays_closed(now):
                self._alarm(post, "contact_stuck", on=True)
            for alarm in Alarm:
                self._alarm(post, alarm, on=alarm in post.boom.alarms)
            self._step(post.settings.name, orders.Tick(), now)

    # -- within --------------------------------------------------------------------------------------------------

    def _input(self, settings: InputSettings) -> WiredInput:
        barrier = settings.barrier or self.plan.barrier_of(settings.lane)
        assert barrier is not None
        return WiredInput(Wired(settings), Debounce(settings.debounce_s), barrier=barrier, lane=settings.lane or None)

    def _on(self, board: str, channel: int | None) -> list[Gatepost]:
        posts = self.posts.values()
        return [post for post in posts if post.board == board and channel in {None, post.channel}]

    def _step(self, name: str, event: orders.Event, now: float) -> None:
        post = self.posts[name]
        post.interlock, effects = interlock.step(post.interlock, event, now)
        if isinstance(event, orders.Order) and not event.wired and not _declined(event, effects):
            self._askers.once.begins(event.id)
        for effect in effects:
            match effect:
                case orders.ClosePulse():
                    job: Job = Pulse(post.channel, effect.token, effect.seconds, effect.expires)
                    self.ways.post(post.board, job)
                case orders.KeepClosed():
                    self.ways.post(post.board, Keep(post.channel, effect.token, effect.until))
                case orders.SwitchOff():
                    self.ways.post(post.board, Off(post.channel, effect.token))
                case orders.Answer():
                    self._answer(post, effect)
                case orders.Ended():
                    self._ended(post, effect)

    def _answer(self, post: Gatepost, answer: orders.Answer) -> None:
        order = answer.order
        name = post.settings.name
        outcome = Outcome.EXPIRED if answer.why == "expired" else answer.outcome
        reply = Reply(
            id=order.id,
            outcome=outcome,
            why=answer.why,
            detail=answer.detail,
            barrier=name,
            retry_after_s=answer.retry_after_s,
            held_s=interlock.granted_s(post.interlock, order) if outcome in TOLD else None,
            confirmed=answer.confirmed,
        )
        self._askers.begun(reply)
        if self._told.get(name) == (order.id, outcome):
            return  # a hold that tries again and again is told once
        self._told[name] = (order.id, outcome)
        news = News(
            EventKind.ACTED,
            # A refusal of a program is known to the program; what moved, or should have, is for the journal.
            kept=answer.moved and (order.wired or outcome in {*TOLD, Outcome.FAILED}),
            barrier=name,
            lane=order.lane,
            request_id=order.id,
            reason=order.reason,
            outcome=outcome,
            what=Do.OPEN if order.do is Do.TEST else order.do,
            detail=answer.detail or answer.why,
        )
        self.ways.publish(news)

    def _ended(self, post: Gatepost, ended: orders.Ended) -> None:
        order = ended.order
        if order is not None:
            self._askers.ended(order.id, ended.outcome)
        news = News(
            ended.kind,
            kept=ended.outcome not in {"off", "unconfirmed"} or ended.what == "hold",
            barrier=post.settings.name,
            lane=order.lane if order else None,
            request_id=order.id if order else "",
            reason=order.reason if order else None,
            outcome=ended.outcome,
            what=ended.what,
            detail=ended.detail,
        )
        self.ways.publish(news)

    def _passage(self, post: Gatepost, lane: str | None, outcome: str) -> None:
        self.ways.publish(
            News(EventKind.PASSAGE, kept=True, barrier=post.settings.name, lane=lane, outcome=outcome),
        )

    def _alarm(self, post: Gatepost, alarm: str, *, on: bool, detail: str = "") -> None:
        if on is (alarm in post.alarms):
            return
        (post.alarms.add if on else post.alarms.discard)(alarm)
        kind = EventKind.ALARM if on else EventKind.CLEARED
        news = News(kind, kept=True, barrier=post.settings.name, outcome=alarm, detail=detail)
        self.ways.publish(news)

    def _input_alarm(self, item: WiredInput, alarm: str, *, on: bool) -> None:
        kind = EventKind.ALARM if on else EventKind.CLEARED
        what = item.state.settings.name
        self.ways.publish(News(kind, kept=True, barrier=item.barrier, lane=item.lane, outcome=alarm, what=what))


def _declined(order: orders.Order, effects: tuple[orders.Effect, ...]) -> bool:
    """The order was turned down at once: nothing is done for it."""
    answers = [item for item in effects if isinstance(item, orders.Answer) and item.order is order]
    return any(item.outcome in {Outcome.REFUSED, Outcome.EXPIRED} for item in answers)

"""When the contact may be closed, against a board that does what it is told, late or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from core.words.outcomes import OPENED, Outcome
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
from relay.barrier.interlock import HOLD_LEASE_S
from relay.barrier.state import BarrierLimits, Interlock
from relay.protocol import Do

TURN_S = 0.1
LIMITS = BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600.0, repeat_s=None)


@dataclass
class Bench:
    """An interlock, a clock and a board that answers on the next turn."""

    limits: BarrierLimits = LIMITS
    fails: bool = False
    slow: bool = False
    """The board does not answer before `answer` is called."""
    unanswered: bool = False
    """The board obeys, and its answers are lost."""
    now: float = 100.0
    state: Interlock = field(init=False)
    answers: list[Answer] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    begun: list[tuple[str, str]] = field(default_factory=list)
    """Beginnings and ends of holds, in the order in which they were told: id, and `begun` or `ended`."""
    spans: list[list[float | None]] = field(default_factory=list)
    """When the contact closed and opened."""
    off_at: float | None = None
    token: int = 0
    told: tuple[int, float] | None = None
    """What a slow board still has to do: token and seconds."""

    def __post_init__(self) -> None:
        self.state = Interlock(self.limits)

    @property
    def closed(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] is None

    def tell(self, event: Event) -> None:
        self.state, effects = interlock.step(self.state, event, self.now)
        for effect in effects:
            self._perform(effect)
            self._follow(effect)

    def order(
        self,
        name: str,
        do: Do = Do.OPEN,
        *,
        wired: bool = False,
        hold_s: float | None = None,
        reason: Reason = Reason.CONSOLE,
    ) -> None:
        reason = Reason.GUARD_BUTTON if wired else reason
        self.tell(Order(name, do, reason, wired=wired, hold_s=hold_s, expires=self.now + 5))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += TURN_S
            if self.closed and self.off_at is not None and self.now >= self.off_at:
                self._open()
            self.tell(Tick())

    def answer(self) -> None:
        """The slow board does at last what it was told, or fails."""
        self.slow = False
        if self.told is not None:
            token, seconds = self.told
            self.told = None
            self._close(token, self.now + seconds)

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(answer.order.id, answer.outcome, answer.why) for answer in self.answers]

    def _follow(self, effect: Effect) -> None:
        """Beginnings and ends of holds."""
        match effect:
            case Answer(order=order) if order.do is Do.HOLD and effect.outcome in OPENED:
                self.begun.append((order.id, "begun"))
            case Resumed(order=order):
                assert self.closed or self.limits.repeat_s is not None, "told of a contact that is open"
                self.begun.append((order.id, "begun"))
            case Ended(order=Order() as order, what="hold"):
                self.begun.append((order.id, "ended"))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Answer():
                moved = effect.outcome is Outcome.DONE and effect.order.do is not Do.RELEASE
                if moved and effect.why != "pause" and self.limits.repeat_s is None:
                    assert self.closed, "told of a contact that is open"
                self.answers.append(effect)
            case Ended():
                self.ended.append(effect)
            case ClosePulse(token, seconds, _):
                self._close(token, self.now + seconds)
            case KeepClosed(token, until):
                assert until <= self.now + HOLD_LEASE_S
                if self.closed and token == self.token:
                    self.off_at = until
                else:
                    self._close(token, until)
            case SwitchOff():
                self._open()

    def _close(self, token: int, off_at: float) -> None:
        assert not self.closed, "a second command while one is running"
        if self.spans:
            last = self.spans[-1][1]
            assert last is not None
            assert self.now - last >= self.limits.min_gap_s - 1e-9, "the gap was not kept"
        self.token = token
        if self.slow:
            self.told = (token, off_at - self.now)
            return
        if self.fails:
            self.tell(Failed(token, "lost", "нет связи"))
            return
        self.off_at = off_at
        self.spans.append([self.now, None])
        self.tell(Began(token, confirmed=False, detail="шум на линии") if self.unanswered else Began(token))

    def _open(self) -> None:
        if self.closed:
            self.spans[-1][1] = self.now
            self.off_at = None
            self.tell(WentOff(self.token, confirmed=True))


class TestOpen:
    def test_one_order_is_one_pulse(self) -> None:
        """An order closes the contact for the length of the pulse and is answered when it closed."""
        bench = Bench()
        bench.order("a")
        bench.run(5)

        assert [("a", Outcome.DONE, "")] == bench.outcomes()
        assert len(bench.spans) == 1

    def test_a_second_is_refused_until_the_gap_is_over(self) -> None:
        """A program's order during pulse or gap is refused, with the time after which to come back."""
        bench = Bench()
        bench.order("a")
        bench.run(0.3)
        bench.order("b")
        bench.run(1)
        bench.order("c")
        bench.run(3)
        bench.order("d")

        assert [outcome for _, outcome, _ in bench.outcomes()] == ["done", "refused", "refused", "done"]
        assert bench.answers[1].retry_after_s is not None
        assert len(bench.spans) == 2

    def test_a_press_in_the_pulse_joins_it(self) -> None:
        """A person's press while the pulse runs has had its effect already."""
        bench = Bench()
        bench.order("a")
        bench.run(0.3)
        bench.order("press", wired=True)
        bench.run(5)

        assert ("press", Outcome.DONE, "joined") in bench.outcomes()
        assert len(bench.spans) == 1

    def test_a_press_in_the_gap_waits(self) -> None:
        """A person's press in the gap opens when the gap is over."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("press", wired=True)
        bench.run(5)

        assert ("press", Outcome.DONE, "") in bench.outcomes()
        assert len(bench.spans) == 2

    def test_what_waits_too_long_expires(self) -> None:
        """Even a press is not obeyed later than its time."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=20, max_hold_s=600, repeat_s=None))
        bench.order("a")
        bench.run(2)
        bench.order("press", wired=True)
        bench.run(30)

        assert ("press", Outcome.EXPIRED, "expired") in bench.outcomes()
        assert len(bench.spans) == 1

    def test_a_board_that_fails_is_told(self) -> None:
        """When the board cannot be told, the requester hears `failed` and nothing is tried again."""
        bench = Bench(fails=True)
        bench.order("a")
        bench.run(5)

        assert [("a", Outcome.FAILED, "lost")] == bench.outcomes()

    def test_a_press_is_answered_with_what_became_of_the_pulse(self) -> None:
        """Presses that join a pulse before the board has obeyed are told how it went, not that it will."""
        for fails, outcome in ((False, Outcome.DONE), (True, Outcome.FAILED)):
            bench = Bench(slow=True, fails=fails)
            bench.order("a")
            bench.order("press", wired=True)
            bench.order("another", wired=True)
            assert bench.outcomes() == []
            bench.answer()
            bench.run(5)

            assert [outcome] * 3 == [answer.outcome for answer in bench.answers]
            assert len(bench.spans) == (0 if fails else 1)

    def test_a_lost_answer_is_told_to_everybody(self) -> None:
        """When the board did not confirm, whoever the pulse served hears that nobody knows, and why."""
        bench = Bench(unanswered=True)
        bench.order("a")
        bench.run(0.3)
        bench.order("press", wired=True)
        bench.run(5)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.run(1)
        bench.order("b")

        unknown = Outcome.UNCONFIRMED
        assert [("a", unknown, ""), ("press", unknown, "joined"), ("h", unknown, ""), ("b", unknown, "held")] == (
            bench.outcomes()
        )
        assert all("шум на линии" in answer.detail for answer in bench.answers)
        assert len(bench.spans) == 2

    def test_presses_in_the_gap_share_one_pulse(self) -> None:
        """All who press in the gap are told of the one pulse that follows, whether it succeeded or not."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("press", wired=True)
        bench.order("another", wired=True)
        bench.fails = True
        bench.run(5)

        assert [("press", Outcome.FAILED, "lost"), ("another", Outcome.FAILED, "lost")] == bench.outcomes()[1:]


class TestHold:
    def held_and_lost(self, *, repeat_s: float | None = None) -> Bench:
        """A hold whose board was lost while the contact was closed."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600, repeat_s=repeat_s))
        bench.order("h", Do.HOLD, hold_s=300)
        bench.run(0.3)
        bench.fails = True
        bench.spans[-1][1], bench.off_at = bench.now, None
        bench.tell(Failed(bench.token, "lost", "нет связи"))
        bench.run(3)
        return bench

    def test_nobody_is_told_of_a_hold_that_is_none(self) -> None:
        """With the board gone a barrier is not held: who asks hears that it failed, until the board is back."""
        for repeat_s in (None, 5.0):
            bench = self.held_and_lost(repeat_s=repeat_s)
            bench.order("a")
            bench.order("again", Do.HOLD, hold_s=300)
            bench.order("press", wired=True)
            bench.run(2)
            lost = [(name, Outcome.FAILED, "lost") for name in ("a", "again", "press")]
            assert lost == bench.outcomes()[1:]
            bench.fails = False
            bench.run(3)
            bench.order("b")

            assert ("b", Outcome.DONE, "held") in bench.outcomes()

    def test_a_hold_after_a_failure_is_tried(self) -> None:
        """A hold asked for in the pause after a failure is answered when it was tried."""
        for fails, outcome in ((False, Outcome.DONE), (True, Outcome.FAILED)):
            bench = Bench(fails=True)
            bench.order("a")
            bench.fails = fails
            bench.order("h", Do.HOLD, hold_s=300)
            assert [("a", Outcome.FAILED, "lost")] == bench.outcomes()
            bench.run(3)

            assert ("h", outcome) == bench.outcomes()[-1][:2]
            assert bench.closed is not fails

    def test_an_open_while_a_hold_begins_waits_for_it(self) -> None:
        """Whoever asks while a hold is being begun hears how that went."""
        bench = Bench(slow=True, fails=True)
        bench.order("h", Do.HOLD, hold_s=300)
        bench.order("a")
        bench.order("again", Do.HOLD, hold_s=300)
        assert bench.outcomes() == []
        bench.answer()
        bench.run(5)

        assert [(name, Outcome.FAILED, "lost") for name in ("h", "a", "again")] == bench.outcomes()
        assert not bench.state.held

    def test_a_hold_released_before_it_began_is_answered(self) -> None:
        """Releasing a hold that still waits tells both requesters."""
        bench = Bench(fails=True)
        bench.order("a")
        bench.order("h", Do.HOLD, hold_s=300)
        bench.order("r", Do.RELEASE)
        bench.run(5)

        assert {("h", Outcome.FAILED, "released"), ("r", Outcome.DONE, "")} <= set(bench.outcomes())

    def test_a_hold_ends_by_itself(self) -> None:
        """A hold keeps the contact closed for its time, then opens it, and says so."""
        bench = Bench()
        bench.order("h", Do.HOLD, hold_s=30)
        bench.run(29)
        assert bench.closed
        bench.run(3)

        assert not bench.closed
        assert [("hold", "off")] == [(ended.what, ended.outcome) for ended in bench.ended]

    def test_a_release_ends_it(self) -> None:
        """`release` opens the contact at once."""
        bench = Bench()
        bench.order("h", Do.HOLD, hold_s=300)
        bench.run(5)
        bench.order("r", Do.RELEASE)
        bench.run(0.2)

        assert not bench.closed

    def test_it_has_a_longest_time(self) -> None:
        """No request holds longer than the setting allows."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=10, repeat_s=None))
        bench.order("h", Do.HOLD, hold_s=1e9)
        bench.run(12)

        assert not bench.closed

    def test_an_open_while_held_is_done(self) -> None:
        """An order for a barrier that is held open is done, and does not end the hold."""
        bench = Bench()
        bench.order("h", Do.HOLD, hold_s=60)
        bench.run(2)
        bench.order("a")
        bench.run(5)

        assert ("a", Outcome.DONE, "held") in bench.outcomes()
        assert bench.closed

    def test_a_hold_whose_board_was_lost_is_told_ended_once(self) -> None:
        """The loss is its end; found again, the hold is told begun anew and ends anew; never found, nothing more is told."""
        found = self.held_and_lost()
        found.fails = False
        found.run(400)
        assert [("h", "begun"), ("h", "ended")] * 2 == found.begun
        assert ["unknown", "off"] == [end.outcome for end in found.ended]
        for release in (False, True):
            never = self.held_and_lost()
            if release:
                never.order("r", Do.RELEASE)
            never.run(400)
            assert [("h", "begun"), ("h", "ended")] == never.begun

    def test_a_lost_hold_that_is_let_go_while_it_is_tried(self) -> None:
        """Where the board obeys after all the contact was closed: that is told, and that it opened. Else nothing is."""
        for fails in (False, True):
            bench = self.held_and_lost()
            bench.fails, bench.slow = False, True
            bench.run(3)
            bench.order("r", Do.RELEASE)
            bench.fails = fails
            bench.answer()
            bench.run(5)
            assert [("h", "begun"), ("h", "ended")] * (1 if fails else 2) == bench.begun
            assert not bench.closed

    def test_a_hold_after_pulses_that_held_is_promised(self) -> None:
        """A barrier held by pulses is let go, and its next pulse is far: whoever then holds in the gap is not told held."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600, repeat_s=10))
        bench.order("h", Do.HOLD, hold_s=60)
        bench.run(1)
        bench.order("r", Do.RELEASE)
        bench.order("again", Do.HOLD, hold_s=60)
        assert ("again", Outcome.DONE, "pause") == bench.outcomes()[-1]
        bench.order("b")
        assert "again" == bench.outcomes()[-1][0], "an opening waits for the pulse as well"
        bench.run(5)
        assert 2 == len(bench.spans)
        assert ("b", Outcome.DONE, "held") == bench.outcomes()[-1]

    def test_a_hold_in_the_gap_begins_after_it(self) -> None:
        """A hold asked for in the gap keeps the gap."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.run(5)

        assert bench.closed
        assert len(bench.spans) == 2

    def test_nobody_is_told_in_the_gap_of_a_hold_that_has_not_begun(self) -> None:
        """The contact is open: who asks for a hold then hears when it begins, and nothing of the pulse before."""
        bench = Bench(unanswered=True)
        bench.order("a")
        bench.run(1)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.order("other", Do.HOLD, hold_s=30, reason=Reason.CLOUD_COMMAND)
        assert not bench.closed
        bench.run(5)

        told = [(answer.outcome, answer.why, answer.confirmed) for answer in bench.answers[1:]]
        assert [(Outcome.DONE, "pause", None)] * 2 == told
        assert all("начнётся после паузы, через 1." in answer.detail for answer in bench.answers[1:])
        bench.order("c")
        assert ("c", Outcome.UNCONFIRMED, "held") == bench.outcomes()[-1]

    def test_a_hold_that_is_over_before_the_gap_is_refused(self) -> None:
        """Nobody is promised a hold that would never begin; whoever asks again later gets it."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("h", Do.HOLD, hold_s=1)
        bench.run(5)

        assert ("h", Outcome.REFUSED, "busy") == bench.outcomes()[-1]
        assert 0 < (bench.answers[-1].retry_after_s or 0) <= bench.limits.min_gap_s
        assert ["a"] == [end.order.id for end in bench.ended if end.order]

    def test_an_opening_in_the_gap_of_a_hold_waits_for_the_board(self) -> None:
        """It is done when the contact closes, for the hold or, if that is released before, by a pulse of its own."""
        for released in (False, True):
            bench = Bench()
            bench.order("a")
            bench.run(1)
            bench.order("h", Do.HOLD, hold_s=60)
            bench.order("b")
            assert [] == [answer for answer in bench.answers if answer.order.id == "b"]
            if released:
                bench.order("r", Do.RELEASE)
                assert ["удержание снято раньше, чем началось"] == [end.detail for end in bench.ended[1:]]
            bench.run(5)
            assert ("b", Outcome.DONE, "" if released else "held") == bench.outcomes()[-1]
            assert 2 == len(bench.spans)
            assert bench.closed is not released

    def test_an_opening_that_would_wait_too_long_for_a_hold_is_refused(self) -> None:
        """Its caller would give up before the pause is over, and not know whether the barrier opened."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=10, max_hold_s=600, repeat_s=None))
        bench.order("a")
        bench.run(1)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.order("b")

        assert ("b", Outcome.REFUSED, "busy") == bench.outcomes()[-1]

    def test_a_hold_promised_in_the_gap_that_fails_is_told(self) -> None:
        """A board that is lost in the gap: once it is said that nobody knows of the hold; it is tried on."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.tell(FireTurned(active=True, id="fire"))
        bench.fails = True
        bench.run(10)

        told = [(end.order.id, end.outcome, end.what) for end in bench.ended if end.order and end.order.id != "a"]
        assert [("h", "unknown", "hold"), ("fire", "unknown", "hold")] == told
        bench.fails = False
        bench.run(5)
        assert bench.closed

    def test_by_pulses_where_the_barrier_wants_them(self) -> None:
        """With `repeat_s` a hold is a pulse every so often."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600, repeat_s=10))
        bench.order("h", Do.HOLD, hold_s=35)
        bench.run(60)

        assert len(bench.spans) == 4
        assert [("h", Outcome.DONE, "")] == bench.outcomes()

    def test_a_failing_board_ends_a_hold_but_not_the_fire_input(self) -> None:
        """The requester of a hold hears that it failed; the fire input is tried again until the board is back."""
        bench = Bench(fails=True)
        bench.order("h", Do.HOLD, hold_s=60)
        bench.run(5)
        bench.tell(FireTurned(active=True, id="fire"))
        bench.run(5)
        assert not bench.closed
        bench.fails = False
        bench.run(5)

        assert ("h", Outcome.FAILED, "lost") in bench.outcomes()
        assert bench.closed


class TestRequesters:
    """Holds are kept per requester: the button, the console, the cloud."""

    def guarded(self, *, repeat_s: float | None = None) -> Bench:
        """Held by the wired button for ten minutes."""
        bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=3600, repeat_s=repeat_s))
        bench.order("button", Do.HOLD, wired=True, hold_s=600)
        bench.run(5)
        return bench

    def ends(self, bench: Bench) -> list[tuple[str, str]]:
        return [(end.order.id, end.outcome) for end in bench.ended if end.what == "hold" and end.order]

    def test_a_program_shortens_no_hold_of_the_guard(self) -> None:
        """A shorter hold of a program is granted, and the barrier stays open until the guard's is over."""
        bench = self.guarded()
        bench.order("program", Do.HOLD, hold_s=3)
        bench.run(60)
        assert bench.closed
        bench.run(540)

        assert not bench.closed
        assert ("program", Outcome.DONE, "held") in bench.outcomes()
        assert "кнопка охраны" in bench.answers[-1].detail
        assert [("program", "over"), ("button", "off")] == self.ends(bench)

    def test_a_program_releases_only_its_own(self) -> None:
        """`release` ends the hold of whoever asks; with none of his own he hears who holds, and is refused."""
        bench = self.guarded()
        bench.order("r1", Do.RELEASE)
        bench.order("h", Do.HOLD, hold_s=3000)
        bench.order("r2", Do.RELEASE, reason=Reason.CLOUD_COMMAND)
        bench.order("r3", Do.RELEASE)
        bench.run(60)

        refused = (Outcome.REFUSED, "not_yours")
        assert [refused, (Outcome.DONE, "held"), refused, (Outcome.DONE, "others_hold")] == [
            (outcome, why) for _, outcome, why in bench.outcomes()[1:]
        ]
        assert "кнопка охраны" in bench.answers[1].detail
        assert bench.closed
        assert [("h", "released")] == self.ends(bench)

    def test_the_latest_end_wins(self) -> None:
        """A longer hold of a program goes on after the guard's is over."""
        bench = self.guarded()
        bench.order("h", Do.HOLD, hold_s=1000)
        bench.run(900)
        assert bench.closed
        bench.run(110)

        assert not bench.closed
        assert [("button", "over"), ("h", "off")] == self.ends(bench)

    def test_nobody_but_a_wire_is_the_button(self) -> None:
        """A program that says it is the guard's button is a program all the same."""
        bench = self.guarded()
        bench.order("r", Do.RELEASE, reason=Reason.GUARD_BUTTON)
        bench.run(5)

        assert bench.closed
        assert bench.outcomes()[-1] == ("r", Outcome.REFUSED, "not_yours")

    def test_a_hold_made_longer_at_its_very_end_does_not_open(self) -> None:
        """Whoever asks again just before the end keeps the contact closed without a gap."""
        bench = Bench()
        bench.order("h", Do.HOLD, hold_s=3.05)
        bench.run(3)
        bench.order("again", Do.HOLD, hold_s=3)
        bench.run(2)

        assert bench.closed
        assert len(bench.spans) == 1

    def test_a_program_may_shorten_its_own(self) -> None:
        """Asked again, a program's hold counts from then; two presses of the button never shorten each other."""
        bench = Bench()
        bench.order("long", Do.HOLD, hold_s=500)
        bench.run(1)
        bench.order("short", Do.HOLD, hold_s=3)
        bench.run(5)
        assert not bench.closed
        bench.order("b1", Do.HOLD, wired=True, hold_s=500)
        bench.run(5)
        bench.order("b2", Do.HOLD, wired=True, hold_s=60)
        bench.run(100)

        assert bench.closed

    def test_each_end_is_told_once_where_pulses_hold(self) -> None:
        """With repeated pulses too every hold's end is told, whether it was released or its time was over."""
        bench = self.guarded(repeat_s=10)
        bench.order("h", Do.HOLD, hold_s=30)
        bench.run(60)
        bench.order("h2", Do.HOLD, hold_s=300)
        bench.order("r", Do.RELEASE)
        bench.run(600)

        assert [("h", "over"), ("h2", "released"), ("button", "off")] == self.ends(bench)


REQUESTERS = (Reason.GUARD_BUTTON, Reason.CONSOLE, Reason.CLOUD_COMMAND)
MOVES = st.lists(
    st.tuples(st.sampled_from(REQUESTERS), st.one_of(st.none(), st.floats(1, 60)), st.floats(0.1, 30)), max_size=20
)


@settings(max_examples=60, deadline=None)
@given(moves=MOVES, fire=st.booleans())
def test_the_barrier_is_held_as_long_as_anybody_holds_it(
    moves: list[tuple[Reason, float | None, float]], *, fire: bool
) -> None:
    """Whoever asks to hold (for so long) or to release, the contact is closed while one hold is left, and each end told."""
    bench = Bench()
    until: dict[Reason, tuple[str, float]] = {}
    superseded: set[str] = set()
    held: list[str] = []
    for number, (requester, hold_s, wait_s) in enumerate(moves):
        name, wired = str(number), requester is Reason.GUARD_BUTTON
        if fire and number == 5:
            bench.tell(FireTurned(active=True, id="fire"))
        if fire and number == 9:
            bench.tell(FireTurned(active=False))
        if hold_s is None:
            bench.order(name, Do.RELEASE, wired=wired, reason=requester)
            until.pop(requester, None)
        else:
            before, end = until.get(requester, ("", 0.0))
            if end > bench.now:
                superseded.add(before)
            until[requester] = (name, max(end if wired else 0.0, bench.now + hold_s))
            bench.order(name, Do.HOLD, wired=wired, hold_s=hold_s, reason=requester)
            held.append(name)
        bench.run(wait_s)
        lit = fire and 5 <= number < 9
        last = max((end for _, end in until.values()), default=0.0)
        opened_again = bench.spans and bench.spans[-1][1] is not None and bench.now - bench.spans[-1][1] < 1.8
        if (last > bench.now or lit) and not opened_again:
            assert bench.closed
        if last < bench.now - 0.2 and not lit:
            assert not bench.closed
    bench.tell(FireTurned(active=False))
    bench.run(70)

    ends = [end.order.id for end in bench.ended if end.what == "hold" and end.order and end.order.id != "fire"]
    refused = {
        answer.order.id for answer in bench.answers if answer.outcome is Outcome.REFUSED
    }  # over before it begins
    assert sorted(name for name in held if name not in superseded | refused) == sorted(ends)


class TestFire:
    def test_the_contact_opens_in_the_name_of_what_held_it_last(self) -> None:
        """A hold that was over while the fire input held on is not told as what ended when that is quiet again."""
        bench = Bench()
        bench.order("h", Do.HOLD, hold_s=5)
        bench.run(2)
        bench.tell(FireTurned(active=True, id="fire"))
        bench.run(20)
        bench.tell(FireTurned(active=False))
        bench.run(2)

        told = [(end.order.id, end.outcome) for end in bench.ended if end.order]
        assert [("h", "over"), ("fire", "released"), ("fire", "off")] == told

    def test_a_press_that_waits_is_answered(self) -> None:
        """Who waits for the end of the gap while the fire input opens the barrier has what he wanted."""
        bench = Bench()
        bench.order("a")
        bench.run(1)
        bench.order("press", wired=True)
        bench.tell(FireTurned(active=True, id="fire"))
        bench.run(5)

        assert ("press", Outcome.DONE, "held") in bench.outcomes()

    def test_it_outlasts_everything(self) -> None:
        """Nothing but the fire input itself ends what the fire input holds."""
        bench = Bench()
        bench.tell(FireTurned(active=True, id="fire"))
        bench.run(1000)
        bench.order("r", Do.RELEASE)
        bench.run(10)
        assert bench.closed
        assert ("r", Outcome.DONE, "fire") in bench.outcomes()
        bench.tell(FireTurned(active=False))
        bench.run(1)

        assert not bench.closed


STEPS = st.one_of(
    st.tuples(st.just("run"), st.floats(0.1, 4)),
    st.tuples(st.sampled_from(["open", "press", "hold", "release"]), st.floats(0.5, 20)),
    st.tuples(st.sampled_from(["fire", "fails", "slow"]), st.booleans()),
)


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, max_size=25), repeat=st.booleans())
def test_whatever_happens(steps: list[tuple[str, float]], *, repeat: bool) -> None:
    """One command at a time, the gap kept, each order answered once, no hold ended more often than begun, and everything open in the end."""
    bench = Bench(limits=BarrierLimits(pulse_s=0.7, min_gap_s=1.5, max_hold_s=600, repeat_s=5 if repeat else None))
    asked: list[str] = []
    for number, (what, value) in enumerate(steps):
        if what == "run":
            bench.run(value)
        elif what == "fails":
            bench.fails = bool(value)
        elif what == "slow":
            if value:
                bench.slow = True
            elif bench.slow:
                bench.answer()
        elif what == "fire":
            bench.tell(FireTurned(active=bool(value), id=f"fire{number}"))
        else:
            do = {"open": Do.OPEN, "press": Do.OPEN, "hold": Do.HOLD, "release": Do.RELEASE}[what]
            asked.append(str(number))
            bench.order(str(number), do, wired=what == "press", hold_s=value if do is Do.HOLD else None)
    bench.fails = False
    bench.answer()
    bench.tell(FireTurned(active=False))
    bench.run(40)

    told = [answer.order.id for answer in bench.answers if not answer.order.id.startswith("fire")]
    assert sorted(asked) == sorted(told)
    assert not bench.closed
    for name in asked:
        assert bench.begun.count((name, "ended")) <= bench.begun.count((name, "begun"))
    if repeat:
        assert all(end is not None and end - begin < 0.9 for begin, end in bench.spans)

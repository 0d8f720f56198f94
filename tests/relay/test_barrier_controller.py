"""Buttons, loops, the fire input and limit switches through the controller, with a board that always obeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.boards.seam import Contact, Health
from relay.input_settings import InputKind, InputSettings
from relay.process.barrier_controller import BarrierController
from relay.process.outlets import News, Outlets
from relay.process.status import barrier_status, input_status
from relay.protocol import Do, EventKind, Reply, Request
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from relay.workers.jobs import (
    BoardHealth,
    CommandFailed,
    ContactSeen,
    Fact,
    InputsSeen,
    Job,
    Keep,
    Off,
    OutputOff,
    OutputOn,
    Pulse,
)

TURN_S = 0.05
PINS = {kind: number for number, kind in enumerate(InputKind, start=2)}
BARRIER = BarrierSettings(name="main", pulse_s=0.7, min_gap_s=1.5, open_within_s=5, left_open_s=20)
LANES = (LaneRoute("entry", "entry", "main"), LaneRoute("exit", "exit", "main"))

LANE_OF = {InputKind.ENTRY_LOOP: "entry", InputKind.EXIT_LOOP: "exit", InputKind.CALL_BUTTON: "entry"}


@dataclass
class Site:
    """A controller with one input of each kind named in `kinds`, a clock and an obedient board."""

    kinds: tuple[InputKind, ...] = ()
    closed: set[InputKind] = field(default_factory=set)
    now: float = 1000.0
    news: list[News] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    turn_s: float = TURN_S
    pulses: int = 0
    confirmed: bool | None = True
    """What the board says of its commands."""
    kept: bool = False
    """The contact is kept closed."""
    off_at: float | None = None
    token: int = 0

    def __post_init__(self) -> None:
        inputs = tuple(
            InputSettings(
                name=kind,
                kind=kind,
                pin=PINS[kind],
                barrier="" if kind in LANE_OF else "main",
                lane=LANE_OF.get(kind, ""),
            )
            for kind in self.kinds
        )
        plan = RelayPlan(state_dir="", barriers=(BARRIER,), lanes=LANES, inputs=inputs)
        outlets = Outlets(
            post=self._post,
            reply=lambda _requester, reply: self.replies.append(reply),
            publish=self.news.append,
            said_since=lambda _board, _moment: ("→ A0 01 01 A2",),
        )
        self.unplugged: set[InputKind] = set()
        self._facts: list[Fact] = []
        self.controller = BarrierController(plan, outlets)
        self.run(0.5)
        self.news.clear()

    def _post(self, _board: str, job: Job) -> None:
        match job:
            case Pulse():
                self.pulses += 1
                self.token, self.off_at = job.token, self.now + job.seconds
                self._facts.append(
                    OutputOn("main", 1, job.token, self.confirmed, "нет ответа" * (self.confirmed is False))
                )
            case Keep():
                if not self.kept:
                    self._facts.append(
                        OutputOn("main", 1, job.token, self.confirmed, "нет ответа" * (self.confirmed is False))
                    )
                self.token, self.kept, self.off_at = job.token, True, job.until
            case Off():
                self.off_at = self.now
            case _:
                raise AssertionError(job)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += self.turn_s
            if self.off_at is not None and self.now >= self.off_at:
                self.off_at, self.kept = None, False
                self._facts.append(OutputOff("main", 1, self.token, confirmed=True))
            for kind in self.kinds:
                self.controller.contact_seen(kind, None if kind in self.unplugged else kind in self.closed, self.now)
            facts, self._facts[:] = list(self._facts), []
            for fact in facts:
                self.controller.hear(fact, self.now)
            self.controller.tick(self.now)

    def press(self, kind: InputKind, seconds: float, *, then: float = 1.0) -> None:
        """Close the contact for a while."""
        self.closed.add(kind)
        self.run(seconds)
        self.closed.discard(kind)
        self.run(then)

    def told(self, *kinds: EventKind) -> list[tuple[str, str]]:
        return [(news.what, news.outcome) for news in self.news if news.kind in kinds]


class TestGuardButton:
    def test_a_press_opens_once(self) -> None:
        """A short press is one pulse, with its reason, and is kept for the journal."""
        site = Site((InputKind.GUARD_BUTTON,))
        site.press(InputKind.GUARD_BUTTON, 0.5, then=5)

        acted = [news for news in site.news if news.kind is EventKind.ACTED]
        assert [(Reason.GUARD_BUTTON, Outcome.DONE, True)] == [(n.reason, n.outcome, n.kept) for n in acted]
        assert site.pulses == 1

    def test_a_spike_is_no_press(self) -> None:
        """Thirty milliseconds of noise, seen by three looks in a row, open nothing."""
        site = Site((InputKind.GUARD_BUTTON,), turn_s=0.01)
        site.press(InputKind.GUARD_BUTTON, 0.03, then=3)
        assert site.pulses == 0
        site.press(InputKind.GUARD_BUTTON, 0.07, then=3)

        assert site.pulses == 1

    def test_bouncing_is_no_press(self) -> None:
        """A contact that does not stay closed for its debounce time means nothing."""
        site = Site((InputKind.GUARD_BUTTON,))
        for _ in range(10):
            site.press(InputKind.GUARD_BUTTON, TURN_S, then=TURN_S)
        site.run(5)

        assert site.pulses == 0

    def test_a_long_press_holds_for_a_time(self) -> None:
        """A press of some seconds holds the barrier open, and the hold ends by itself."""
        site = Site((InputKind.GUARD_BUTTON,))
        site.press(InputKind.GUARD_BUTTON, 4, then=5)
        assert site.kept
        site.run(10.5 * 60)

        assert not site.kept
        assert ("hold", Outcome.DONE) in site.told(EventKind.ACTED)

    def test_a_stuck_button_is_an_alarm(self) -> None:
        """A button that stays pressed opens once and raises an alarm; it holds nothing."""
        site = Site((InputKind.GUARD_BUTTON,))
        site.press(InputKind.GUARD_BUTTON, 60, then=5)

        assert site.pulses == 1
        assert not site.kept
        assert [("guard_button", "input_stuck")] == site.told(EventKind.ALARM)
        assert [("guard_button", "input_stuck")] == site.told(EventKind.CLEARED)

    def test_pressed_at_the_start_is_no_press(self) -> None:
        """A button found pressed when the process starts opens nothing until it was released."""
        site = Site((InputKind.GUARD_BUTTON,), closed={InputKind.GUARD_BUTTON})
        site.run(5)
        assert site.pulses == 0
        site.closed.clear()
        site.run(2)
        site.press(InputKind.GUARD_BUTTON, 0.3)

        assert site.pulses == 1

    def test_a_program_cannot_end_what_the_guard_holds(self) -> None:
        """A short hold of a program, and its release, leave the guard's hold as it is; every end is for the journal."""
        site = Site((InputKind.GUARD_BUTTON,))
        site.press(InputKind.GUARD_BUTTON, 4, then=5)
        for name, do, hold_s in (("h", Do.HOLD, 3.0), ("r", Do.RELEASE, None)):
            site.controller.ask(1, Request(name, do, barrier="main", expires=site.now + 1, hold_s=hold_s), site.now)
            site.run(5)
        assert site.kept
        site.run(10 * 60)

        assert not site.kept
        assert [("h", Outcome.DONE), ("r", Outcome.REFUSED)] == [(reply.id, reply.outcome) for reply in site.replies]
        ends = [(news.reason, news.outcome, news.kept) for news in site.news if news.kind is EventKind.ENDED]
        assert ends[1:] == [(Reason.CONSOLE, "over", True), (Reason.GUARD_BUTTON, "off", True)]


class TestExitLoop:
    def test_a_car_on_it_is_let_out(self) -> None:
        """A vehicle on the exit loop opens, with nobody asked."""
        site = Site((InputKind.EXIT_LOOP,))
        site.press(InputKind.EXIT_LOOP, 1, then=3)

        assert site.pulses == 1
        assert [(Reason.EXIT_LOOP, "exit")] == [(n.reason, n.lane) for n in site.news if n.kind is EventKind.ACTED]

    def test_a_car_that_waits_is_let_out_again(self) -> None:
        """A vehicle that still stands there after a while gets another pulse."""
        site = Site((InputKind.EXIT_LOOP,))
        site.press(InputKind.EXIT_LOOP, 20)

        assert site.pulses == 3

    def test_a_car_found_at_the_start_is_let_out(self) -> None:
        """A vehicle that stood on the loop when the power came back is let out."""
        site = Site((InputKind.EXIT_LOOP,), closed={InputKind.EXIT_LOOP})

        assert site.pulses == 1

    def test_a_loop_that_nobody_can_read_stops_pulsing(self) -> None:
        """When the loop's board is unplugged under a car, its last level lets nobody out again and again."""
        site = Site((InputKind.EXIT_LOOP,))
        site.closed.add(InputKind.EXIT_LOOP)
        site.run(3)
        site.unplugged.add(InputKind.EXIT_LOOP)
        site.run(100)

        assert site.pulses == 1

    def test_a_stuck_loop_stops_pulsing(self) -> None:
        """A loop that is busy for ever becomes an alarm and no longer opens."""
        site = Site((InputKind.EXIT_LOOP,))
        site.closed.add(InputKind.EXIT_LOOP)
        site.run(300)
        pulses = site.pulses
        site.run(100)

        assert pulses == site.pulses
        assert [("exit_loop", "input_stuck")] == site.told(EventKind.ALARM)


class TestFire:
    def test_it_holds_while_active(self) -> None:
        """The fire input keeps the barrier open for as long as it is active, and no longer."""
        site = Site((InputKind.FIRE,))
        site.closed.add(InputKind.FIRE)
        site.run(200)
        assert site.kept
        site.controller.ask(1, Request("r", Do.RELEASE, barrier="main", expires=site.now + 1), site.now)
        site.run(5)
        assert site.kept
        site.closed.clear()
        site.run(1)

        assert not site.kept
        assert [("hold", "released"), ("hold", "off")] == site.told(EventKind.ENDED)


class TestPosition:
    KINDS = (InputKind.GUARD_BUTTON, InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT)

    def closed_boom(self) -> Site:
        return Site(self.KINDS, closed={InputKind.CLOSED_LIMIT})

    def test_a_boom_that_opens_is_followed(self) -> None:
        """Position news follow the boom; nothing is wrong when it opens in time and closes."""
        site = self.closed_boom()
        site.press(InputKind.GUARD_BUTTON, 0.3, then=0.5)
        site.closed = set()
        site.run(2)
        site.closed = {InputKind.OPEN_LIMIT}
        site.run(5)
        site.closed = {InputKind.CLOSED_LIMIT}
        site.run(30)

        assert ["between", "open", "between", "closed"] == [outcome for _, outcome in site.told(EventKind.POSITION)]
        assert [] == site.told(EventKind.ALARM)

    def test_a_boom_that_does_not_open_is_an_alarm(self) -> None:
        """A pulse after which the boom stays down is told."""
        site = self.closed_boom()
        site.press(InputKind.GUARD_BUTTON, 0.3, then=10)

        assert [("", "not_opened")] == site.told(EventKind.ALARM)

    def test_a_boom_left_open_is_an_alarm_until_it_closes(self) -> None:
        """A boom that stays open too long is told, and told again when it is down."""
        site = self.closed_boom()
        site.press(InputKind.GUARD_BUTTON, 0.3, then=0.5)
        site.closed = {InputKind.OPEN_LIMIT}
        site.run(40)
        assert [("", "left_open")] == site.told(EventKind.ALARM)
        site.closed = {InputKind.CLOSED_LIMIT}
        site.run(1)

        assert [("", "left_open")] == site.told(EventKind.CLEARED)

    def test_a_boom_held_open_is_no_alarm(self) -> None:
        """What is held open on purpose is not left open."""
        site = self.closed_boom()
        site.press(InputKind.GUARD_BUTTON, 4, then=1)
        site.closed = {InputKind.OPEN_LIMIT}
        site.run(120)

        assert [] == site.told(EventKind.ALARM)

    def test_a_boom_that_rises_by_itself_is_forced(self) -> None:
        """A boom that leaves its closed switch without a command was forced, or opened by somebody else."""
        site = self.closed_boom()
        site.closed = set()
        site.run(1)

        assert [("", "forced")] == site.told(EventKind.ALARM)

    def test_two_switches_at_once_force_nothing(self) -> None:
        """A wire that makes both switches active tells that the place is unknown, not that somebody lifted the boom."""
        site = self.closed_boom()
        site.closed = {InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT}
        site.run(60)

        assert ["unknown"] == [outcome for _, outcome in site.told(EventKind.POSITION)]
        assert [] == site.told(EventKind.ALARM)

    def test_a_switch_that_nobody_reads_leaves_the_place_unknown(self) -> None:
        """What the switches said before they went deaf is no place, and what they say afterwards was not forced."""
        site = self.closed_boom()
        site.unplugged = {InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT}
        site.run(60)
        barrier = site.controller.barriers["main"]
        assert "unknown" == barrier_status(barrier, site.now, times_pulses=False).position
        site.unplugged, site.closed = set(), {InputKind.OPEN_LIMIT}
        site.run(1)

        assert ["unknown", "open"] == [outcome for _, outcome in site.told(EventKind.POSITION)]
        assert {"input_deaf"} == {outcome for _, outcome in site.told(EventKind.ALARM)}


class TestPassage:
    def open_for_entry(self, *kinds: InputKind) -> Site:
        site = Site((InputKind.ENTRY_LOOP, *kinds), closed={InputKind.CLOSED_LIMIT} & set(kinds))
        site.closed.add(InputKind.ENTRY_LOOP)
        site.run(1)
        site.controller.ask(1, Request("a", Do.OPEN, lane="entry", expires=site.now + 1), site.now)
        site.run(1)
        return site

    def passages(self, site: Site) -> list[tuple[str | None, str]]:
        return [(news.lane, news.outcome) for news in site.news if news.kind is EventKind.PASSAGE]

    def test_over_the_boom_loop_it_has_passed(self) -> None:
        """Approach loop, boom loop, gone: passed; a second vehicle behind it followed."""
        site = self.open_for_entry(InputKind.BOOM_LOOP)
        site.closed = {InputKind.ENTRY_LOOP, InputKind.BOOM_LOOP}
        site.run(1)
        site.closed = {InputKind.BOOM_LOOP}
        site.run(1)
        site.closed = set()
        site.run(1)
        site.press(InputKind.BOOM_LOOP, 1)

        assert {("entry", "passed"), ("entry", "followed")} <= set(self.passages(site))

    def test_off_the_approach_loop_alone_it_has_backed_out(self) -> None:
        """A vehicle that leaves the approach loop and never shows under the boom has backed out."""
        site = self.open_for_entry(InputKind.BOOM_LOOP)
        site.closed = set()
        site.run(5)

        assert [("entry", "backed_out")] == self.passages(site)

    def test_under_a_boom_loop_that_nobody_reads_nothing_is_known(self) -> None:
        """Its silence is no proof that the car has backed out; once it is read again, it is believed again."""
        site = self.open_for_entry(InputKind.BOOM_LOOP)
        site.unplugged = {InputKind.BOOM_LOOP}
        site.run(1)
        site.closed = set()
        site.run(10)
        assert [] == self.passages(site)
        site.unplugged = set()
        site.run(1)
        site.closed = {InputKind.ENTRY_LOOP}
        site.run(1)
        site.controller.ask(1, Request("b", Do.OPEN, lane="entry", expires=site.now + 1), site.now)
        site.run(1)
        site.closed = set()
        site.run(10)
        assert [("entry", "backed_out")] == self.passages(site)

    def test_a_car_on_a_loop_that_nobody_reads_any_more_has_not_passed(self) -> None:
        """It may have gone any way meanwhile; and it is not told to stand there for ever."""
        site = self.open_for_entry()
        site.unplugged = {InputKind.ENTRY_LOOP}
        site.run(1)
        site.closed = set()
        site.unplugged = set()
        site.run(5)
        assert [] == self.passages(site)
        assert ["on", "unknown", "off"] == [outcome for _, outcome in site.told(EventKind.PRESENCE)]

    def test_a_car_that_still_stands_there_is_told_again(self) -> None:
        """Read again with the level it had, a loop has its car again; nothing more is opened than by the loop's own rule."""
        site = self.open_for_entry()
        site.unplugged = {InputKind.ENTRY_LOOP}
        site.run(1)
        site.unplugged = set()
        site.run(1)
        assert ["on", "unknown", "on"] == [outcome for _, outcome in site.told(EventKind.PRESENCE)]

    def test_with_a_closed_switch_the_boom_decides(self) -> None:
        """Without a boom loop: gone after the boom has risen is passed, gone before is backed out."""
        passed = self.open_for_entry(InputKind.CLOSED_LIMIT)
        passed.closed = {InputKind.ENTRY_LOOP}
        passed.run(1)
        passed.closed = set()
        passed.run(1)
        backed = self.open_for_entry(InputKind.CLOSED_LIMIT)
        backed.closed = {InputKind.CLOSED_LIMIT}
        backed.run(1)

        assert [("entry", "passed")] == self.passages(passed)
        assert [("entry", "backed_out")] == self.passages(backed)

    def test_an_hour_later_nothing_follows(self) -> None:
        """A vehicle on the approach loop long after an opening is none that the opening let through."""
        site = self.open_for_entry()
        site.closed = set()
        site.run(100)
        site.press(InputKind.ENTRY_LOOP, 5)

        assert [("entry", "passed")] == self.passages(site)


def test_an_input_on_a_board_that_goes_silent_keeps_its_level() -> None:
    """When the board does not tell, nothing opens and an alarm is raised, once."""
    button = InputSettings(name="button", kind=InputKind.GUARD_BUTTON, board="main", board_input=1, barrier="main")
    news: list[News] = []
    outlets = Outlets(lambda *_: None, lambda *_: None, news.append, lambda *_: ())
    controller = BarrierController(RelayPlan(state_dir="", barriers=(BARRIER,), lanes=LANES, inputs=(button,)), outlets)
    for turn in range(20):
        closed = ((1, False),) if turn < 10 else ()
        controller.hear(InputsSeen("main", 0.0, closed), turn * 0.1)
        controller.tick(turn * 0.1)

    assert [EventKind.ALARM] == [item.kind for item in news]
    assert [("button", "input_deaf")] == [(item.what, item.outcome) for item in news]
    told = input_status(controller.inputs["button"])
    assert ("unknown", ("input_deaf",)) == (told.level, told.alarms)


def test_a_relay_that_never_closes_is_an_alarm() -> None:
    """When the board says during a pulse that its contact is open, somebody has to look at it."""
    site = Site()
    site.controller.ask(1, Request("a", Do.OPEN, barrier="main", expires=site.now + 1), site.now)
    site.run(0.2)
    site.controller.hear(ContactSeen("main", 1, Contact.OFF), site.now)

    assert [("", "contact_dead")] == site.told(EventKind.ALARM)


def test_a_lost_board_is_told_once_and_once_when_back() -> None:
    """Losing a board is one alarm, having it back one all-clear."""
    site = Site()
    for _ in range(3):
        site.controller.hear(BoardHealth("main", Health.LOST, "порта нет"), site.now)
    for _ in range(3):
        site.controller.hear(BoardHealth("main", Health.OK, ""), site.now)

    assert [("", "board")] == site.told(EventKind.ALARM)
    assert [("", "board")] == site.told(EventKind.CLEARED)


def test_a_test_is_answered_with_what_was_said() -> None:
    """`test` is answered after the end of its pulse, with the conversation."""
    site = Site()
    site.controller.ask(1, Request("t", Do.TEST, barrier="main", expires=site.now + 1), site.now)
    site.run(0.3)
    assert site.replies == []
    site.run(1)

    assert [("t", Outcome.DONE, ("→ A0 01 01 A2",))] == [(item.id, item.outcome, item.said) for item in site.replies]


def test_a_hold_is_answered_with_the_time_it_was_given() -> None:
    """Whoever asks to hold for longer than the barrier may be held is told for how long it is."""
    site = Site()
    for name, hold_s in (("long", 1e6), ("short", 60.0)):
        site.controller.ask(1, Request(name, Do.HOLD, barrier="main", expires=site.now + 1, hold_s=hold_s), site.now)
        site.run(1)

    assert [BARRIER.max_hold_minutes * 60, 60.0] == [reply.held_s for reply in site.replies]


def test_a_hold_that_goes_on_after_its_board_was_lost_is_for_the_journal() -> None:
    """Each time that the barrier opens is told, and each of its ends: a journal that heard of an end alone would not know it open."""
    site = Site()
    site.controller.ask(1, Request("h", Do.HOLD, barrier="main", expires=site.now + 1, hold_s=60), site.now)
    site.run(1)
    site.kept = False
    site.controller.hear(CommandFailed("main", 1, site.token, "lost", "нет связи"), site.now)
    site.run(5)

    told = [(news.kind, news.outcome, news.kept) for news in site.news if news.request_id == "h"]
    acted = (EventKind.ACTED, Outcome.DONE, True)
    assert [acted, (EventKind.ENDED, "unknown", True), acted] == told
    assert "плата снова на связи: удержание продолжается" == site.news[-1].detail


def test_what_nobody_knows_is_for_the_journal() -> None:
    """An opening that the board did not confirm is told as such, to the requester and in an event that is kept."""
    site = Site(confirmed=False)
    site.controller.ask(1, Request("a", Do.OPEN, barrier="main", expires=site.now + 1), site.now)
    site.run(3)
    site.controller.ask(1, Request("t", Do.TEST, barrier="main", expires=site.now + 1), site.now)
    site.run(3)

    unknown = Outcome.UNCONFIRMED
    assert [("a", unknown, False), ("t", unknown, False)] == [(r.id, r.outcome, r.confirmed) for r in site.replies]
    acted = [(news.outcome, news.kept, news.detail) for news in site.news if news.kind is EventKind.ACTED]
    assert [(unknown, True, site.replies[0].detail)] * 2 == acted
    assert "не подтвердила" in site.replies[0].detail


class TestStuck:
    STUCK: ClassVar = [("", "contact_stuck")]

    def test_a_contact_found_closed_is_an_alarm(self) -> None:
        """A contact that stays closed with nothing to keep it so is stuck, though no command has ended badly."""
        site = Site()
        site.controller.hear(ContactSeen("main", 1, Contact.ON), site.now)
        site.run(0.5)
        assert site.told(EventKind.ALARM) == []
        site.run(1)
        assert site.told(EventKind.ALARM) == self.STUCK
        status = barrier_status(site.controller.barriers["main"], site.now, times_pulses=False)
        assert status.health == "stuck"
        site.controller.hear(ContactSeen("main", 1, Contact.OFF), site.now)

        assert site.told(EventKind.CLEARED) == self.STUCK

    def test_a_pulse_is_not_stuck(self) -> None:
        """A contact that is closed because it was asked for, and open afterwards, is no alarm."""
        site = Site()
        site.controller.ask(1, Request("h", Do.HOLD, barrier="main", expires=site.now + 1, hold_s=10), site.now)
        site.run(0.2)
        site.controller.hear(ContactSeen("main", 1, Contact.ON), site.now)
        site.run(9)
        site.controller.hear(ContactSeen("main", 1, Contact.UNKNOWN), site.now)
        site.run(9)

        assert site.told(EventKind.ALARM) == []

    def test_not_knowing_clears_nothing(self) -> None:
        """What was seen to be stuck stays an alarm until the contact is seen open."""
        site = Site()
        site.controller.hear(OutputOff("main", 1, 0, confirmed=False), site.now)
        site.controller.hear(OutputOff("main", 1, 0, confirmed=None), site.now)
        assert site.told(EventKind.CLEARED) == []
        site.controller.hear(OutputOff("main", 1, 0, confirmed=True), site.now)

        assert site.told(EventKind.CLEARED) == self.STUCK


class TestOnce:
    def ask(self, site: Site, name: str, *, lane: str = "entry") -> Reply:
        site.controller.ask(1, Request(name, Do.OPEN, lane=lane, expires=site.now + 1), site.now)
        site.run(0.2)
        return site.replies[-1]

    def test_no_flood_makes_an_id_be_done_again(self) -> None:
        """However many other requests come, an id that may still be alive is not done a second time."""
        site = Site()
        assert self.ask(site, "a").outcome is Outcome.DONE
        site.run(5)
        for number in range(4200):
            site.controller.ask(1, Request(f"x{number}", Do.OPEN, lane="nowhere", expires=site.now + 1), site.now)
            site.controller.ask(1, Request(f"y{number}", Do.OPEN, lane="exit", expires=site.now - 1), site.now)
        again = self.ask(site, "a")

        assert (Outcome.DONE, True) == (again.outcome, again.repeated)
        assert site.pulses == 1

    def test_with_no_room_for_ids_nothing_is_done(self) -> None:
        """When no id can be forgotten, a new request is refused; it may come again."""
        site = Site()
        for number in range(4096):
            site.controller.ask(1, Request(f"r{number}", Do.RELEASE, lane="entry", expires=site.now + 1), site.now)
        full = self.ask(site, "a")
        site.run(11)

        assert (Outcome.REFUSED, "busy", 0) == (full.outcome, full.why, site.pulses)
        assert self.ask(site, "a").outcome is Outcome.DONE


def test_a_release_of_nothing_is_not_for_the_journal() -> None:
    """`release` is kept when it ended a hold; with nothing to end it is only told."""
    site = Site()
    for do, hold_s in ((Do.RELEASE, None), (Do.HOLD, 60.0), (Do.RELEASE, None)):
        site.controller.ask(
            1, Request(f"{len(site.news)}", do, barrier="main", expires=site.now + 1, hold_s=hold_s), site.now
        )
        site.run(3)

    acted = [(news.what, news.kept) for news in site.news if news.kind is EventKind.ACTED]
    assert [("release", False), ("hold", True), ("release", True)] == acted


def test_a_loop_that_is_heard_again_and_free_opens_nothing() -> None:
    """The car has gone while the board was away: what was believed of the loop before is no car."""
    site = Site((InputKind.EXIT_LOOP,))
    site.closed.add(InputKind.EXIT_LOOP)
    site.run(3)
    site.unplugged.add(InputKind.EXIT_LOOP)
    site.run(100)
    site.closed.clear()
    site.unplugged.clear()
    site.run(30)

    assert site.pulses == 1


class TestTheCallButton:
    """It asks for a person and moves nothing."""

    def test_a_press_is_told_and_opens_nothing(self) -> None:
        """One passing news a press, of its lane; the relay stays as it was."""
        site = Site((InputKind.CALL_BUTTON,))
        site.press(InputKind.CALL_BUTTON, 0.5, then=2)

        told = [one for one in site.news if one.kind is EventKind.PRESENCE]
        assert [("call_button", "entry", "on", False)] == [(one.what, one.lane, one.outcome, one.kept) for one in told]
        assert 0 == site.pulses

    def test_a_chattering_button_is_one_press(self) -> None:
        """Releases shorter than a finger's are none."""
        site = Site((InputKind.CALL_BUTTON,))
        for _ in range(3):
            site.press(InputKind.CALL_BUTTON, 0.2, then=0.15)
        site.press(InputKind.CALL_BUTTON, 0.2, then=2)

        assert 1 == len([one for one in site.news if one.kind is EventKind.PRESENCE])

    def test_a_stuck_button_is_an_alarm(self) -> None:
        """A match in the button rings once and is told as a fault."""
        site = Site((InputKind.CALL_BUTTON,))
        site.press(InputKind.CALL_BUTTON, 15, then=0)

        assert ["input_stuck"] == [one.outcome for one in site.news if one.kind is EventKind.ALARM]
        assert 1 == len([one for one in site.news if one.kind is EventKind.PRESENCE])

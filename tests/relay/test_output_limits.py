"""One relay and what ends it: a board that says what the test says, a clock that only the test moves. No contact stays closed unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from relay.boards.seam import ACKNOWLEDGED, NO_ACKNOWLEDGEMENT, Acknowledgement, Contact
from relay.errors import BoardLost, BoardRefused, BoardSilent
from relay.workers.jobs import CommandFailed, ContactSeen, Fact, Keep, Off, OutputOff, OutputOn, Pulse
from relay.workers.output import (
    ASK_AT_MOST_S,
    BLIND_OFFS,
    BOARD_PULSE_MARGIN_S,
    CONFIRM_ROOM_S,
    KEEP_AGAIN_S,
    OFF_AGAIN_S,
    OFF_TRIES,
    STUCK_AGAIN_S,
    Output,
)
from relay.workers.port import Port

ON, OFF, UNKNOWN = Contact.ON, Contact.OFF, Contact.UNKNOWN
F = TypeVar("F", bound=Fact)
NEVER = float("inf")


@dataclass
class Scripted:
    """A board with one relay: what it is told is kept, what it says of the contact comes from `says`, the last of it for ever."""

    says: list[Contact] = field(default_factory=lambda: [OFF])
    times_pulses: bool = False
    reads_back: bool = True
    reply_s: float = 0.0
    answers: list[Acknowledgement | Exception] = field(default_factory=list)
    """To commands that close; none left: no acknowledgement."""
    offs: list[Exception] = field(default_factory=list)
    """What OFF raises, as often as there is some."""
    told: list[str] = field(default_factory=list)
    asked: int = 0

    def open(self, channels: tuple[int, ...]) -> None:
        del channels

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        del channel
        self.told.append("on" if on else "off")
        if not on:
            if self.offs:
                raise self.offs.pop(0)
            return NO_ACKNOWLEDGEMENT
        return self._closed()

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        del channel
        self.told.append(f"pulse {seconds}")
        return self._closed()

    def _closed(self) -> Acknowledgement:
        answer = self.answers.pop(0) if self.answers else NO_ACKNOWLEDGEMENT
        if isinstance(answer, Exception):
            raise answer
        return answer

    def contact(self, channel: int) -> Contact:
        del channel
        self.asked += 1
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def check(self) -> None: ...

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        return dict.fromkeys(numbers, False)

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class Bench:
    """One output of a scripted board."""

    def __init__(self, board: Scripted) -> None:
        self.now = 100.0
        self.board = board
        self.facts: list[Fact] = []
        self.wanted = False
        self.port = Port(
            "main", board, channels=(1,), report=self.facts.append, now=lambda: self.now, wanted=lambda: self.wanted
        )
        self.port.open()
        self.output = Output(1, self.port)

    def of(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def pulse(self, seconds: float = 1.0, *, expires: float = NEVER) -> Bench:
        self.output.pulse(Pulse(1, 1, seconds, expires))
        return self

    @property
    def ends(self) -> list[bool | None]:
        return [fact.confirmed for fact in self.of(OutputOff)]


@pytest.mark.parametrize(("expires", "obeyed"), [(100.0, True), (99.999, False)])
def test_a_pulse_is_begun_to_its_last_moment_and_not_after(expires: float, obeyed: bool) -> None:  # noqa: FBT001
    """Whoever asked has gone: nothing is closed, and he hears that it is too late."""
    bench = Bench(Scripted([ON])).pulse(expires=expires)
    assert (["on"] if obeyed else []) == bench.board.told
    assert obeyed is not any(fact.why == "expired" for fact in bench.of(CommandFailed))
    assert obeyed is bench.output.may_be_closed


def test_the_end_of_a_pulse_stands_before_its_beginning() -> None:
    """A board that is lost half way has its OFF due all the same; where the board times the pulse it is looked at a little later."""
    bench = Bench(Scripted(answers=[BoardLost("weg")]))
    with pytest.raises(BoardLost):
        bench.pulse(2.0)
    assert (102.0, True) == (bench.output.off_at, bench.output.may_be_closed)
    bench = Bench(Scripted([ON])).pulse(2.0)
    assert 102.0 == bench.output.off_at
    timed = Bench(Scripted([ON], times_pulses=True)).pulse(2.0)
    assert (102.0 + BOARD_PULSE_MARGIN_S, ["pulse 2.0"]) == (timed.output.off_at, timed.board.told)


def test_a_board_that_refuses_to_close_is_told_off_at_once() -> None:
    """Whoever asked hears that it failed, once; the end is no news."""
    bench = Bench(Scripted(answers=[BoardRefused("nein")])).pulse()
    assert ["nonsense"] == [fact.why for fact in bench.of(CommandFailed)]
    assert bench.now == bench.output.off_at
    bench.output.switch_off()
    assert ([], None, ["on", "off"]) == (bench.ends, bench.output.off_at, bench.board.told)


class TestOpening:
    """OFF is said until the contact is seen open, or nobody can see it."""

    def test_once_where_it_is_seen_open(self) -> None:
        """Then it is over, and that is told once."""
        bench = Bench(Scripted([ON, OFF])).pulse()
        bench.output.switch_off()
        assert (["on", "off"], [True]) == (bench.board.told, bench.ends)
        assert (None, None, False) == (bench.output.off_at, bench.output.repeat_at, bench.output.may_be_closed)
        bench.output.tell_end()
        assert [True] == bench.ends

    def test_a_welded_contact(self) -> None:
        """Tried quickly, then told as not open, once, and tried on for ever; when it opens at last nothing more is due."""
        bench = Bench(Scripted([ON])).pulse()
        for tries in range(1, OFF_TRIES):
            bench.output.switch_off()
            assert (bench.now + OFF_AGAIN_S, []) == (bench.output.off_at, bench.ends), tries
        for _ in range(3):
            bench.output.switch_off()
            assert (bench.now + STUCK_AGAIN_S, [False]) == (bench.output.off_at, bench.ends)
            assert bench.output.may_be_closed
        bench.board.says = [OFF]
        bench.output.switch_off()
        assert (None, [False], False) == (bench.output.off_at, bench.ends, bench.output.may_be_closed)
        assert OFF is bench.of(ContactSeen)[-1].contact

    def test_a_board_that_tells_nothing(self) -> None:
        """Said at once, told as not known, and said some times more: any of them may be lost on the wire."""
        bench = Bench(Scripted([UNKNOWN], reads_back=False)).pulse()
        bench.output.switch_off()
        assert ([None], None, bench.now + OFF_AGAIN_S) == (bench.ends, bench.output.off_at, bench.output.repeat_at)
        while bench.output.repeat_at is not None:
            assert bench.now + OFF_AGAIN_S == bench.output.repeat_at
            bench.now = bench.output.repeat_at
            bench.output.repeat_off()
        assert (BLIND_OFFS, [None]) == (bench.board.told.count("off"), bench.ends)

    def test_a_board_that_could_tell_and_does_not(self) -> None:
        """It is asked once more before that is taken for an answer."""
        bench = Bench(Scripted([UNKNOWN])).pulse()
        bench.output.switch_off()
        assert (bench.now + OFF_AGAIN_S, []) == (bench.output.off_at, bench.ends)
        bench.output.switch_off()
        assert (None, [None], bench.now + OFF_AGAIN_S) == (bench.output.off_at, bench.ends, bench.output.repeat_at)

    def test_a_board_that_timed_the_pulse(self) -> None:
        """Open: nothing is said. Not open: it is told OFF like any other."""
        bench = Bench(Scripted([ON, OFF], times_pulses=True)).pulse()
        bench.output.switch_off()
        assert ([True], 0) == (bench.ends, bench.board.told.count("off"))
        for seen in (ON, UNKNOWN):
            bench = Bench(Scripted([ON, seen, OFF], times_pulses=True)).pulse()
            bench.output.switch_off()
            assert ([True], 1) == (bench.ends, bench.board.told.count("off"))

    def test_a_refused_off(self) -> None:
        """It is said again, like one that was not heard."""
        bench = Bench(Scripted([ON, ON, OFF], offs=[BoardRefused("nein")])).pulse()
        bench.output.switch_off()
        assert (bench.now + OFF_AGAIN_S, []) == (bench.output.off_at, bench.ends)
        bench.output.switch_off()
        assert [True] == bench.ends

    def test_a_refused_off_that_nobody_can_see(self) -> None:
        """It leaves the board in doubt, as an answer that is lost does."""
        bench = Bench(Scripted([UNKNOWN], reads_back=False)).pulse()
        bench.output.switch_off()
        assert not bench.port.in_doubt
        bench.board.offs = [BoardRefused("nein")]
        bench.output.repeat_off()
        assert bench.port.in_doubt

    def test_a_next_command_begins_its_tries_anew(self) -> None:
        """What was repeated for the one before ends nothing of this one."""
        bench = Bench(Scripted([UNKNOWN], reads_back=False)).pulse()
        bench.output.switch_off()
        bench.output.pulse(Pulse(1, 2, 1.0, NEVER))
        assert (None, bench.now + 1.0) == (bench.output.repeat_at, bench.output.off_at)
        bench.output.switch_off()
        assert [(1, None), (2, None)] == [(fact.token, fact.confirmed) for fact in bench.of(OutputOff)]

    def test_an_off_that_was_ordered_is_due_now(self) -> None:
        """As the end of the command that it names, also of a pulse that the board times."""
        bench = Bench(Scripted([ON, OFF], times_pulses=True)).pulse(60.0)
        bench.output.off(Off(1, 7))
        assert bench.now == bench.output.off_at
        bench.output.switch_off()
        assert ["pulse 60.0", "off"] == bench.board.told
        assert [7] == [fact.token for fact in bench.of(OutputOff)]


class TestConfirming:
    """Whether the contact has closed, and what speaks against it."""

    @pytest.mark.parametrize(
        ("says", "answer", "reads_back", "confirmed", "sent"),
        [
            ([ON], NO_ACKNOWLEDGEMENT, True, True, 1),
            ([UNKNOWN], ACKNOWLEDGED, True, True, 1),
            ([OFF], NO_ACKNOWLEDGEMENT, True, False, 2),
            ([OFF, ON], NO_ACKNOWLEDGEMENT, True, True, 2),
            ([OFF], ACKNOWLEDGED, True, True, 2),
            ([UNKNOWN], Acknowledgement(heard=False, trouble=BoardSilent("stumm")), True, False, 1),
            ([UNKNOWN], NO_ACKNOWLEDGEMENT, True, False, 1),
            ([UNKNOWN], NO_ACKNOWLEDGEMENT, False, None, 1),
        ],
    )
    def test_what_is_told(
        self,
        says: list[Contact],
        answer: Acknowledgement,
        reads_back: bool,  # noqa: FBT001
        confirmed: bool | None,  # noqa: FBT001
        sent: int,
    ) -> None:
        """Seen or acknowledged: yes. Seen open, or an answer lost that there should be: no. A board that tells nothing: not known."""
        board = Scripted(list(says), reads_back=reads_back, answers=[answer])
        bench = Bench(board).pulse(5.0)
        (began,) = bench.of(OutputOn)
        assert (confirmed, sent) == (began.confirmed, board.told.count("on"))
        assert (confirmed is False) is bool(began.detail)
        assert (answer.heard is False) is (began.detail == "stumm")
        assert reads_back is bool(board.asked)
        assert board.says[0] is bench.of(ContactSeen)[-1].contact

    def test_a_contact_that_nobody_told_of_is_asked_for_once_more(self) -> None:
        """A wire loses an answer now and then; one that reads is not asked again."""
        for says, asked in (([UNKNOWN], 2), ([UNKNOWN, ON], 2), ([ON], 1)):
            assert asked == Bench(Scripted(says)).pulse(5.0).board.asked

    def test_an_answer_that_was_not_waited_for_says_nothing(self) -> None:
        """A job waits, and the look was cut short for it: that is neither yes nor no."""
        bench = Bench(Scripted([UNKNOWN]))
        bench.wanted = True
        bench.pulse(5.0)
        assert [None] == [fact.confirmed for fact in bench.of(OutputOn)]

    def test_a_refusal_is_a_doubt(self) -> None:
        """Of the first command and of the second: what the board says of its relay next decides how it fares."""
        bench = Bench(Scripted(answers=[BoardRefused("nein")])).pulse()
        assert bench.port.in_doubt
        board = Scripted([OFF, UNKNOWN], answers=[NO_ACKNOWLEDGEMENT, BoardRefused("nein")], reply_s=ASK_AT_MOST_S)
        bench = Bench(board)
        real = board.contact

        def late(channel: int) -> Contact:
            bench.now += 4.9  # no time is left to look again
            return real(channel)

        board.contact = late  # type: ignore[method-assign]
        bench.pulse(5.0)
        assert (2, 1, True) == (board.told.count("on"), board.asked, bench.port.in_doubt)

    def test_asking_never_costs_the_end(self) -> None:
        """With too little of the pulse left for an answer none is asked for; the longest answer of the board counts."""
        assert 1 == Bench(Scripted([ON], reply_s=0.5 - CONFIRM_ROOM_S)).pulse(0.5).board.asked
        enough_s = 0.2 + CONFIRM_ROOM_S
        for seconds, asked in ((enough_s + 0.001, 1), (enough_s - 0.001, 0)):
            assert asked == Bench(Scripted([ON], reply_s=0.2)).pulse(seconds).board.asked
        assert 0 == Bench(Scripted([ON], reads_back=False)).pulse(5.0).board.asked

    def test_asking_ends_for_whoever_waits(self) -> None:
        """No question begins later than so long after the command, and sooner where its answer was waited for already."""
        for took_s, heard, sent in (
            (ASK_AT_MOST_S + 0.001, None, 1),
            (0.0, None, 2),
            (ASK_AT_MOST_S, None, 2),
            (ASK_AT_MOST_S - 0.2 + 0.001, False, 1),
            (ASK_AT_MOST_S - 0.2 - 0.001, False, 2),
        ):
            board = Scripted([UNKNOWN], reply_s=0.2, answers=[Acknowledgement(heard=heard)])
            bench = Bench(board)
            real = board.contact

            def slow(channel: int, *, bench: Bench = bench, real=real, took_s: float = took_s) -> Contact:
                bench.now += took_s
                return real(channel)

            board.contact = slow  # type: ignore[method-assign]
            bench.pulse(5.0)
            assert sent == board.asked, (took_s, heard)


class TestHolding:
    """Kept closed for as long as somebody asks."""

    def test_a_renewal_moves_the_end(self) -> None:
        """To what it says, later or sooner; the beginning is told once."""
        bench = Bench(Scripted([ON]))
        for until in (103.0, 104.0, 103.5):
            bench.output.keep(Keep(1, 1, until))
            assert (until, True) == (bench.output.off_at, bench.output.may_be_closed)
        assert (["on"], 1) == (bench.board.told, len(bench.of(OutputOn)))
        bench.now += KEEP_AGAIN_S
        bench.output.keep(Keep(1, 1, bench.now + 3))
        assert ["on", "on"] == bench.board.told

    def test_a_hold_that_takes_over_a_pulse_is_kept_by_us(self) -> None:
        """The board would have opened by itself: it is told ON, and OFF at the end."""
        bench = Bench(Scripted([ON], times_pulses=True)).pulse(5.0)
        bench.output.keep(Keep(1, 2, bench.now + 3))
        assert ["pulse 5.0", "on"] == bench.board.told
        assert [1, 2] == [fact.token for fact in bench.of(OutputOn)]
        bench.board.says = [OFF]
        bench.output.switch_off()
        assert ["pulse 5.0", "on", "off"] == bench.board.told


class TestIdle:
    """A contact that should be open is looked at."""

    def test_the_first_off_is_said_and_is_the_end_of_nothing(self) -> None:
        """Whatever the contact looks like: nobody had asked for it to close. A board that could tell is asked twice."""
        bench = Bench(Scripted([OFF]))
        bench.output.off_again()
        bench.output.switch_off()
        assert (["off"], [], None) == (bench.board.told, bench.ends, bench.output.off_at)
        bench = Bench(Scripted([UNKNOWN]))
        bench.output.off_again()
        bench.output.switch_off()
        assert bench.now + OFF_AGAIN_S == bench.output.off_at

    def test_what_a_look_does(self) -> None:
        """Closed by somebody: OFF is due. Not known: OFF is said, but where a job waits. Open: nothing."""
        for seen, wanted, due, said in (
            (ON, False, True, []),
            (OFF, False, False, []),
            (UNKNOWN, False, False, ["off"]),
            (UNKNOWN, True, False, []),
        ):
            bench = Bench(Scripted([seen]))
            bench.wanted = wanted
            bench.output.look()
            assert (due, said) == (bench.output.off_at is not None, bench.board.told), seen

    def test_only_a_change_is_told(self) -> None:
        """A look that sees what was seen says nothing."""
        bench = Bench(Scripted([OFF, OFF, OFF, ON]))
        for _ in range(4):
            bench.output.look()
        assert [OFF, ON] == [fact.contact for fact in bench.of(ContactSeen)]

    def test_a_lost_answer_is_asked_for_until_the_board_is_silent(self) -> None:
        """One that comes after all costs no OFF."""
        bench = Bench(Scripted([UNKNOWN, OFF]))
        bench.output.look()
        assert ([], 2) == (bench.board.told, bench.board.asked)


class TestLosing:
    """Nothing is known of the contact of a board that cannot be reached."""

    def test_what_was_asked_for_has_failed(self) -> None:
        """Told once; nothing is due to a port that is closed, and the contact may be closed still."""
        bench = Bench(Scripted([ON])).pulse(5.0)
        bench.output.lost("lost", "weg")
        bench.output.lost("lost", "weg")
        assert [(1, "lost")] == [(fact.token, fact.why) for fact in bench.of(CommandFailed)]
        assert (None, None, True) == (bench.output.off_at, bench.output.repeat_at, bench.output.may_be_closed)
        assert UNKNOWN is bench.of(ContactSeen)[-1].contact
        bench.output.tell_end()
        assert [] == bench.ends

    @pytest.mark.parametrize(
        ("seen", "reads_back", "sure", "told"),
        [(OFF, True, True, True), (ON, True, False, False), (UNKNOWN, True, False, None), (UNKNOWN, False, True, None)],
    )
    def test_the_last_off_is_sure_where_it_was_said_and_not_denied(
        self,
        seen: Contact,
        reads_back: bool,  # noqa: FBT001
        sure: bool,  # noqa: FBT001
        told: bool | None,  # noqa: FBT001
    ) -> None:
        """Of a board that can tell it has to be seen; what was not said is never sure."""
        bench = Bench(Scripted([seen], reads_back=reads_back)).pulse(5.0)
        assert not bench.output.off_sure
        assert bench.output.last_off()
        assert seen is bench.output.last_look()
        assert sure is bench.output.off_sure
        bench.output.tell_end()
        assert [told] == bench.ends
        bench.board.offs = [BoardLost("weg")]
        assert not bench.output.last_off()
        assert not bench.output.off_sure

    def test_a_last_look_that_finds_no_board(self) -> None:
        """Nobody knows then."""
        bench = Bench(Scripted([OFF])).pulse(5.0)
        bench.output.last_off()

        def gone(channel: int) -> Contact:
            raise BoardLost("weg")

        bench.board.contact = gone  # type: ignore[method-assign]
        assert UNKNOWN is bench.output.last_look()
        assert not bench.output.off_sure

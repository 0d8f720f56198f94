"""Contacts on pins: what a thread that polls them reports, and what becomes of one that hangs or dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast

import pytest
from gpiozero.pins.mock import MockFactory

from relay.boards.pins import Pins
from relay.errors import BoardLost
from relay.input_settings import InputSettings
from relay.inputs.contacts import (
    FIRST_TURN_S,
    HANG_S,
    QUIET_TURNS,
    REOPEN_TURNS,
    REST_S,
    ContactSampled,
    GpioContacts,
    WatchedContacts,
)
from tests.patience import until

BUTTON = InputSettings(name="button", kind="guard_button", barrier="main", pin=22, debounce_s=0.03)
ON_THE_BOARD = InputSettings(name="loop", kind="exit_loop", lane="exit", board_input=1)
REPORTED_TURNS = 3 + QUIET_TURNS
"""Turns of 0.01 s in which a level of BUTTON is reported after it has changed."""


class Chip:
    """Pins that can be taken away and given back."""

    def __init__(self) -> None:
        self.away = False
        self.factory = MockFactory()

    def pin(self, number: int) -> object:
        if self.away:
            raise OSError("no chip")
        return self.factory.pin(number)


class Line:
    """A contact that hangs until it is let go, fails while `lost`, and kills its thread while `broken`."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.let_go.set()
        self.broken = self.lost = False
        self.claimed = 0

    def contact(self, number: int, *, pull: str) -> Line:
        self.claimed += 1
        return self

    def read(self) -> bool:
        self.let_go.wait()
        if self.broken:
            raise RuntimeError("nobody expected this")
        if self.lost:
            raise BoardLost("GPIO22: no chip")
        return True


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.let_go.set()


def looking(chip: Chip) -> tuple[GpioContacts, list[ContactSampled]]:
    told: list[ContactSampled] = []
    return GpioContacts((BUTTON,), pins=Pins(chip), report=told.append), told


class Gate:
    """Contacts that are watched by a clock that the test turns."""

    def __init__(self, line: Line, *inputs: InputSettings) -> None:
        self.now = 1000.0
        self.told: list[ContactSampled] = []
        self.contacts = WatchedContacts(
            inputs or (BUTTON,), pins=cast("Pins", line), report=self.told.append, now=lambda: self.now
        )
        self.watch()

    def watch(self, *, after_s: float = 0.0) -> None:
        self.now += after_s
        self.contacts.watch(self.now)

    @property
    def alive(self) -> bool:
        return self.contacts.alive(self.now)

    @property
    def unknown(self) -> int:
        return self.told.count(ContactSampled("button", None))


def polling() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "inputs"}


def test_an_input_whose_pin_goes_and_comes_back_is_unknown_in_between() -> None:
    """A contact that cannot be read is neither open nor closed; its pin is looked for again, not in every turn."""
    chip = Chip()
    contacts, told = looking(chip)
    chip.away = True
    contacts.turn()
    chip.away = False
    for _ in range(REOPEN_TURNS - 1):
        contacts.turn()
    assert {None} == {sample.closed for sample in told}
    contacts.turn()
    assert told[-1].closed is False
    chip.factory.pin(22).drive_low()
    contacts.turn()
    assert told[-1].closed is True


def test_an_unreadable_pin_is_logged_once_and_claimed_anew(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """The first failure is a warning, further ones are silent; the pin that is read after them is a fresh one."""
    contacts = GpioContacts((BUTTON,), pins=cast("Pins", line), report=lambda _: None)
    for lost, warnings, claimed in ((True, 1, 1), (False, 1, 2), (True, 2, 2)):
        line.lost = lost
        contacts.turn()
        assert warnings == caplog.text.count("вход button")
        for _ in range(REOPEN_TURNS - 1):
            contacts.turn()
        assert (warnings, claimed) == (caplog.text.count("вход button"), line.claimed)


def test_an_input_thread_that_was_replaced_says_nothing_more() -> None:
    """It hung, and another has taken over: what it read meanwhile is old."""
    contacts, told = looking(Chip())
    contacts.stop()
    contacts.turn()
    assert told == []


@pytest.mark.parametrize("away", [False, True])
def test_a_level_is_reported_until_it_is_believed_and_then_once_a_second(*, away: bool) -> None:
    """For its debounce time and `QUIET_TURNS` more; so also the level that nobody can read."""
    chip, reported = Chip(), []
    chip.away = away
    contacts, told = looking(chip)
    for turn in range(2 * REOPEN_TURNS + 1):
        contacts.turn()
        reported += [turn] * len(told)
        told.clear()
    assert [*range(REPORTED_TURNS), REOPEN_TURNS, 2 * REOPEN_TURNS] == reported


def test_a_level_that_changes_is_reported_from_the_start() -> None:
    """A contact that was still for long and closes is told as fully as the first time."""
    chip = Chip()
    contacts, told = looking(chip)
    for _ in range(REOPEN_TURNS // 2):
        contacts.turn()
    told.clear()
    chip.factory.pin(22).drive_low()
    for _ in range(REOPEN_TURNS // 2):
        contacts.turn()
    assert [True] * REPORTED_TURNS == [sample.closed for sample in told]


def test_inputs_of_a_board_need_no_thread(line: Line) -> None:
    """Only pins are polled here; without any, the contacts are alive and nothing runs."""
    before = polling()
    gate = Gate(line, ON_THE_BOARD)
    gate.watch(after_s=10 * FIRST_TURN_S)
    assert gate.alive
    assert before == polling()
    gate.contacts.stop()


def test_the_thread_keeps_no_process_from_ending(line: Line) -> None:
    """A read of a pin may hang for ever."""
    before = polling()
    gate = Gate(line)
    assert [True] == [thread.daemon for thread in polling() - before]
    gate.contacts.stop()
    until(lambda: polling() <= before)


def test_a_first_turn_may_take_its_time_and_no_more(line: Line) -> None:
    """Until then the thread counts as alive; after it all inputs are unknown, and a successor starts without a rest."""
    line.let_go.clear()
    gate = Gate(line)
    gate.watch(after_s=FIRST_TURN_S)
    assert (gate.alive, gate.unknown) == (True, 0)
    before = polling()
    gate.watch(after_s=0.1)
    assert (gate.alive, gate.unknown) == (False, 1)
    gate.watch()
    assert 1 == len(polling() - before)
    gate.contacts.stop()


def test_a_thread_that_was_replaced_ends_when_it_can(line: Line) -> None:
    """What it hung in may come back; then it reports nothing and is gone."""
    before = polling()
    line.let_go.clear()
    gate = Gate(line)
    gate.watch(after_s=FIRST_TURN_S + 0.1)
    gate.told.clear()
    line.let_go.set()
    until(lambda: polling() <= before)
    assert gate.told == []


def test_each_successor_of_a_thread_that_hung_gets_more_time(line: Line) -> None:
    """The hung one stays behind and may hold what the next one waits for: twice the time, then three times."""
    line.let_go.clear()
    gate = Gate(line)
    for times in (1, 2, 3):
        gate.watch()
        gate.watch(after_s=times * FIRST_TURN_S)
        assert times - 1 == gate.unknown
        gate.watch(after_s=0.1)
        assert times == gate.unknown
        assert not gate.alive
    gate.contacts.stop()


def test_a_successor_counts_once_it_has_looked(line: Line) -> None:
    """A thread that only runs says nothing of the contacts."""
    line.let_go.clear()
    gate = Gate(line)
    gate.watch(after_s=FIRST_TURN_S + 0.1)
    gate.watch()
    assert not gate.alive
    line.let_go.set()

    def looked() -> bool:
        gate.watch()
        return gate.alive

    until(looked)
    assert ContactSampled("button", False) in gate.told
    gate.contacts.stop()


def test_a_thread_that_stops_looking_is_replaced(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Its last look may be `HANG_S` old; what is older is no level."""
    gate = Gate(line)
    until(lambda: gate.told)
    line.let_go.clear()
    gate.watch(after_s=HANG_S)
    assert (gate.alive, gate.unknown) == (True, 0)
    gate.watch(after_s=0.1)
    assert (gate.alive, gate.unknown) == (False, 1)
    assert "поток завис" in caplog.text
    gate.contacts.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_replaced_after_a_rest(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Unknown at once; the successor starts after `REST_S`, for what killed one may kill the next."""
    before = polling()
    line.broken = True
    gate = Gate(line)
    until(lambda: polling() <= before)
    gate.watch()
    assert (gate.alive, gate.unknown) == (False, 1)
    assert "поток умер" in caplog.text
    line.let_go.clear()
    gate.watch(after_s=REST_S - 0.1)
    assert not polling() - before
    gate.now = 1000.0 + REST_S
    gate.watch()
    assert 1 == len(polling() - before)
    gate.contacts.stop()

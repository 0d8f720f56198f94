"""A card for an access controller: what stands on two lines is the frame, bit by bit, in time, once an opening, or none at all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from relay.boards.build import build
from relay.boards.pins import Pins
from relay.boards.seam import Board, Contact, Transcript
from relay.boards.wiegand import (
    FACILITY_BITS,
    INTERVAL_S,
    LONGEST_INTERVAL_S,
    LONGEST_PULSE_S,
    PULSE_S,
    REST_S,
    TRIES,
    Card,
    WiegandBoard,
    frame,
)
from relay.errors import BoardError, BoardRefused
from relay.plan import check
from relay.settings import BarrierSettings, RelayPlan
from relay.workers.jobs import Fact, OutputOff, OutputOn, Pulse, Stop
from relay.workers.worker import BoardWorker
from tests.patience import PATIENCE_S, comes

D0, D1 = 17, 27
WANTED = {"driver": "wiegand", "pin": D0, "pin_d1": D1, "card": 4711, "facility": 12, "hold_mode": "repeat"}


@dataclass
class Controller:
    """The other end: two lines sampled at every change, decoded as a controller does, on a clock that costs no time.

    `busy` adds seconds to the reading of the clock with that number, as a machine does that runs something else meanwhile.
    """

    busy: dict[int, float] = field(default_factory=dict)
    now: float = 0.0
    looks: int = 0
    falls: list[tuple[float, int]] = field(default_factory=list)
    """When which line fell."""
    lows: list[float] = field(default_factory=list)
    high: dict[int, bool] = field(default_factory=lambda: {D0: True, D1: True})
    fell: float = 0.0
    both: bool = False

    def clock(self) -> float:
        self.looks += 1
        self.now += 5e-6 + self.busy.pop(self.looks, 0.0)
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def driven(self, number: int, *, high: bool) -> None:
        if self.high[number] and not high:
            self.falls.append((self.now, number))
            self.fell = self.now
        if high and not self.high[number]:
            self.lows.append(self.now - self.fell)
        self.high[number] = high
        self.both |= not any(self.high.values())

    def cards(self, bits: int) -> list[tuple[int, int]]:
        """Facility and card of every frame with all its bits and both parities right; a rest divides frames."""
        groups: list[list[int]] = []
        last = -1.0
        for at, number in self.falls:
            if not groups or at - last > LONGEST_INTERVAL_S:
                groups.append([])
            groups[-1].append(int(number == D1))
            last = at
        return [found for group in groups if (found := decoded(group, bits)) is not None]


def decoded(group: list[int], bits: int) -> tuple[int, int] | None:
    """Written from the format's own table, not from the driver."""
    if len(group) != bits:
        return None
    half = bits // 2
    if sum(group[:half]) % 2 != 0 or sum(group[half:]) % 2 != 1:
        return None
    data = "".join(map(str, group[1:-1]))
    return int(data[: FACILITY_BITS[bits]], 2), int(data[FACILITY_BITS[bits] :], 2)


class Lines(Pins):
    """Pins whose two lines lead to the controller."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(MockFactory())
        self._controller = controller

    def output(self, number: int, *, high: bool):  # type: ignore[no-untyped-def]
        controller = self._controller

        class Line:
            def drive(self, *, high: bool) -> None:
                controller.driven(number, high=high)

            def read(self) -> bool:
                return controller.high[number]

        line = Line()
        line.drive(high=high)
        return line


def board(controller: Controller, card: Card) -> WiegandBoard:
    made = WiegandBoard(
        card,
        d0=D0,
        d1=D1,
        pins=Lines(controller),
        transcript=Transcript(),
        clock=controller.clock,
        rest=controller.rest,
    )
    made.open((D0,))
    return made


cards = st.sampled_from((26, 34)).flatmap(
    lambda bits: st.builds(
        Card, st.just(bits), st.integers(0, 2 ** FACILITY_BITS[bits] - 1), st.integers(0, 65_535)
    )
)  # fmt: skip


@given(card=cards)
def test_what_stands_on_the_lines_is_the_card(card: Card) -> None:
    """Decoded bit by bit, any facility and number come out; never both lines at once; both rest high."""
    controller = Controller()
    board(controller, card).pulse(D0, seconds=0.7)
    assert [(card.facility, card.number)] == controller.cards(card.bits)
    assert not controller.both
    assert {D0: True, D1: True} == controller.high


def test_what_the_lines_showed_before_they_were_ours_spoils_no_card() -> None:
    """Lines that were low until the process took them have looked like bits: the first card waits until those are forgotten."""
    controller, card = Controller(), Card(26, 12, 4711)
    ready = board(controller, card)
    controller.falls += [(controller.now, D0), (controller.now, D1)]
    ready.pulse(D0, seconds=0.7)
    assert [(12, 4711)] == controller.cards(26)


def test_a_known_card_has_known_bits() -> None:
    """Facility 1, card 1 of 26 bits, as a maker of readers prints it: 1 00000001 0000000000000001 0."""
    assert "10000000100000000000000010" == "".join(map(str, frame(Card(26, 1, 1))))


def test_pulses_and_intervals_are_those_of_the_standard() -> None:
    """50 µs low, 1 to 2 ms from bit to bit, as far as a clock that is read every 5 µs can tell."""
    controller = Controller()
    board(controller, Card(34, 65_535, 1)).pulse(D0, seconds=0.7)
    assert all(PULSE_S - 1e-6 <= low <= PULSE_S + 10e-6 for low in controller.lows)
    times = [at for at, _ in controller.falls]
    assert all(1e-3 <= after - before <= 2e-3 for before, after in itertools.pairwise(times))


@given(card=cards, busy=st.dictionaries(st.integers(1, 3000), st.floats(0, 0.03), max_size=30))
def test_a_busy_machine_shows_the_controller_its_card_at_most_once_and_no_other(
    card: Card, busy: dict[int, float]
) -> None:
    """However pulses are stretched: the card once where the board says sent, no card where it says refused, never another."""
    controller = Controller(dict(busy))
    made = board(controller, card)
    try:
        made.pulse(D0, seconds=0.7)
        sent = 1
    except BoardRefused:
        sent = 0
    assert [(card.facility, card.number)] * sent == controller.cards(card.bits)


def test_a_frame_out_of_tolerance_is_left_unfinished_and_sent_again() -> None:
    """A pulse of 3 ms: the rest of that frame is not sent, the controller forgets it, the next one is whole."""
    controller = Controller({60: 3e-3})
    board(controller, Card(26, 12, 4711)).pulse(D0, seconds=0.7)
    assert max(controller.lows) > LONGEST_PULSE_S
    assert [(12, 4711)] == controller.cards(26)
    assert 26 < len(controller.falls) < 52


def test_a_machine_that_is_never_in_time_is_told_of() -> None:
    """After so many tries nothing was opened, and the refusal says why; all within the second that a board has."""
    controller = Controller(dict.fromkeys(range(1, 10000), 0.001))
    made = board(controller, Card(26, 12, 4711))
    with pytest.raises(BoardRefused, match="машина занята"):
        made.pulse(D0, seconds=0.7)
    assert [] == controller.cards(26)
    assert TRIES * (34 * INTERVAL_S + REST_S) < 1.0


def test_a_card_holds_nothing_open() -> None:
    """ON is refused and sends nothing; OFF leaves both lines high; the contact is not known."""
    controller = Controller()
    made = board(controller, Card(26, 12, 4711))
    with pytest.raises(BoardRefused):
        made.switch(D0, on=True)
    made.switch(D0, on=False)
    assert [] == controller.falls
    assert Contact.UNKNOWN is made.contact(D0)


def test_one_opening_is_one_card() -> None:
    """Through the worker that times barriers: asked once, the controller sees the card once, and hears nothing at the end."""
    controller = Controller()
    facts: list[Fact] = []
    worker = BoardWorker("main", board(controller, Card(26, 12, 4711)), channels=(D0,), report=facts.append)
    worker.start()
    worker.post(Pulse(D0, 1, 0.7, float("inf")))
    assert comes(lambda: next((fact for fact in facts if isinstance(fact, OutputOff)), None))
    worker.post(Stop())
    worker.join(PATIENCE_S)
    (began,) = [fact for fact in facts if isinstance(fact, OutputOn)]
    assert [(12, 4711)] == controller.cards(26)
    assert began.confirmed is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"pin_d1": None}, "pin_d1"),
        ({"pin": None}, "pin"),
        ({"pin_d1": D0}, "pin_d1"),
        ({"facility": 256}, "facility"),
        ({"card": 0}, "card"),
        ({"hold_mode": "maintain"}, "hold_mode"),
    ],
)
def test_settings_that_make_no_card_are_told(change: dict[str, object], key: str) -> None:
    """Each with its key; 34 bits take the larger facility."""
    assert () == BarrierSettings("main", **WANTED).problems()  # type: ignore[arg-type]
    assert [key] == [name for name, _ in BarrierSettings("main", **{**WANTED, **change}).problems()]  # type: ignore[arg-type]
    assert () == BarrierSettings("main", **{**WANTED, "wiegand_bits": "34", "facility": 256}).problems()  # type: ignore[arg-type]


def test_two_barriers_cannot_have_one_line() -> None:
    """A pin of D0 or D1 that a relay or another card drives is told."""
    main = BarrierSettings("main", **WANTED)  # type: ignore[arg-type]
    relay = BarrierSettings("exit", driver="gpio", pin=D1)
    other = BarrierSettings("third", **{**WANTED, "pin": 5, "pin_d1": D0})  # type: ignore[arg-type]
    found = check(RelayPlan("/s", (main, relay, other)))
    assert [("exit", "pin"), ("third", "pin_d1")] == [(("main", "exit", "third")[one.index], one.key) for one in found]


def test_the_driver_is_made_from_its_settings() -> None:
    """With the pins that the config names."""
    made: Board = build((BarrierSettings("main", **WANTED),), Transcript(), lambda: False, pins=Pins(MockFactory()))  # type: ignore[arg-type]
    made.open((D0,))
    try:
        made.pulse(D0, seconds=0.7)
    except BoardError as error:  # a machine so busy that not one frame was in time
        assert "машина занята" in str(error)  # noqa: PT017

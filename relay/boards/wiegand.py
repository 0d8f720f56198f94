"""Opens through an access controller, as a card would: sends a Wiegand frame on two GPIO lines, D0 and D1.

Format: 26 bits (8 facility, 16 card) or 34 bits (16 and 16), most significant first, between two parity bits: even over
the first half of the data, odd over the second (SIA, Access Control Standard Protocol for the 26-bit Wiegand Reader
Interface, AC-01, 1996; the 34-bit format as published by makers of readers). Both lines are high at rest. A bit is a
short low pulse on one line: D0 for 0, D1 for 1. Readers send pulses of 50 µs every 1 to 2 ms; controllers must accept
20 to 100 µs, and 0.2 to 20 ms from bit to bit.

Python cannot guarantee 50 µs: anything else that runs lengthens a pulse. So each pulse is measured. A frame with a
pulse out of tolerance is left incomplete, which no controller takes for a card (bits are missing), and sent again after
a rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.words.language import say
from relay.boards.pins import Line, Pins
from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact, Transcript
from relay.errors import BoardLost, BoardRefused, BoardSilent

PULSE_S = 50e-6
INTERVAL_S = 1.5e-3
"""From the start of one bit to the start of the next."""
LONGEST_PULSE_S = 100e-6
LONGEST_INTERVAL_S = 20e-3
REST_S = 0.1
"""After this long without a bit, a controller has discarded an incomplete frame."""
TRIES = 5
FACILITY_BITS = {26: 8, 34: 16}
CARD_BITS = 16


@dataclass(frozen=True, slots=True)
class Card:
    """The card by which the controller knows this gate."""

    bits: int
    """26 or 34."""
    facility: int
    number: int


def frame(card: Card) -> tuple[int, ...]:
    """The bits in sending order. Pure."""
    data = [int(one) for one in f"{card.facility:0{FACILITY_BITS[card.bits]}b}{card.number:0{CARD_BITS}b}"]
    half = len(data) // 2
    return (sum(data[:half]) % 2, *data, 1 - sum(data[half:]) % 2)


class WiegandBoard:
    """A `relay.boards.seam.Board`: a pulse is one frame. It cannot hold anything open, just as a card cannot."""

    times_pulses = True
    """Once the last bit is sent, the controller does the rest."""
    reads_back = False
    reply_s = 0.0

    def __init__(
        self,
        card: Card,
        *,
        d0: int,
        d1: int,
        pins: Pins,
        transcript: Transcript,
        clock: Callable[[], float] = time.perf_counter,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bits = frame(card)
        self._numbers = (d0, d1)
        self._pins = pins
        self._transcript = transcript
        self._clock = clock
        self._rest = rest
        self._lines: tuple[Line, ...] = ()
        self._quiet_until = 0.0

    def open(self, channels: tuple[int, ...]) -> None:
        del channels
        self._transcript.sent(f"GPIO{self._numbers[0]}, GPIO{self._numbers[1]} high".encode())
        self._lines = tuple(self._pins.output(number, high=True) for number in self._numbers)
        self._quiet_until = self._clock() + REST_S  # a line that was low until now looked like a bit

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        del channel
        if on:
            raise BoardRefused(say("Wiegand: контроллеру говорят «открой», держать открытым так нельзя"))
        for line in self._opened():
            line.drive(high=True)
        return NO_ACKNOWLEDGEMENT

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        """Sends one whole frame within tolerance. The controller decides how long it opens; `seconds` is ignored."""
        del channel, seconds
        longest = 0.0
        if (early_s := self._quiet_until - self._clock()) > 0:
            self._rest(early_s)
        for _ in range(TRIES):
            longest = self._sent()
            if not longest:
                self._transcript.sent(f"wiegand {len(self._bits)}".encode())
                return NO_ACKNOWLEDGEMENT
            self._transcript.sent(f"wiegand torn {1e6 * longest:.0f} us".encode())
            self._rest(REST_S)
        raise BoardRefused(
            say("Wiegand: {tries} раз подряд импульс вышел длиннее {us} мкс: машина занята", tries=TRIES, us=int(1e6 * LONGEST_PULSE_S))
        )  # fmt: skip

    def contact(self, channel: int) -> Contact:
        del channel
        return Contact.UNKNOWN

    def check(self) -> None:
        pass

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        raise BoardSilent(say("входы GPIO {numbers} читаются не здесь", numbers=numbers))

    def close(self) -> None:
        self._lines = ()

    def abandon(self) -> None:
        pass

    def _sent(self) -> float:
        """Sends the frame, stopping at the first time out of tolerance.

        Returns 0.0 if complete, else that time in seconds.
        """
        lines = self._opened()
        last = len(self._bits) - 1
        began: float | None = None
        for place, bit in enumerate(self._bits):
            if began is not None:
                self._rest(max(0.0, INTERVAL_S - (self._clock() - began)))
            at = self._clock()
            if began is not None and at - began > LONGEST_INTERVAL_S:
                return at - began
            began = at  # any delay from here to the edge lengthens the measured pulse, so it cannot be missed
            try:
                lines[bit].drive(high=False)
                while self._clock() - began < PULSE_S:
                    pass  # a sleep would take longer than the pulse
            finally:
                lines[bit].drive(high=True)
            low = self._clock() - began
            if low > LONGEST_PULSE_S and place < last:  # after the last bit the frame is complete anyway
                return low
        return 0.0

    def _opened(self) -> tuple[Line, ...]:
        if not self._lines:
            raise BoardLost(say("GPIO{channel}: ножка не открыта", channel=self._numbers[0]))
        return self._lines

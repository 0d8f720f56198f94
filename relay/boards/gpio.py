"""Relays on GPIO pins. The channel is the pin's BCM number. This machine times the pulse.

Raspberry Pi kernels keep the level of a pin when its process dies; docs/relay.en.md explains `strict_gpiod` and the
pull resistor that every such relay needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.words.language import say
from relay.boards.pins import Line, Pins
from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact, Transcript
from relay.errors import BoardLost, BoardMisset, BoardSilent


class GpioBoard:
    """A `relay.boards.seam.Board`. `active_high` by pin number."""

    times_pulses = False
    reads_back = True
    reply_s = 0.0

    def __init__(self, active_high: Mapping[int, bool], *, pins: Pins, transcript: Transcript) -> None:
        self._active_high = active_high
        self._pins = pins
        self._transcript = transcript
        self._lines: dict[int, Line] = {}

    def open(self, channels: tuple[int, ...]) -> None:
        for channel in channels:
            self._transcript.sent(f"GPIO{channel} off".encode())
            self._lines[channel] = self._pins.output(channel, high=not self._active_high[channel])

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        if channel not in self._lines:
            raise BoardLost(say("GPIO{channel}: ножка не открыта", channel=channel))
        self._transcript.sent(f"GPIO{channel} {'on' if on else 'off'}".encode())
        self._lines[channel].drive(high=on is self._active_high[channel])
        return NO_ACKNOWLEDGEMENT

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        raise BoardMisset(
            say("GPIO{channel}: сама ножка импульс {seconds} с не отмеряет", channel=channel, seconds=seconds)
        )

    def contact(self, channel: int) -> Contact:
        if channel not in self._lines:
            return Contact.UNKNOWN
        on = self._lines[channel].read() is self._active_high[channel]
        return Contact.ON if on else Contact.OFF

    def check(self) -> None:
        pass

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        raise BoardSilent(say("входы GPIO {numbers} читаются не здесь", numbers=numbers))

    def close(self) -> None:
        self._lines.clear()

    def abandon(self) -> None:
        pass

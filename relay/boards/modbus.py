"""Modbus RTU relay boards. Waveshare and LC-Tech time a pulse themselves, which is what a gate needs.

Channels and inputs count from 1, as printed; on the wire from 0, except on `0100` boards. Frames are 20 lines of CRC
and struct code here, because the usual libraries cannot send the vendors' flash commands.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from core.words.language import say
from relay.boards.seam import ACKNOWLEDGED, Acknowledgement, Contact
from relay.boards.serial_board import SerialBoard
from relay.boards.serial_link import SerialLink
from relay.errors import BoardMisset, BoardNonsense, BoardRefused, BoardSilent

REPLY_S = 0.25
QUICK_REPLY_S = 0.1
"""Time-out for the inputs of a board that has answered recently. A lost answer is simply asked for again, and a press
is short."""
QUICK_TRIES = 3
UNHEARD_REPLY_S = 0.06
"""Shorter time-out for the next command after a missed answer: OFF may be due for all relays of the board."""
MOST_CHANNELS = 32
"""Relays or inputs of the largest board."""
READ_COILS, READ_INPUTS, WRITE_COIL, WRITE_REGISTERS = 1, 2, 5, 16
EXCEPTION = 0x80


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between boards that speak Modbus RTU."""

    unit: int
    first: int
    """Wire address of channel 1."""
    on: int
    flash: str
    """How a pulse is requested: `waveshare`, `lctech`, or empty if the board cannot time one."""


DIALECTS = {
    "waveshare": Dialect(unit=1, first=0, on=0xFF00, flash="waveshare"),
    "lctech": Dialect(unit=255, first=0, on=0xFF00, flash="lctech"),
    "coil": Dialect(unit=1, first=0, on=0xFF00, flash=""),
    "0100": Dialect(unit=1, first=1, on=0x0100, flash=""),
}


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def frame(unit: int, function: int, body: bytes) -> bytes:
    """One request with its CRC."""
    data = bytes((unit, function)) + body
    return data + crc(data)


def tenths(seconds: float) -> int:
    """Seconds in the boards' unit of 100 ms; at least one."""
    return max(1, round(seconds * 10))


class ModbusBoard(SerialBoard):
    """A `relay.boards.seam.Board`. `unit` 0 = the usual address of the dialect."""

    def __init__(self, link: SerialLink, *, dialect: str, unit: int) -> None:
        super().__init__(link)
        self._dialect = DIALECTS[dialect]
        self._unit = unit or self._dialect.unit
        self._unheard = 0
        """How many of the latest answers in a row were missing or not credible."""

    @property
    def times_pulses(self) -> bool:
        return bool(self._dialect.flash)

    @property
    def reply_s(self) -> float:
        return REPLY_S

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        return self._write(WRITE_COIL, struct.pack(">HH", self._address(channel), self._dialect.on if on else 0))

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        address = self._address(channel)
        match self._dialect.flash:
            case "waveshare":  # flash-on: coil 0x0200 + channel, value = tenths of a second
                return self._write(WRITE_COIL, struct.pack(">HH", 0x0200 + address, tenths(seconds)))
            case "lctech":  # registers 3, 8, 13, 18, … by channel: mode 4 = on and then off, tenths of a second
                body = struct.pack(">HHBHH", 3 + 5 * address, 2, 4, 4, tenths(seconds))
                return self._write(WRITE_REGISTERS, body)
            case _:
                return super().pulse(channel, seconds=seconds)

    def contact(self, channel: int) -> Contact:
        place = self._address(channel) - self._dialect.first
        try:
            bits = self._bits(READ_COILS, self._dialect.first, place + 1, within_s=REPLY_S)
        except BoardSilent:
            return Contact.UNKNOWN
        return Contact.ON if bits >> place & 1 else Contact.OFF

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        if not all(1 <= number <= MOST_CHANNELS for number in numbers):
            raise BoardMisset(
                say("входы {numbers}: у Modbus-плат они считаются с 1 до {MOST}", numbers=numbers, MOST=MOST_CHANNELS)
            )
        patience = QUICK_REPLY_S if self._unheard < QUICK_TRIES else REPLY_S
        bits = self._bits(READ_INPUTS, 0, max(numbers), within_s=patience)
        return {number: bool(bits >> (number - 1) & 1) for number in numbers}

    def _address(self, channel: int) -> int:
        if not 1 <= channel <= MOST_CHANNELS:
            raise BoardMisset(
                say("реле {channel}: у Modbus-плат они считаются с 1 до {MOST}", channel=channel, MOST=MOST_CHANNELS)
            )
        return channel - 1 + self._dialect.first

    def _write(self, function: int, body: bytes) -> Acknowledgement:
        """Sends a command. Its echo proves that the board received it; without an echo, nobody knows."""
        try:
            answer = self._ask(function, body, length=8, within_s=UNHEARD_REPLY_S if self._unheard else REPLY_S)
        except BoardRefused:
            raise
        except (BoardSilent, BoardNonsense) as error:
            return Acknowledgement(heard=False, trouble=error)
        if answer[2:6] != body[:4]:
            return Acknowledgement(
                heard=False, trouble=BoardNonsense(say("плата повторила не ту команду: {n}", n=answer.hex(" ")))
            )
        return ACKNOWLEDGED

    def _bits(self, function: int, first: int, count: int, *, within_s: float) -> int:
        """The first `count` bits, rounded up to whole bytes: all boards answer that, but few answer anything else."""
        size = (count + 7) // 8
        answer = self._ask(function, struct.pack(">HH", first, 8 * size), length=5 + size, within_s=within_s)
        if answer[2] != size:
            raise BoardNonsense(say("плата ответила не той длины: {n}", n=answer.hex(" ")))
        return int.from_bytes(answer[3:-2], "little")

    def _ask(self, function: int, body: bytes, *, length: int, within_s: float) -> bytes:
        self._unheard += 1  # until it answers
        self._link.send(frame(self._unit, function, body))
        answer = self._link.receive(lambda data: len(data) >= _expected(data, length), within_s=within_s)
        if not answer:
            raise BoardSilent(say("плата не ответила по Modbus (адрес? линии A и B?)"))
        if len(answer) < 5 or crc(answer[:-2]) != answer[-2:]:
            raise BoardNonsense(say("ответ платы испорчен: {n}", n=answer.hex(" ")))
        if answer[0] != self._unit or answer[1] & ~EXCEPTION != function:
            raise BoardNonsense(say("ответила не та плата или не на то: {n}", n=answer.hex(" ")))
        if answer[1] & EXCEPTION:
            self._unheard = 0
            raise BoardRefused(say("плата отказала, код {what}", what=answer[2]))
        if len(answer) != length:
            raise BoardNonsense(say("плата ответила не той длины: {n}", n=answer.hex(" ")))
        self._unheard = 0
        return answer


def _expected(data: bytes, length: int) -> int:
    """An exception reply is five bytes long."""
    return 5 if len(data) >= 2 and data[1] & EXCEPTION else length

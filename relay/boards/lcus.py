"""LCUS-1/2/4/8 boards (CH340): `A0 channel state sum`, channels from 1. The board cannot time a pulse.

There are three dialects for reporting the state, and many boards report nothing: ASCII lines or one byte per channel
after `FF`, or op 05 for one channel.
"""

from __future__ import annotations

import logging
import re

from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact
from relay.boards.serial_board import SerialBoard
from relay.boards.serial_link import SerialLink

log = logging.getLogger(__name__)

REPLY_S = 0.15
PROBE_S = 0.25
"""Longer than an ordinary answer may take, because the machine is busy when the process starts."""
ASCII, BINARY, OP05, NONE = "ascii", "binary", "op05", "none"
_ASCII_LINE = re.compile(rb"CH(\d+):\s*(ON|OFF)", re.IGNORECASE)
_QUERY_ALL = b"\xff"


def frame(channel: int, op: int) -> bytes:
    """`A0 channel op sum`, the sum being the low byte of the first three."""
    return bytes((0xA0, channel, op, (0xA0 + channel + op) & 0xFF))


def parse_ascii(data: bytes, channel: int) -> Contact:
    r"""`CH1: ON \r\nCH2: OFF\r\n`."""
    for number, state in _ASCII_LINE.findall(data):
        if int(number) == channel:
            return Contact.ON if state.upper() == b"ON" else Contact.OFF
    return Contact.UNKNOWN


def parse_binary(data: bytes, channel: int, *, channels: int) -> Contact:
    """One byte, 00 or 01, for each channel."""
    if len(data) != channels or any(byte not in {0, 1} for byte in data) or channel > channels:
        return Contact.UNKNOWN
    return Contact.ON if data[channel - 1] else Contact.OFF


def parse_op05(data: bytes, channel: int) -> Contact:
    """`A0 channel state sum`."""
    if len(data) != 4 or data[0] != 0xA0 or data[1] != channel or data[2] not in {0, 1}:
        return Contact.UNKNOWN
    if data[3] != sum(data[:3]) & 0xFF:
        return Contact.UNKNOWN
    return Contact.ON if data[2] else Contact.OFF


class LcusBoard(SerialBoard):
    """A `relay.boards.seam.Board`. `read_back` is a dialect, or `auto`: probed at the first question."""

    def __init__(self, link: SerialLink, *, channels: int, read_back: str) -> None:
        super().__init__(link)
        self._channels = channels
        self._auto = read_back == "auto"
        """The dialect still has to be probed, at the first question. Commands do not wait for that."""
        self._dialect = NONE if self._auto else read_back

    @property
    def reads_back(self) -> bool:
        return self._dialect != NONE

    @property
    def reply_s(self) -> float:
        return 2 * PROBE_S if self._auto else 2 * REPLY_S

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self._link.send(frame(channel, 1 if on else 0))
        return NO_ACKNOWLEDGEMENT

    def contact(self, channel: int) -> Contact:
        if self._auto:
            self._probe(channel)
        if self._dialect == NONE:
            return Contact.UNKNOWN
        if self._dialect == OP05:
            self._link.send(frame(channel, 5))
            data = self._answer_of(4, within_s=REPLY_S)
            return self._checked(parse_op05(data, channel), data)
        if self._dialect == BINARY:
            self._link.send(_QUERY_ALL)
            data = self._answer_of(self._channels, within_s=REPLY_S)
            return self._checked(parse_binary(data, channel, channels=self._channels), data)
        self._ask_ascii()  # the first answer is often stale
        data = self._ask_ascii()
        return self._checked(parse_ascii(data, channel), data)

    def _ask_ascii(self) -> bytes:
        self._link.send(_QUERY_ALL)
        lines = self._channels
        return self._link.receive(lambda data: data.count(b"\n") >= lines, within_s=REPLY_S, patient=False)

    def _probe(self, channel: int) -> None:
        """Finds the dialect. If a waiting command cuts it short, it is repeated at the next question.

        It only runs while `channel` is open, and never leaves it closed, however the board interprets the question.
        """
        dialect, said = self._ask_all(channel)
        if dialect == NONE and not self._link.wanted():
            # A simple board that takes any op but 00 for ON gets OFF right behind it, 4 ms later.
            self._link.send(frame(channel, 5) + frame(channel, 0))
            data = self._answer_of(4, within_s=PROBE_S)
            dialect = OP05 if parse_op05(data[:4], channel) is not Contact.UNKNOWN else NONE
            if dialect == NONE:
                # Another device is on the line: ask again at the next question.
                self._checked(Contact.UNKNOWN, said + data)
        if dialect == NONE and self._link.wanted():
            return
        self._auto, self._dialect = False, dialect
        log.info("lcus: %s", "the board does not tell its state" if dialect == NONE else f'read_back = "{dialect}"')

    def _ask_all(self, channel: int) -> tuple[str, bytes]:
        self._link.send(_QUERY_ALL)
        data = self._link.receive(self._complete, within_s=PROBE_S, patient=False)
        if parse_ascii(data, channel) is not Contact.UNKNOWN:
            return ASCII, data
        if parse_binary(data, channel, channels=self._channels) is not Contact.UNKNOWN:
            return BINARY, data
        whole = not self._link.wanted()
        if whole and 0 < len(data) <= 8 and all(byte in {0, 1} for byte in data):
            log.warning("lcus: плата отвечает о %d реле: задайте board_channels = %d", len(data), len(data))
            self._channels = len(data)
            return BINARY, data
        return NONE, data

    def _complete(self, data: bytes) -> bool:
        """Whether there are as many lines, or as many bytes 00 and 01, as relays."""
        binary = len(data) >= self._channels and all(byte in {0, 1} for byte in data)
        return binary or data.count(b"\n") >= self._channels

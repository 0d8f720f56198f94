"""KMtronic USB boards: `FF channel state`, channels from 1. The board cannot time a pulse.

Boards with one and two channels answer `FF 0n 03` with `FF 0n state`; those with four and eight answer `FF 09 00` with
one byte per channel.
"""

from __future__ import annotations

from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact
from relay.boards.serial_board import SerialBoard
from relay.boards.serial_link import SerialLink

REPLY_S = 0.15


class KmtronicBoard(SerialBoard):
    """A `relay.boards.seam.Board`."""

    def __init__(self, link: SerialLink, *, channels: int) -> None:
        super().__init__(link)
        self._channels = channels

    @property
    def reply_s(self) -> float:
        return REPLY_S

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self._link.send(bytes((0xFF, channel, int(on))))
        return NO_ACKNOWLEDGEMENT

    def contact(self, channel: int) -> Contact:
        if self._channels <= 2:
            self._link.send(bytes((0xFF, channel, 3)))
            data = self._answer_of(3, within_s=REPLY_S)
            good = len(data) == 3 and data[:2] == bytes((0xFF, channel)) and data[2] in {0, 1}
            return self._checked((Contact.ON if data[2] else Contact.OFF) if good else Contact.UNKNOWN, data)
        self._link.send(b"\xff\x09\x00")
        data = self._answer_of(self._channels, within_s=REPLY_S)
        good = len(data) == self._channels and channel <= self._channels and all(byte in {0, 1} for byte in data)
        return self._checked((Contact.ON if data[channel - 1] else Contact.OFF) if good else Contact.UNKNOWN, data)

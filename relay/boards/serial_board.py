"""The common part of all boards on a serial port: OFF is sent first; no pulses and no inputs of their own."""

from __future__ import annotations

from collections.abc import Mapping

from core.words.language import say
from relay.boards.seam import Acknowledgement, Contact, text_of
from relay.boards.serial_link import SerialLink
from relay.errors import BoardMisset, BoardNonsense, BoardSilent


class SerialBoard:
    """Base of the serial drivers. Each adds `switch` and `contact`, and whatever else its board can do."""

    def __init__(self, link: SerialLink) -> None:
        self._link = link

    @property
    def times_pulses(self) -> bool:
        return False

    @property
    def reads_back(self) -> bool:
        return True

    def open(self, channels: tuple[int, ...]) -> None:
        """Claims the port and sends OFF to every channel before anything else."""
        self._link.open()
        for channel in channels:
            self.switch(channel, on=False)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        raise BoardMisset(say("реле {channel}: эта плата не переключается (on={on!r})", channel=channel, on=on))

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        raise BoardMisset(
            say("реле {channel}: эта плата сама импульс {seconds} с не отмеряет", channel=channel, seconds=seconds)
        )

    def _checked(self, contact: Contact, data: bytes) -> Contact:
        """`contact`, or `BoardNonsense` if meaningless bytes were received.

        An answer that was cut short does not count.
        """
        if contact is Contact.UNKNOWN and data and not self._link.wanted():
            raise BoardNonsense(say("плата ответила непонятно: {text_of}", text_of=text_of(data[:24])))
        return contact

    def _answer_of(self, length: int, *, within_s: float) -> bytes:
        """An answer of that many bytes; fewer if the time is over or a job waits."""
        return self._link.receive(lambda data: len(data) >= length, within_s=within_s, patient=False)

    def check(self) -> None:
        self._link.check()

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        raise BoardSilent(say("у этой платы нет входов {numbers}", numbers=numbers))

    def close(self) -> None:
        self._link.close()

    def abandon(self) -> None:
        self._link.abandon()

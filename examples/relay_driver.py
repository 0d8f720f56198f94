"""A driver of your own relay board, complete: `REL1=ON` and `REL1?` over a serial port, answered `REL1:ON`.

Copied to `relay/boards/`, named in `relay/boards/build.py` and `relay/settings.py`, it is a driver like the others.
"""

from __future__ import annotations

from relay.boards.seam import ACKNOWLEDGED, Acknowledgement, Contact
from relay.boards.serial_board import SerialBoard
from relay.errors import BoardNonsense, BoardSilent

REPLY_S = 0.2
STATES = {b"ON": Contact.ON, b"OFF": Contact.OFF}


class TextBoard(SerialBoard):
    """The base opens the port, says OFF to every relay first, and refuses what this board cannot: pulses, inputs."""

    @property
    def reply_s(self) -> float:
        return REPLY_S

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        """Send first: an answer that is lost keeps no command back. It is told beside, and never taken for OFF."""
        wanted = Contact.ON if on else Contact.OFF
        data = self._ask(b"REL%d=%s\r\n" % (channel, b"ON" if on else b"OFF"))
        if self._state(channel, data) is wanted:
            return ACKNOWLEDGED
        trouble = BoardNonsense(f"REL{channel}: {data!r}") if data else BoardSilent(f"REL{channel}: no answer")
        return Acknowledgement(heard=False, trouble=trouble)

    def contact(self, channel: int) -> Contact:
        """Asked of the board itself; `UNKNOWN` where it says nothing, `BoardNonsense` where it says something else."""
        data = self._ask(b"REL%d?\r\n" % channel)
        return self._checked(self._state(channel, data), data)

    def _ask(self, line: bytes) -> bytes:
        self._link.send(line)
        return self._link.receive(lambda data: data.endswith(b"\n"), within_s=REPLY_S, patient=False)

    def _state(self, channel: int, data: bytes) -> Contact:
        name, _, state = data.strip().partition(b":")
        return STATES.get(state, Contact.UNKNOWN) if name == b"REL%d" % channel else Contact.UNKNOWN

"""A board that is not there: the other end of `relay_driver.py`, on a pseudo-terminal, with relays that can be looked at.

python -m examples.fake_board        prints its port, which goes into `port = …` of a [[barrier]]; Ctrl-C unplugs it
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

from relay.tools.emulators import Emulator


@dataclass(slots=True)
class TextBoardEmulator(Emulator):
    """The base owns the terminal, its thread and the relays, and can be silent, garbled, deaf or unplugged."""

    def command_length(self, data: bytes) -> int:
        """Up to and with the line feed; 0 where it begins with nothing of ours."""
        if not data.startswith(b"REL"[: len(data)]):
            return 0
        return data.find(b"\n") + 1 or len(data) + 1

    def obey(self, command: bytes) -> bytes:
        name, _, wanted = command.strip().removesuffix(b"?").partition(b"=")
        if not name[3:].isdigit() or not 1 <= (channel := int(name[3:])) <= self.channels:
            return b"ERR\n"
        if wanted:
            self.drive(channel, on=wanted == b"ON")
        return b"%s:%s\n" % (name, b"ON" if self.levels.get(channel) else b"OFF")


if __name__ == "__main__":
    ENDS = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # before the board's thread begins: they wait for us
    with TextBoardEmulator(channels=2) as board:
        print(board.port, flush=True)
        signal.sigwait(ENDS)
        print(board.changes, file=sys.stderr)

"""One connection of the relay socket: what has come in and what is to go out. It decides nothing.

What one client sends or is owed is taken in small portions, so that a flood costs the flooder and not the loop.
"""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from dataclasses import dataclass, field

from relay.codec import encode
from relay.protocol import Message

READ_BYTES = 65536
BACKLOG_A_TURN = 32
"""So many kept events are written to one subscriber at a time."""


@dataclass(slots=True)
class Client:
    """One connection."""

    number: int
    link: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    backlog: deque[Message] = field(default_factory=deque)
    """Events that follow when the outbox is empty."""
    subscribed: bool = False
    closing: bool = False
    """To be closed when the outbox is empty."""
    owed: int = 0
    """Actions not answered yet."""
    bad_lines: int = 0
    heard_at: float = 0.0
    """When the lines that wait have come; monotonic."""

    @property
    def has_line(self) -> bool:
        """A whole line waits to be obeyed; until then nothing more is read."""
        return b"\n" in self.inbox

    @property
    def has_to_write(self) -> bool:
        """Something is still to be sent."""
        return bool(self.outbox or self.backlog)

    def take_line(self) -> bytes | None:
        """The next whole line, without its end."""
        end = self.inbox.find(b"\n")
        if end < 0:
            return None
        line = bytes(self.inbox[:end])
        del self.inbox[: end + 1]
        return line

    def read(self, now: float) -> bool:
        """Take what has come; False when the client has gone."""
        try:
            chunk = self.link.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self.heard_at = now
        if not self.closing:  # it has had its answer; what it still sends is thrown away until it hangs up
            self.inbox += chunk
        return bool(chunk)

    def flush(self) -> None:
        """Send what the client takes now. OSError when it has gone."""
        if not self.outbox:
            for _ in range(min(BACKLOG_A_TURN, len(self.backlog))):
                self.outbox += encode(self.backlog.popleft())
        with contextlib.suppress(BlockingIOError, InterruptedError):
            while self.outbox:
                sent = self.link.send(self.outbox)
                del self.outbox[:sent]

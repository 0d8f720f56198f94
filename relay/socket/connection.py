"""One connection of the relay socket: buffers for input and output. It decides nothing.

What a client sends or is owed is processed in small portions, so that a flood only harms the flooder, not the loop.
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
"""Most kept events written to one subscriber at a time."""


@dataclass(slots=True)
class Client:
    """One connection."""

    number: int
    link: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    backlog: deque[Message] = field(default_factory=deque)
    """Events to send once the outbox is empty."""
    subscribed: bool = False
    closing: bool = False
    """Close it once the outbox is empty."""
    owed: int = 0
    """Number of actions not answered yet."""
    bad_lines: int = 0
    heard_at: float = 0.0
    """When the waiting lines arrived; monotonic seconds."""

    @property
    def has_line(self) -> bool:
        """Whether a whole line is waiting to be processed; until it is, nothing more is read."""
        return b"\n" in self.inbox

    @property
    def has_to_write(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self.outbox or self.backlog)

    def take_line(self) -> bytes | None:
        """The next whole line, without its line feed."""
        end = self.inbox.find(b"\n")
        if end < 0:
            return None
        line = bytes(self.inbox[:end])
        del self.inbox[: end + 1]
        return line

    def read(self, now: float) -> bool:
        """Reads what has arrived. Returns False if the client has gone."""
        try:
            chunk = self.link.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self.heard_at = now
        if not self.closing:  # it has had its answer: discard what it still sends until it hangs up
            self.inbox += chunk
        return bool(chunk)

    def flush(self) -> None:
        """Sends what the client accepts now. Raises OSError if it has gone."""
        if not self.outbox:
            for _ in range(min(BACKLOG_A_TURN, len(self.backlog))):
                self.outbox += encode(self.backlog.popleft())
        with contextlib.suppress(BlockingIOError, InterruptedError):
            while self.outbox:
                sent = self.link.send(self.outbox)
                del self.outbox[:sent]

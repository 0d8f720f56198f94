"""Messages from other threads to the main loop. Each message wakes the loop."""

from __future__ import annotations

import contextlib
import queue
import socket
from collections.abc import Iterator

from relay.inputs.contacts import ContactSampled
from relay.workers.jobs import Fact

Message = Fact | ContactSampled
"""A fact from a board's worker, or one sample of a wired contact."""


class MessageQueue:
    """`put` and `wake` may be called from any thread and from a signal handler; the rest belongs to the main loop."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)

    def put(self, message: Message) -> None:
        """Adds a message. Never blocks."""
        self._messages.put(message)
        self.wake()

    def wake(self) -> None:
        """Makes the main loop turn now."""
        with contextlib.suppress(OSError):  # full: the loop is awake anyway
            self._wake_out.send(b".")

    def fileno(self) -> int:
        """Readable when there is something to look at."""
        return self._wake_in.fileno()

    def drain(self) -> None:
        """Clears the wake-up."""
        with contextlib.suppress(OSError):
            self._wake_in.recv(4096)

    def messages(self) -> Iterator[Message]:
        """Everything queued so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._messages.get_nowait()

    def close(self) -> None:
        self._wake_in.close()
        self._wake_out.close()

"""Log lines to stderr by a thread of their own: a reader that stops reading must not stop a barrier."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys

WAITING_LINES = 1000


class _DroppingHandler(logging.handlers.QueueHandler):
    """Lines that find the queue full are lost."""

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            return


def log_to_stderr() -> None:
    """Send every record to stderr from now on. The thread is a daemon: the end of the process does not wait for it."""
    logging.raiseExceptions = False  # stderr may be the pipe of a parent that has died
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
    listener = logging.handlers.QueueListener(lines, stream)
    listener.start()
    root = logging.getLogger()
    root.handlers = [_DroppingHandler(lines)]
    root.setLevel(logging.INFO)

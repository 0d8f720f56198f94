"""Log lines to stderr, for every process of the gate: one format, one language, one clock.

The lines are written by a separate thread: a reader that stops reading must not stop a barrier.
"""

from __future__ import annotations

import copy
import logging
import logging.handlers
import os
import queue
import sys

from core.words.language import say

WAITING_LINES = 1000

log = logging.getLogger(__name__)


class SpokenFormatter(logging.Formatter):
    """Formats lines in the language of the process: the template of a log call is a key of the catalogue.

    Under systemd the journal adds time stamps; otherwise they are added here, with date and local time.
    """

    def __init__(self) -> None:
        stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
        super().__init__(f"{stamp}%(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        copied = copy.copy(record)
        if isinstance(record.msg, str):
            copied.msg = say(record.msg)
        return super().format(copied)


class _DroppingHandler(logging.handlers.QueueHandler):
    """Drops lines if the queue is full, and says how many once there is room again."""

    lost = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record with its template, which the formatter translates. Its arguments are converted now, not later."""
        copied = copy.copy(record)
        args = record.args
        if isinstance(args, tuple):
            copied.args = tuple(arg if isinstance(arg, int | float | str) else str(arg) for arg in args)
        if copied.exc_info:
            copied.exc_text = logging.Formatter().formatException(copied.exc_info)
            copied.exc_info = None
        return copied

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.lost += 1
            return
        if self.lost:
            lost, self.lost = self.lost, 0
            log.warning("строк не записано, потому что их не успевали забирать: %d", lost)
            if self.lost:  # there was room for `record` alone: this line is told again with the next one
                self.lost = lost


def log_to_stderr() -> None:
    """Sends every record to stderr from now on. The thread is a daemon: the process does not wait for it at its end."""
    logging.raiseExceptions = False  # stderr may be the pipe of a parent that has died
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(SpokenFormatter())
    lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
    listener = logging.handlers.QueueListener(lines, stream)
    listener.start()
    root = logging.getLogger()
    root.handlers = [_DroppingHandler(lines)]
    root.setLevel(logging.INFO)

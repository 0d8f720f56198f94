"""Events that are not journalled yet, in memory and on disk, so that no press is forgotten.

`append`, `ack` and `after` belong to the main thread and never touch the disk; a separate thread writes behind. A full
or broken disk only costs what a restart would have remembered. The relay starts whatever the file contains: an
unreadable line is skipped, and the original file is set aside for inspection.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from core.jsontext import read_json
from relay.codec import decode, encode
from relay.errors import ProtocolBroken
from relay.protocol import RelayEvent

log = logging.getLogger(__name__)

FILE_NAME = "relay-events.jsonl"
COMPACT_BYTES = 1 << 20
MAX_SEQ = 1 << 53
"""No greater number was ever assigned."""
MAX_FILE_BYTES = 1 << 27
"""A longer file was not written by this module."""
_END = b""


class EventOutbox:
    """The last `capacity` events with a `seq` that are not acknowledged."""

    def __init__(self, state_dir: str | Path, *, capacity: int, wall_clock: Callable[[], float] = time.time) -> None:
        self._path = Path(state_dir) / FILE_NAME
        self._capacity = capacity
        self._events: deque[RelayEvent] = deque()
        self._acked = 0
        self._next = 1
        self.lost = 0
        """Events dropped because they were not acknowledged for too long."""
        self._load()
        # Do not just continue from the file: its last lines, or the whole file, may be lost, and somebody may already
        # have seen greater numbers.
        self._next = max(self._next, min(int(wall_clock() * 1000), MAX_SEQ // 2))
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._writer.start()

    def take_seq(self) -> int:
        """The number for the next event."""
        seq = self._next
        self._next += 1
        return seq

    def append(self, event: RelayEvent) -> None:
        """Keeps an event until it is acknowledged."""
        self._events.append(event)
        if len(self._events) > self._capacity:
            self._events.popleft()
            self.lost += 1
        self._lines.put(encode(event))

    def ack(self, seq: int) -> None:
        """Everything up to `seq` is in the journal."""
        seq = min(seq, self._next - 1)
        if seq <= self._acked:
            return
        self._acked = seq
        while self._events and self._events[0].seq <= seq:
            self._events.popleft()
        self._lines.put(json.dumps({"ack": seq}).encode() + b"\n")

    def after(self, seq: int) -> tuple[RelayEvent, ...]:
        """Kept events with a greater number, oldest first."""
        if seq >= self._next:  # from a numbering that was lost with its file
            seq = 0
        return tuple(event for event in self._events if event.seq > seq)

    def __len__(self) -> int:
        return len(self._events)

    def close(self, *, timeout_s: float) -> None:
        """Writes what is still to be written, within at most `timeout_s` seconds."""
        self._lines.put(_END)
        self._writer.join(timeout_s)

    def _load(self) -> None:
        try:
            if self._path.stat().st_size > MAX_FILE_BYTES:
                self._set_aside("it is too long")
                return
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("очередь: %s не читается: %s", self._path, error)
            return
        # The last line may have been cut off by a power failure.
        broken = [number for number, line in enumerate(lines, start=1) if not self._replayed(line)]
        if [number for number in broken if number < len(lines)]:
            self._set_aside(f"{len(broken)} of its {len(lines)} lines cannot be read")
        self._events = deque(event for event in self._events if event.seq > self._acked)
        while len(self._events) > self._capacity:
            self._events.popleft()
            self.lost += 1

    def _replayed(self, line: bytes) -> bool:
        try:
            try:
                event = decode(line)
            except ProtocolBroken:
                self._acked = max(self._acked, _seq(read_json(line)["ack"]))
                self._next = max(self._next, self._acked + 1)
                return True
            if not isinstance(event, RelayEvent):
                return False
            if _seq(event.seq) >= self._next:
                self._events.append(event)
                self._next = event.seq + 1
        except Exception:  # what years and broken SD cards leave behind must not disable a button
            log.debug("очередь: строка не читается", exc_info=True)
            return False
        return True

    def _set_aside(self, why: str) -> None:
        bad = self._path.with_suffix(".bad")
        log.warning("очередь: %s: %s; прежняя сохранена как %s", self._path, why, bad.name)
        with contextlib.suppress(OSError):
            bad.unlink(missing_ok=True)
            os.link(self._path, bad)  # keep the data: the next write replaces the file itself

    def _write(self) -> None:
        """The writer thread."""
        size = COMPACT_BYTES + 1  # the first write drops the acknowledged events from the file
        healthy = True
        while (line := self._lines.get()) is not _END:
            batch = [line]
            with contextlib.suppress(queue.Empty):
                while len(batch) < 500 and (more := self._lines.get_nowait()) is not _END:
                    batch.append(more)
                if len(batch) < 500:
                    self._lines.put(_END)  # the end marker was taken with the batch: put it back
            try:
                size = self._rewrite() if size > COMPACT_BYTES else self._add(b"".join(batch))
            except OSError as error:
                (log.warning if healthy else log.debug)("очередь: %s не пишется: %s", self._path, error)
                healthy, size = False, COMPACT_BYTES + 1
            else:
                healthy = True

    def _add(self, data: bytes) -> int:
        with self._path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def _rewrite(self) -> int:
        acked = self._acked
        lines = [json.dumps({"ack": acked}).encode() + b"\n", *(encode(event) for event in tuple(self._events))]
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        fresh.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return size


def _seq(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_SEQ:
        raise ValueError(f"no number of an event: {value!r:.40}")
    return value

"""Ids that were answered before: a repeated request gets the first answer and moves nothing. Bounded memory.

An id is also written to a small file before anything moves, so that a process killed in the middle of a request does
not do it twice. An id is only forgotten when a repetition can do no harm: when nothing was done for it, or when it is
older than any request may live. The file is never synced: it must survive the process, not a power cut; under systemd
it is in memory (`$RUNTIME_DIRECTORY`).
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from core.words.language import say
from core.words.outcomes import Outcome
from relay.protocol import Reply

log = logging.getLogger(__name__)

FILE_NAME = "relay-ids"


class IdempotencyFile:
    """The ids of one `state_dir`, one per line. If the disk fails, only the memory across a restart is lost."""

    def __init__(self, state_dir: str | Path) -> None:
        self._path = Path(os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or state_dir) / FILE_NAME
        self._file = -1

    def load(self, capacity: int) -> list[str]:
        """The latest ids written, oldest first. Rewrites the file with only these."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            lines = []
        except OSError as error:
            log.warning("номера просьб: %s", error)
            lines = []
        ids = [line for line in lines[-capacity - 1 :] if line]
        self._begin(ids)
        return ids

    def add(self, request_id: str) -> None:
        """Writes one id; takes a few microseconds, into the page cache."""
        if self._file >= 0:
            try:
                os.write(self._file, f"{request_id}\n".encode())
            except OSError as error:
                log.warning("номера просьб: %s: %s", self._path, error)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _begin(self, ids: list[str]) -> None:
        try:
            fresh = self._path.with_suffix(".new")
            fresh.write_text("".join(f"{item}\n" for item in ids), encoding="utf-8")
            fresh.replace(self._path)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            log.warning("номера просьб: %s: %s", self._path, error)


@dataclass(slots=True)
class _Entry:
    until: float
    """Until then a request with this id may still be alive."""
    reply: Reply | None = None
    requesters: list[int] = field(default_factory=list)

    def may_be_forgotten(self, now: float) -> bool:
        """Whether it can be forgotten without the risk of doing anything twice."""
        if self.reply is None:
            return False
        return now > self.until or self.reply.outcome in {Outcome.REFUSED, Outcome.EXPIRED}


class IdempotencyKeys:
    """Remembers `capacity` ids, and those left by an earlier process. Owned by the controller."""

    def __init__(self, file: IdempotencyFile | None = None, *, keep_s: float, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._keep_s = keep_s
        self._file = file
        self._seen: OrderedDict[str, _Entry] = OrderedDict()
        self._written = 0
        self._before = frozenset(file.load(capacity) if file else ())

    def known(self, request_id: str) -> bool:
        """Whether this id has been used before."""
        return request_id in self._seen or request_id in self._before

    def take(self, request_id: str, requester: int, now: float) -> bool:
        """Remembers a new id and its requester.

        Returns False if there is no room; then the request must not be done.
        """
        if len(self._seen) >= self._capacity:
            old = next((name for name, seen in self._seen.items() if seen.may_be_forgotten(now)), None)
            if old is None:
                return False
            del self._seen[old]
        self._seen[request_id] = _Entry(now + self._keep_s, requesters=[requester])
        return True

    def begins(self, request_id: str) -> None:
        """Called when something is about to be done for this id: not even a crash may let it be done again."""
        if self._file is None:
            return
        self._file.add(request_id)
        self._written += 1
        if self._written > self._capacity:  # the file is bounded like the memory
            self._written = 0
            self._file.close()
            self._file.load(self._capacity)

    def asked_again(self, request_id: str, requester: int) -> Reply | None:
        """The first answer to a known id. None while it is in progress; `requester` then waits for it too."""
        seen = self._seen.get(request_id)
        if seen is None:
            detail = say("gate relay перезапускался; выполнил ли он эту просьбу, неизвестно")
            return Reply(request_id, Outcome.FAILED, "restarted", detail)
        if seen.reply is None:
            seen.requesters.append(requester)
        return seen.reply

    def answered(self, reply: Reply) -> tuple[int, ...]:
        """Remembers the answer and returns everybody who waits for it."""
        seen = self._seen.get(reply.id)
        if seen is None or seen.reply is not None:
            return ()
        requesters, seen.requesters, seen.reply = tuple(seen.requesters), [], reply
        return requesters

"""Reliable delivery to a receiver that may be away: visits are read from the journal, and each is sent until it is taken.

A small file beside the journal stores the position, so this works across restarts. A receiver that was away for a week
gets the whole week, as far back as the journal goes. A visit may be sent twice, with the same id.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.words.system import system_words
from edge.language import say
from edge.neighbours.seam import Finished, NeighbourFailed, Told
from edge.store.database import may_be_there
from edge.store.journal import FILE_NAME, Journal, StoredVisit
from edge.whole_file import PRIVATE, write_whole

BATCH = 50
LOOK_S = 5.0
LATER = frozenset({408, 409, 425, 429})
NOT_LET_IN = frozenset({401, 403, 404, 407})
"""Status codes about our access, not about the visit: once password or address is corrected, every visit is sent."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last visit that was taken: its row and its id. The id is needed because row numbers restart in a new journal."""

    row: int
    visit_id: str


class FromJournal:
    """Provides `take`, `close` and the loop of `listen` for a `seam.Neighbour` that sends visits from the journal.

    Its listening thread reads and sends; `take` only wakes it. `send` delivers one visit and raises NeighbourFailed if the
    visit must be tried again.
    """

    def __init__(self, folder: Path, cursor_file: str) -> None:
        self._file = folder / cursor_file
        self._journal = folder / FILE_NAME
        self._wake = threading.Event()

    def take(self, told: Told) -> None:
        if isinstance(told, Finished):
            self._wake.set()

    def close(self) -> None:
        self._wake.set()

    def run(self, stop: threading.Event, send: Callable[[StoredVisit], None]) -> None:
        while not stop.is_set():
            self._send_all(stop, send)
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def picture(self, stored: StoredVisit) -> bytes | None:
        """The picture of a visit as JPEG; None if there is none (any more)."""
        if stored.frame is None:
            return None
        with Journal(self._journal, to_read=True) as journal:
            return journal.snapshots.read(stored.frame)

    def _send_all(self, stop: threading.Event, send: Callable[[StoredVisit], None]) -> None:
        cursor = self._cursor()
        while not stop.is_set():
            if not may_be_there(self._journal):
                if cursor is None:  # nothing is earlier than the first visit of a journal yet to begin
                    self._keep(Cursor(0, ""))
                return
            with Journal(self._journal, to_read=True) as journal:
                if cursor is None:  # the first start: earlier visits are not sent
                    newest = journal.newest_row()
                    self._keep(Cursor(*newest) if newest is not None else Cursor(0, ""))
                    return
                rows = journal.rows_after(cursor.row, cursor.visit_id, limit=BATCH)
            if not rows:
                return
            for row, stored in rows:
                if stop.is_set():
                    return
                send(stored)
                cursor = Cursor(row, stored.record.visit_id)
                self._keep(cursor)

    def _cursor(self) -> Cursor | None:
        """None at the very first start. Raises NeighbourFailed if the file cannot be read now.

        A spoiled one no longer tells what was taken: then everything in the journal is sent, with the same ids.
        """
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Cursor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NeighbourFailed(f"{self._file}: {system_words(error)}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("%s не читается, весь журнал посылается заново: %s", self._file, error)
            return Cursor(0, "")

    def _keep(self, cursor: Cursor) -> None:
        """Write the position atomically. If the disk fails, visits are sent again after a restart, with the same ids."""
        try:
            write_whole(self._file, msgspec.json.encode(cursor), mode=PRIVATE)
        except OSError as error:
            log.warning("%s: %s", self._file, error)


def taken(code: int) -> bool:
    """Whether the receiver took the visit, by its status code. False: it never will. NeighbourFailed: try again later."""
    if 200 <= code < 300:
        return True
    if code in NOT_LET_IN:
        raise NeighbourFailed(say("HTTP {code}: получатель не пускает; проверьте имя, пароль и адрес", code=code))
    if 400 <= code < 500 and code not in LATER:
        return False
    raise NeighbourFailed(f"HTTP {code}")

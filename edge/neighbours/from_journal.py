"""What must reach a receiver although it is away: visits read from the journal on, each until it is taken, also after a restart.

A small file beside the journal remembers how far. So a receiver that is away for a week is told of the whole week (as far as the
journal reaches), and a visit may come twice: its id is the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.language import say
from edge.neighbours.seam import Finished, NeighbourFailed, Told
from edge.store.journal import FILE_NAME, Journal, StoredVisit
from edge.whole_file import PRIVATE, write_whole

BATCH = 50
LOOK_S = 5.0
LATER = frozenset({408, 409, 425, 429})
NOT_LET_IN = frozenset({401, 403, 404, 407})
"""Said of us, and not of the visit: once the password or the address is mended, all of them are told."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last visit that was taken: its row, and its id, for rows are counted anew in a fresh journal."""

    row: int
    visit_id: str


class FromJournal:
    """Three of the methods of `seam.Neighbour`, for a neighbour whose listening thread sends and is only woken by news.

    `send` hands one visit over and raises NeighbourFailed where it is to be tried again.
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
        """The evidence of a visit, as JPEG, where there still is one."""
        if stored.frame is None:
            return None
        with Journal(self._journal, to_read=True) as journal:
            return journal.snapshots.read(stored.frame)

    def _send_all(self, stop: threading.Event, send: Callable[[StoredVisit], None]) -> None:
        cursor = self._cursor()
        while not stop.is_set():
            if not self._journal.exists():
                return
            with Journal(self._journal, to_read=True) as journal:
                if cursor is None:  # the first start: what was before is nobody's news
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
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Cursor)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            log.warning("%s: %s", self._file, error)
            return None

    def _keep(self, cursor: Cursor) -> None:
        """Whole or not at all. Without a disk it is told again after a restart: the id is the same."""
        try:
            write_whole(self._file, msgspec.json.encode(cursor), mode=PRIVATE)
        except OSError as error:
            log.warning("%s: %s", self._file, error)


def taken(code: int) -> bool:
    """Whether a receiver that answered `code` has the visit; False: it never will. Raises NeighbourFailed: later."""
    if 200 <= code < 300:
        return True
    if code in NOT_LET_IN:
        raise NeighbourFailed(say("HTTP {code}: получатель не пускает; проверьте имя, пароль и адрес", code=code))
    if 400 <= code < 500 and code not in LATER:
        return False
    raise NeighbourFailed(f"HTTP {code}")

"""Every finished visit to an address of the site's own: signed, in order, again until it is taken, also after a restart.

What is to be sent is read from the journal; a small file beside it remembers how far. So a receiver that is away for a
week is told of the whole week (as far as the journal reaches), and a visit may come twice: its id is the same.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from core.signed_body import signed_headers
from edge.neighbours.mqtt import visit_values
from edge.neighbours.seam import Finished, NeighbourFailed, Told
from edge.neighbours.settings import WebhookSettings
from edge.store.journal import FILE_NAME, Journal

CURSOR_FILE = "webhook.cursor"
BATCH = 50
LOOK_S = 5.0
LATER = frozenset({408, 409, 425, 429})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last visit that was taken: its row, and its id, for rows are counted anew in a fresh journal."""

    row: int
    visit_id: str


class Webhook:
    """`seam.Neighbour`: its listening thread sends; what it is told only wakes it."""

    def __init__(
        self,
        settings: WebhookSettings,
        folder: Path,
        *,
        site: str,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._file = folder / CURSOR_FILE
        self._journal = folder / FILE_NAME
        self._site = site
        self._wall_s = wall_s
        self._wake = threading.Event()
        self.refused = 0
        """Visits the receiver will never take (4xx): passed over."""

    def take(self, told: Told) -> None:
        if isinstance(told, Finished):
            self._wake.set()

    def listen(self, stop: threading.Event) -> None:
        timeout = httpx.Timeout(self._settings.timeout_s)
        with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client:
            while not stop.is_set():
                self._send_all(client, stop)
                self._wake.wait(LOOK_S)
                self._wake.clear()

    def close(self) -> None:
        self._wake.set()

    def _send_all(self, client: httpx.Client, stop: threading.Event) -> None:
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
                self._send(client, {"type": "visit", "site": self._site, **visit_values(stored.record)})
                cursor = Cursor(row, stored.record.visit_id)
                self._keep(cursor)

    def _send(self, client: httpx.Client, values: dict[str, object]) -> None:
        body = json.dumps(values, ensure_ascii=False).encode()
        stamp = str(int(self._wall_s()))
        headers = signed_headers(self._settings.secret, stamp, str(values["id"]), body)
        try:
            with client.stream("POST", self._settings.url, content=body, headers=headers) as answer:
                code = answer.status_code
        except httpx.HTTPError as error:  # its text may hold the whole address
            raise NeighbourFailed(type(error).__name__) from None
        if 200 <= code < 300:
            return
        if 400 <= code < 500 and code not in LATER:
            self.refused += 1
            log.warning("webhook: визит %s не принят (%s) и больше не посылается", values["id"], code)
            return
        raise NeighbourFailed(f"HTTP {code}")

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
        partial = self._file.with_suffix(".part")
        try:
            partial.write_bytes(msgspec.json.encode(cursor))
            partial.replace(self._file)
        except OSError as error:
            log.warning("%s: %s", self._file, error)

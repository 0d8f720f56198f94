"""Sends every finished visit to a configured address: signed, in order, resent until accepted, even after a restart."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from core.signed_body import signed_headers
from edge.neighbours.from_journal import FromJournal, taken
from edge.neighbours.mqtt import visit_values
from edge.neighbours.seam import NeighbourFailed, Told
from edge.neighbours.settings import WebhookSettings
from posting.own_address import post

CURSOR_FILE = "webhook.cursor"

log = logging.getLogger(__name__)


class Webhook:
    """`seam.Neighbour`: its listening thread sends; messages only wake it."""

    def __init__(
        self,
        settings: WebhookSettings,
        folder: Path,
        *,
        site: str,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._visits = FromJournal(folder, CURSOR_FILE)
        self._site = site
        self._wall_s = wall_s
        self.refused = 0

    def take(self, told: Told) -> None:
        self._visits.take(told)

    def listen(self, stop: threading.Event) -> None:
        self._visits.run(
            stop, lambda stored: self._send({"type": "visit", "site": self._site, **visit_values(stored.record)})
        )

    def close(self) -> None:
        self._visits.close()

    def _send(self, values: dict[str, object]) -> None:
        body = json.dumps(values, ensure_ascii=False).encode()
        stamp = str(int(self._wall_s()))
        headers = signed_headers(self._settings.secret, stamp, str(values["id"]), body)
        try:
            code = post(self._settings.url, within_s=self._settings.timeout_s, content=body, headers=headers)
        except httpx.HTTPError as error:  # its text may contain the whole address
            raise NeighbourFailed(type(error).__name__) from None
        if not taken(code):
            self.refused += 1
            log.warning("webhook: визит %s не принят (%s) и больше не посылается", values["id"], code)

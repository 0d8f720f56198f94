"""Notices to browsers of the guard's page: who waits, with a way to their card, and what began to be wrong (ADR 156).

Sealed for each browser (RFC 8291) and signed with this gate's own key (RFC 8292), so its push service reads nothing and lets
nobody else send. A notice of a car is worth a minute: after it the way it shows opens nothing.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import quote, urlsplit

from core.passes.schedule import written
from core.words.language import Language, say, speaking
from core.words.reasons import reason_words
from edge.neighbours.notices import LIVES_S, plate_of, troubles
from edge.neighbours.seam import GateAccess, NeighbourFailed, StatusNow, Told, Waiting
from edge.neighbours.settings import WebPushSettings
from edge.neighbours.subscriptions import Subscription, Subscriptions, SubscriptionsUnkept, own_key
from edge.runtime.status import GateStatus
from posting.post import Gone, NotTaken, Poster
from posting.push_encryption import SALT_BYTES, BrowserKeys, KeyInvalid, Sender, encrypted, fresh_key
from posting.reach import Reach

WHOLE_S = 10.0
TROUBLE_LASTS_S = 3600
LONGEST_TITLE, LONGEST_TEXT = 150, 400
"""Characters: push services take about 4 kB of what a message becomes."""
AT_ONCE = 4
FIRST_REST_S, LONGEST_REST_S = 15.0, 600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in one language; a later one of the same `tag` takes its place on the screen."""

    title: str
    body: str
    path: str
    tag: str
    lasts_s: int


class WebPush:
    """`seam.Neighbour`: posts from its delivery's thread, to four browsers at once; it hears nobody."""

    def __init__(
        self,
        settings: WebPushSettings,
        access: GateAccess,
        *,
        state_dir: Path,
        password: str,
        site: str,
        zone: tzinfo,
        poster: Poster | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._subscriptions = Subscriptions(state_dir)
        self._sender = Sender(own_key(state_dir), settings.contact)
        self._password = password
        self._site = site
        self._zone = zone
        self._quiet = written(settings.quiet, zone)
        self._poster = poster or Poster(Reach(), WHOLE_S)
        self._clock = clock
        self._known: set[str] | None = None
        self._rests: dict[str, tuple[int, float]] = {}
        """Of a push service that fails: how often in a row, and until when its browser is left alone."""
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="neighbour:web_push:post")

    def take(self, told: Told) -> None:
        if isinstance(told, Waiting):
            if not self._is_quiet() and self._access.waits(told.visit_id):  # it may have stood in the queue
                self._tell(lambda: self._of_waiting(told))
        elif isinstance(told, StatusNow):
            self._changes(told.status)

    def listen(self, stop: threading.Event) -> None:
        """It hears nobody: what a notice leads to is the guard's page."""

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- what is told --------------------------------------------------------------------------------------------

    def _of_waiting(self, told: Waiting) -> Notice:
        until = int(self._clock() + LIVES_S)
        return Notice(
            title=f"{told.lane}: {plate_of(told)}",
            body=say("Ждёт: {why}", why=reason_words(told.reason)),
            path=f"/notice/{quote(told.visit_id, safe='')}?until={until}",
            tag=told.visit_id,
            lasts_s=int(LIVES_S),
        )

    def _changes(self, status: GateStatus) -> None:
        """What began and what is over since the last status; faults are told in quiet hours too."""
        now, before = set(troubles(status)), self._known
        if before is None:  # a camera needs a moment after the start: what is wrong then is told if it stays
            self._known = set()
            return
        known = now & before
        for key in sorted(now - before):
            if self._tell(lambda key=key: self._of_trouble(key, troubles(status)[key])):  # type: ignore[misc]
                known.add(key)
        if before and not now and not self._tell(lambda: self._of_trouble("well", say("всё снова в порядке"))):
            known = before
        self._known = known  # what could not be told is told with a later status

    def _of_trouble(self, key: str, text: str) -> Notice:
        return Notice(f"⚠ {self._site}" if key != "well" else self._site, text, "/", key, TROUBLE_LASTS_S)

    def _is_quiet(self) -> bool:
        at = self._access.wall_s()
        if at is None:  # nobody knows what o'clock it is: better one ring too many
            return False
        return self._quiet is not None and self._quiet.holds(datetime.fromtimestamp(at, self._zone))

    # -- to whom -------------------------------------------------------------------------------------------------

    def _tell(self, made: Callable[[], Notice]) -> bool:
        """To every browser whose person may still come in; False where all of them are left alone just now.

        Raises NeighbourFailed where it reached none of those asked.
        """
        now = self._clock()
        wanted = list(self._subscriptions.of_persons(self._password))
        asked = [one for one in wanted if self._rests.get(one.endpoint, (0, 0.0))[1] <= now]
        outcomes = list(self._pool.map(lambda one: self._sent(one, made), asked))
        failures = [why for why in outcomes if why]
        if failures and len(failures) == len(asked):
            raise NeighbourFailed(failures[0])
        return bool(asked) or not wanted

    def _sent(self, one: Subscription, made: Callable[[], Notice]) -> str:
        """Why it was not taken; empty where it was, or where there is nobody any more."""
        try:
            with speaking(Language(one.language)):
                self._post(one, made())
        except (Gone, KeyInvalid, ValueError):
            self._forget(one)
        except NotTaken as error:
            count = self._rests.get(one.endpoint, (0, 0.0))[0]
            rest = min(FIRST_REST_S * 2.0**count, LONGEST_REST_S)
            self._rests[one.endpoint] = (count + 1, self._clock() + rest)
            host = urlsplit(one.endpoint).hostname or ""
            log.warning("%s: %s", host, error)
            return f"{host}: {error}"
        else:
            self._rests.pop(one.endpoint, None)
        return ""

    def _forget(self, one: Subscription) -> None:
        """A browser that is gone; where the card takes no writing it is left alone, and the others are told no second time."""
        try:
            self._subscriptions.drop(one.endpoint)
            self._rests.pop(one.endpoint, None)
        except SubscriptionsUnkept as error:
            log.warning("%s", error)
            self._rests[one.endpoint] = (0, self._clock() + LONGEST_REST_S)

    def _post(self, one: Subscription, notice: Notice) -> None:
        """Raises NotTaken, KeyInvalid."""
        shown = {
            "title": notice.title[:LONGEST_TITLE],
            "body": notice.body[:LONGEST_TEXT],
            "path": notice.path,
            "tag": notice.tag,
            "lang": one.language,
        }
        keys = BrowserKeys.read(one.p256dh, one.auth)
        message = json.dumps(shown, ensure_ascii=False).encode()
        headers = {
            # By the box's own clock: with a wrong one push services refuse, and the status says so.
            "Authorization": self._sender.authorization(one.endpoint, now=datetime.now(UTC)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notice.lasts_s),
            "Urgency": "high",
        }
        self._poster.post(one.endpoint, headers, encrypted(message, keys, own=fresh_key(), salt=os.urandom(SALT_BYTES)))

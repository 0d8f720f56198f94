"""Notices to browsers of the guard's page: who waits, with a link to their card, and faults that began (ADR 156).

They are encrypted for each browser (RFC 8291) and signed with this gate's own key (RFC 8292), so that the push service
can read nothing and nobody else can send. A notice about a car is valid for a minute; after that its link opens
nothing.
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
from edge.config import GateConfig
from edge.neighbours.notices import LIVES_S, plate_of, troubles
from edge.neighbours.seam import GateAccess, Neighbour, NeighbourFailed, StatusNow, Told, Waiting
from edge.neighbours.settings import WebPushSettings
from edge.neighbours.subscriptions import Subscription, Subscriptions, SubscriptionsUnkept, own_key
from edge.runtime.status import GateStatus
from posting.post import Gone, NotTaken, Poster
from posting.push_encryption import SALT_BYTES, BrowserKeys, KeyInvalid, Sender, encrypted, fresh_key
from posting.reach import Reach

WHOLE_S = 10.0
TROUBLE_LASTS_S = 3600
LONGEST_TITLE, LONGEST_TEXT = 150, 400
"""In characters: push services accept about 4 kB of encrypted message."""
AT_ONCE = 4
FIRST_REST_S, LONGEST_REST_S = 15.0, 600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in one language. A later one with the same `tag` replaces it on the screen."""

    title: str
    body: str
    path: str
    tag: str
    lasts_s: int


class WebPush:
    """`seam.Neighbour`: posts from its delivery's thread, to four browsers at once. It receives nothing."""

    def __init__(
        self,
        settings: WebPushSettings,
        access: GateAccess,
        *,
        state_dir: Path,
        password: str,
        site: str,
        zone: tzinfo,
        shown: Callable[[str], str] = str,
        poster: Poster | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._state_dir = state_dir
        self._subscriptions = Subscriptions(state_dir)
        self._sender = Sender(own_key(state_dir), settings.contact)
        self._password = password
        self._site = site
        self._zone = zone
        self._shown = shown
        self._quiet = written(settings.quiet, zone)
        self._poster = poster or Poster(Reach(), WHOLE_S)
        self._clock = clock
        self._known: set[str] | None = None
        self._rests: dict[str, tuple[int, float]] = {}
        """For a browser whose push service fails: failures in a row, and until when to leave it alone."""
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="neighbour:web_push:post")

    def take_settings(self, config: GateConfig) -> bool:
        """All of it holds from now on. Raises SubscriptionsUnkept, and nothing has changed."""
        settings = config.web_push
        if not settings.on:
            return False
        sender = Sender(own_key(self._state_dir), settings.contact)
        self._quiet = written(settings.quiet, self._zone)
        self._sender = sender
        return True

    def follow(self, before: Neighbour) -> None:
        """It goes on by whatever settings, so none comes before it."""

    def take(self, told: Told) -> None:
        if isinstance(told, Waiting):
            if not self._is_quiet() and self._access.waits(told.visit_id):  # it may have spent a while in the queue
                self._tell(lambda: self._of_waiting(told))
        elif isinstance(told, StatusNow):
            self._changes(told.status)

    def listen(self, stop: threading.Event) -> None:
        """Nothing to receive: a notice leads to the guard's page."""

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- what is sent --------------------------------------------------------------------------------------------

    def _of_waiting(self, told: Waiting) -> Notice:
        until = int(self._clock() + LIVES_S)
        return Notice(
            title=f"{self._shown(told.lane)}: {plate_of(told)}",
            body=say("Ждёт: {why}", why=reason_words(told.reason)),
            path=f"/notice/{quote(told.visit_id, safe='')}?until={until}",
            tag=told.visit_id,
            lasts_s=int(LIVES_S),
        )

    def _changes(self, status: GateStatus) -> None:
        """Faults that began or ended since the last status; faults are reported in quiet hours too."""
        now, before = set(troubles(status)), self._known
        if before is None:  # just after the start cameras need a moment: faults are reported if they stay
            self._known = set()
            return
        known = now & before
        for key in sorted(now - before):
            if self._tell(lambda key=key: self._of_trouble(key, troubles(status, self._shown)[key])):  # type: ignore[misc]
                known.add(key)
        if (
            before
            and not now
            and not self._tell(lambda: self._of_trouble("well", say("сообщённые неисправности прошли")))
        ):
            known = before
        self._known = known  # what could not be sent is sent with a later status

    def _of_trouble(self, key: str, text: str) -> Notice:
        return Notice(f"⚠ {self._site}" if key != "well" else self._site, text, "/", key, TROUBLE_LASTS_S)

    def _is_quiet(self) -> bool:
        at = self._access.wall_s()
        if at is None:  # the time is unknown: better to ring once too often
            return False
        return self._quiet is not None and self._quiet.holds(datetime.fromtimestamp(at, self._zone))

    # -- to whom -------------------------------------------------------------------------------------------------

    def _tell(self, made: Callable[[], Notice]) -> bool:
        """Send to every browser whose person still has access; False if all of them are being left alone just now.

        Raises NeighbourFailed if it reached none of those tried.
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
        """Why it was not accepted; empty if it was, or if the subscription no longer exists."""
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
        """Drop a subscription that has ended. If the card is read-only, skip it, so that others get no repeats."""
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
            # By the box's own clock: if that is wrong, push services refuse, and the status says so.
            "Authorization": self._sender.authorization(one.endpoint, now=datetime.now(UTC)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notice.lasts_s),
            "Urgency": "high",
        }
        self._poster.post(one.endpoint, headers, encrypted(message, keys, own=fresh_key(), salt=os.urandom(SALT_BYTES)))

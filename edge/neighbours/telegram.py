"""News on a telephone by Telegram: who waits and was refused, what has failed; and a button that opens for that visit alone.

Bot API: https://core.telegram.org/bots/api. Only the chats of the config are told and heard. OPEN asks once more, works
within a minute of being asked for, while the vehicle still waits, and once; the id of the request is that of the visit,
so that two who press open once.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from core.passes.schedule import written
from core.words.language import say
from edge.config import GateConfig
from edge.neighbours.notices import LIVES_S, troubles, who_waits
from edge.neighbours.seam import GateAccess, Neighbour, NeighbourFailed, StatusNow, Told, Waiting
from edge.neighbours.settings import TelegramSettings
from edge.runtime.status import GateStatus
from posting.post import NotTaken
from posting.telegram import MOST_UPDATES, BotApi, Hangup, Pressed, Update, read_updates

POLL_S = 25
REQUEST_S = 10.0
PICTURE_S = 30.0
"""A picture goes up a mobile network; both are for the whole request, its name's look-up and its answer included."""
RELAY_S = 3.0
MOST_BUTTONS = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Button:
    """What a press of a shown button means; it dies with its visit and its minute."""

    visit_id: str
    lane: str
    dies: float
    """Monotonic seconds."""
    sure: bool = False
    """Asked again already."""


class Telegram:
    """`seam.Neighbour`: tells from its delivery, hears presses by long polling on its listening thread."""

    def __init__(
        self,
        settings: TelegramSettings,
        access: GateAccess,
        *,
        site: str,
        zone: tzinfo,
        shown: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
        poll_s: int = POLL_S,
    ) -> None:
        self._settings = settings
        self._access = access
        self._site = site
        self._zone = zone
        self._shown = shown
        self._clock = clock
        self._poll_s = poll_s
        self._quiet = written(settings.quiet, zone)
        self._buttons: OrderedDict[str, Button] = OrderedDict()
        self._lock = threading.Lock()
        self.known: set[str] | None = None
        """What was wrong when the status was last told; None before the first."""
        self._next = 0
        self._api = BotApi(settings.token, settings.api)
        self._hangup = Hangup()

    def take_settings(self, config: GateConfig) -> bool:
        """Whom to tell and the quiet hours hold from now on; another bot, or its buttons, take a new neighbour."""
        before, after = self._settings, config.telegram
        if (before.token, before.api, before.buttons) != (after.token, after.api, after.buttons):
            return False
        self._quiet = written(after.quiet, self._zone)
        self._settings = after
        return True

    def follow(self, before: Neighbour) -> None:
        """Faults told already are not told again. Buttons of the one before are gone: they said another thing."""
        if isinstance(before, Telegram):
            self.known = before.known

    def take(self, told: Told) -> None:
        if isinstance(told, Waiting):
            if not self._is_quiet() and self._access.waits(told.visit_id):  # it may have spent a while in the queue
                self._waits(told)
        elif isinstance(told, StatusNow):
            self._changes(told.status)

    def listen(self, stop: threading.Event) -> None:
        if not self._settings.buttons:
            return
        while not stop.is_set():
            updates = self._call(
                "getUpdates",
                {
                    "offset": self._next,
                    "limit": MOST_UPDATES,
                    "timeout": self._poll_s,
                    "allowed_updates": ["callback_query"],
                },
                within_s=self._poll_s + REQUEST_S,
            )
            for update in _read(updates):
                self._next = max(self._next, update.update_id + 1)
                if update.callback_query is not None:
                    self._pressed(update.callback_query)

    def close(self) -> None:
        self._hangup.cut()

    # -- telling -------------------------------------------------------------------------------------------------

    def _waits(self, told: Waiting) -> None:
        words = who_waits(told, site=self._site, lane=self._shown(told.lane))
        keys = self._keys(Button(told.visit_id, told.lane, self._clock() + LIVES_S), say("Открыть"))
        jpeg = self._access.picture(told.lane)
        for chat in self._settings.chats:
            self._send(chat, words, jpeg, keys)

    def _changes(self, status: GateStatus) -> None:
        """What began and what is over since the last status."""
        now = troubles(status, self._shown)
        before = self.known
        if before is None:  # a camera needs a moment after the start: what is wrong then is told if it stays
            self.known = set()
            return
        for key in sorted(now.keys() - before):
            self._tell_all(f"⚠ {self._site}: {now[key]}")
        if before and not now:
            self._tell_all(say("{site}: сообщённые неисправности прошли", site=self._site))
        self.known = set(now)  # what could not be told is told with the next status

    def _tell_all(self, words: str) -> None:
        for chat in self._settings.chats:
            self._send(chat, words, None, None)

    def _send(self, chat: int, words: str, jpeg: bytes | None, keys: dict[str, Any] | None) -> None:
        more = {} if keys is None else {"reply_markup": msgspec.json.encode(keys).decode()}
        if jpeg is None:
            self._call("sendMessage", {"chat_id": chat, "text": words, **more})
        else:
            files = {"photo": ("lane.jpg", jpeg, "image/jpeg")}
            self._call("sendPhoto", {"chat_id": chat, "caption": words, **more}, files=files, within_s=PICTURE_S)

    def _keys(self, button: Button, words: str) -> dict[str, Any] | None:
        if not self._settings.buttons:
            return None
        token = secrets.token_urlsafe(12)
        with self._lock:
            self._buttons[token] = button
            while len(self._buttons) > MOST_BUTTONS:
                self._buttons.popitem(last=False)
        return {"inline_keyboard": [[{"text": words, "callback_data": token}]]}

    def _is_quiet(self) -> bool:
        at = self._access.wall_s()
        if at is None:  # nobody knows what o'clock it is: better one ring too many
            return False
        return self._quiet is not None and self._quiet.holds(datetime.fromtimestamp(at, self._zone))

    # -- hearing -------------------------------------------------------------------------------------------------

    def _pressed(self, pressed: Pressed) -> None:
        """A press of a button. Whoever is not in the config is not even answered."""
        if pressed.message is None or pressed.message.chat.id not in self._settings.chats:
            log.warning("telegram: нажал чужой (%s), не услышан", pressed.from_.id)
            return
        self._call("answerCallbackQuery", {"callback_query_id": pressed.id, "text": self._done(pressed)})

    def _done(self, pressed: Pressed) -> str:
        """What came of a press, in words; the second press of the same visit opens."""
        with self._lock:
            button = self._buttons.pop(pressed.data, None)
        if button is None or self._clock() >= button.dies:
            return say("Поздно: кнопка работает минуту. Ничего не открыто.")
        if not self._access.waits(button.visit_id):
            return say("Машины уже нет или её пропустили. Ничего не открыто.")
        assert pressed.message is not None
        shown = self._shown(button.lane)
        if not button.sure:
            keys = self._keys(replace(button, sure=True), say("Да, открыть {lane}", lane=shown))
            self._send(pressed.message.chat.id, say("Точно открыть? {lane}", lane=shown), None, keys)
            return say("Подтвердите в следующем сообщении")
        who = f"telegram {pressed.from_.id} {pressed.from_.username or pressed.from_.first_name}"
        outcome = self._access.open(
            button.lane,
            request_id=f"telegram-{button.visit_id}",
            within_s=min(RELAY_S, button.dies - self._clock()),
            who=who[:100],
        )
        self._tell_all(f"{shown}: {who[:100]}: {outcome}")
        return outcome[:190]

    # -- the wire ------------------------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        values: dict[str, Any],
        *,
        files: dict[str, Any] | None = None,
        within_s: float = REQUEST_S,
    ) -> bytes:
        """The answer's body. Raises NeighbourFailed, whose text never holds the token (it stands in the address)."""
        try:
            return self._api.call(method, values, files=files, within_s=within_s, hangup=self._hangup)
        except NotTaken as error:
            raise NeighbourFailed(f"{method}: {error}") from None


def _read(body: bytes) -> tuple[Update, ...]:
    try:
        return read_updates(body)
    except ValueError:
        raise NeighbourFailed("getUpdates: JSON") from None

"""Listens to the bot by long polling: of all workers on all hosts, only the one that holds the turn (ADR 168).

It handles three things: a code that ties a chat to its account, /stop, and that somebody has blocked the bot. No message
to the bot opens or changes anything else. A handled update is marked in the same transaction, so a repeated one is not
handled again. The bot's direct answers are sent once and lost if that fails; important messages are stored in the database
like every notice.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.models import TelegramChat, utc_now
from cloud.domain import audit, chores, limits
from cloud.domain.limits import Limit
from cloud.rounds import Rounds
from cloud.telegram import links
from core.words.language import read_language, translate
from posting.post import AskAgain, NotTaken
from posting.telegram import BotApi, Hangup, Said, Update

TURN = "telegram"
POLL_S = 25
TURN_LASTS = timedelta(seconds=120)
"""After this time another worker replaces one that died. Longer than a whole poll with the handling of its updates."""
ANSWERING_S = 30.0
"""After this time, the rest of a poll's updates get no answers: if Telegram is slow, answering them would cost the turn."""
FIRST_REST_S, LONGEST_REST_S = 5.0, 300.0
KINDS = ("message", "my_chat_member")
ANSWERS = Limit("telegram-answers", 20, timedelta(hours=1))
"""Limit of answers per chat, for strangers who keep writing."""
MOST_CHAT = 2**52
"""Telegram's own bound for chat ids."""
COMMAND = re.compile(r"/([a-z]{1,16})(?:@\w{1,64})?(?:\s+([\w-]{1,64}))?\s*", re.ASCII)
ALREADY = "Этот чат уже подключён. Отключить: /stop"
ANOTHERS = (
    "Этот чат подключён к другому аккаунту, ваших уведомлений здесь нет. Отправьте /stop и откройте ссылку ещё раз."
)
WRONG = "Код не подходит: он действует 15 минут и один раз. Новый делают на странице «Уведомления»: {url}"
HELP = "Я только сообщаю о гостях, открыть шлагбаум здесь нельзя. Подключают меня на странице «Уведомления»: {url}"
STOPPED = "Отключено: сюда больше ничего не придёт."
AWAY = (OperationalError, InterfaceError, InternalError, NoConnection)
"""Errors of the database itself, not caused by a message: gone, shutting down, read-only, or out of connections."""
log = logging.getLogger(__name__)


class Listener(Rounds):
    """`tied` is called in the transaction that ties a chat, to tell the person so."""

    def __init__(
        self,
        database: Database,
        api: BotApi,
        *,
        url: str,
        tied: Callable[[Session, TelegramChat], None],
        clock: Callable[[], datetime] = utc_now,
        mono: Callable[[], float] = time.monotonic,
        poll_s: int = POLL_S,
    ) -> None:
        super().__init__("telegram bot", threads=1)
        self._database = database
        self._api = api
        self._url = url
        self._tied = tied
        self._clock = clock
        self._mono = mono
        self._poll_s = poll_s
        self._next = 0
        self._hangup = Hangup()
        self._rest_s = 0.0
        self.bot = ""
        """The bot's user name, for links; empty until Telegram has told this process."""
        self.error = ""
        """Why it hears nothing at the moment; empty if all is well."""
        self._heard = False
        """Whether Telegram has answered a poll since this worker took the turn."""

    @property
    def seen(self) -> str:
        """This worker's state in a few words for the health lines, if nothing is wrong."""
        if self._heard:
            return "hears"
        return "known, another worker hears or will" if self.bot else "not asked yet"

    def start(self) -> None:
        self._hangup.mend()
        super().start()

    def stop(self) -> None:
        self._stopped.set()
        self._hangup.cut()
        super().stop()

    def go_round(self) -> None:
        """Take the turn if it is free, and listen until it is lost, Telegram fails, or the process stops."""
        try:
            self.meet()
            since = self._clock()
            if not chores.claim(self._database, TURN, every=TURN_LASTS, now=since):
                self._well()
                return
            self._listen(since)
        except NotTaken as error:
            if not self.stopping:
                self._failed(error)

    def _pause(self, seen: int) -> None:
        if self._rest_s:
            self._stopped.wait(self._rest_s)
        else:
            super()._pause(seen)

    def meet(self) -> None:
        """Ask Telegram for the bot's name, unless it is known. Raises `NotTaken`."""
        if self.bot:
            return
        name = self._api.name(hangup=self._hangup)
        if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", name):
            raise AskAgain("getMe: no name")
        self.bot = name

    def _listen(self, since: datetime) -> None:
        self._next = 0
        try:
            while not self.stopping:
                self.hear()
                self._well()
                self._heard = True
                now = self._clock()
                if not chores.keep(self._database, TURN, since=since, now=now):
                    return
                since = now
        finally:
            self._heard = False
            chores.give_up(self._database, TURN, since=since)

    def hear(self) -> int:
        """Poll once and handle the updates. Returns how many came. Raises `NotTaken`."""
        updates = self._api.updates(after=self._next, wait_s=self._poll_s, kinds=KINDS, hangup=self._hangup)
        answering, until = True, self._mono() + ANSWERING_S
        for update in updates:
            if self.stopping:
                break
            try:
                answering = self._take(update, answering=answering and self._mono() < until)
            except AWAY:  # Telegram will repeat the update
                raise
            except Exception as error:  # noqa: BLE001 - one strange update must not be repeated for ever
                log.error("telegram: an update is passed over: %s", type(error).__name__)  # noqa: TRY400 - its text may be a person's
            self._next = update.update_id + 1
        return len(updates)

    def _take(self, update: Update, *, answering: bool) -> bool:
        """Handle one update, unless it was handled before. Returns whether to go on answering."""
        member, said = update.my_chat_member, update.message
        if member is not None and (member.new_chat_member.status != "kicked" or abs(member.chat.id) > MOST_CHAT):
            member = None
        # In a group everybody could read the notices; a code written there is ignored and expires.
        if said is not None and (said.chat.type != "private" or abs(said.chat.id) > MOST_CHAT):
            said = None
        if member is None and said is None:
            return answering
        now = self._clock()
        with self._database.write() as session:
            if not links.is_new(session, update.update_id, now=now):
                return answering
            if member is not None and (row := links.of_chat(session, member.chat.id)) is not None:
                links.lose(session, row, links.BLOCKED, now=now)
            answer = self._answer(session, said, now=now) if said is not None else ""
        if said is None or not answer or not answering:
            return answering
        try:
            self._api.send(said.chat.id, answer, hangup=self._hangup)
        except AskAgain as error:
            log.warning("telegram: an answer was not taken: %s", error)
            return False
        except NotTaken:  # e.g. the person has blocked the bot meanwhile
            pass
        return True

    def _answer(self, session: Session, said: Said, *, now: datetime) -> str:
        """Do what the message asks. Returns the direct answer; empty if there is none."""
        answer = self._done(session, said, now=now)
        return answer if answer and limits.use(session, ANSWERS, str(said.chat.id), now=now) else ""

    def _done(self, session: Session, said: Said, *, now: datetime) -> str:
        found = COMMAND.fullmatch(said.text[:200])
        command, code = (found[1], found[2] or "") if found else ("", "")
        row = links.of_chat(session, said.chat.id)
        language = read_language(row.language if row else said.from_.language_code if said.from_ else "")
        if row is not None and command == "stop":
            audit.record(session, "telegram-untied", actor=row.account)
            session.delete(row)
            return translate(language, STOPPED)
        if row is not None:
            wanted = links.account_of(session, code, now=now) if command == "start" else None
            return translate(language, ALREADY if wanted in {None, row.account_id} else ANOTHERS)
        if command != "start" or not code:
            return translate(language, HELP, url=self._url)
        made = links.tie(session, code, said.chat.id, now=now)
        if made is None:
            return translate(language, WRONG, url=self._url)
        self._tied(session, made)
        return ""

    def _failed(self, error: NotTaken) -> None:
        if self.error != str(error):
            log.warning("telegram: the bot hears nothing: %s", error)
        self.error = str(error)
        wait = error.wait_s if isinstance(error, AskAgain) else LONGEST_REST_S
        self._rest_s = max(wait, min(max(2 * self._rest_s, FIRST_REST_S), LONGEST_REST_S))

    def _well(self) -> None:
        if self.error:
            log.info("telegram: the bot hears again")
        self.error, self._rest_s = "", 0.0

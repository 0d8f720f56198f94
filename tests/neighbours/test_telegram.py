"""Telegram against a server that plays it: who is told, who is heard, and what a button may open."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import ConfigError
from core.rules.policy import Direction
from edge.neighbours import telegram as telegram_module
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.seam import Finished, NeighbourFailed, StatusNow, Waiting
from edge.neighbours.settings import TelegramSettings
from edge.neighbours.telegram import Pressed, Telegram, _read
from tests import bot_api
from tests.cloud.test_courier import server
from tests.neighbours.conftest import LOST, STATUS, Asked, Receiver
from tests.patience import PATIENCE_S, until
from tests.store.records import visit_record

TOKEN = "123:very-secret"
WAITS = Waiting("v1", "entry", Direction.ENTRY, "А 123 ВС 77", "no_pass")


class Bot:
    """The neighbour on a clock of the test, its words and buttons as the server saw them."""

    def __init__(self, receiver: Receiver, access: FakeGateAccess, **settings: object) -> None:
        self.now = 0.0
        self.receiver = receiver
        receiver.answer = lambda _asked: b'{"ok": true}'
        given = {"token": TOKEN, "chats": (1, 2), "api": receiver.url} | settings
        self.telegram = Telegram(
            TelegramSettings(**given),
            access,
            site="КПП-1",
            zone=ZoneInfo("UTC"),
            shown={"entry": "Въезд с Лесной"}.get,  # type: ignore[arg-type]
            clock=lambda: self.now,  # type: ignore[arg-type]
        )
        self._numbers = itertools.count()

    def said(self) -> list[str]:
        return [values_of(one).get("text") or values_of(one)["caption"] for one in self.receiver.asked if is_news(one)]

    def button(self) -> str:
        """The newest button shown."""
        marks = [values_of(one)["reply_markup"] for one in self.receiver.asked if "reply_markup" in values_of(one)]
        return json.loads(marks[-1])["inline_keyboard"][0][0]["callback_data"]

    def press(self, data: str, *, chat: int = 1, who: int = 1) -> None:
        update = {
            "update_id": next(self._numbers),
            "callback_query": {
                "id": "q", "from": {"id": who, "first_name": "Пётр"}, "data": data,
                "message": {"message_id": 5, "chat": {"id": chat}},
            },
        }  # fmt: skip
        (read,) = _read(json.dumps({"ok": True, "result": [update]}).encode())
        assert isinstance(read.callback_query, Pressed)
        self.telegram._pressed(read.callback_query)


def is_news(asked: Asked) -> bool:
    return asked.path.endswith(("/sendMessage", "/sendPhoto"))


def values_of(asked: Asked) -> dict[str, Any]:
    """The fields of a call, JSON or form, whichever it was sent as."""
    return bot_api.values_of(asked.headers.get("Content-Type", ""), asked.body)


@pytest.fixture
def bot(receiver: Receiver, access: FakeGateAccess) -> Bot:
    access.standing = {"v1"}
    return Bot(receiver, access)


def test_who_waits_is_told_to_every_chat_with_a_picture(bot: Bot, receiver: Receiver) -> None:
    """Site, lane, plate and reason, and the picture of now."""
    bot.telegram.take(WAITS)
    assert ["1", "2"] == [values_of(one)["chat_id"] for one in receiver.asked]
    assert all("КПП-1, Въезд с Лесной: ждёт А 123 ВС 77 — нет пропуска" == said for said in bot.said())
    assert b"\xff\xd8" in receiver.asked[0].body
    bot.telegram.take(Finished(visit_record()))
    assert 2 == len(receiver.asked), "a visit that is over is no news"


def test_who_has_gone_meanwhile_is_no_news(bot: Bot, receiver: Receiver, access: FakeGateAccess) -> None:
    """It waited in the queue while Telegram did not answer: nobody is told of a car that stands there no more."""
    access.standing = set()
    bot.telegram.take(WAITS)
    assert [] == receiver.asked


def test_open_asks_again_and_opens_once(bot: Bot, access: FakeGateAccess) -> None:
    """The first press asks, the second opens with the visit's own id, a third does nothing."""
    bot.telegram.take(WAITS)
    bot.press(first := bot.button())
    assert [] == access.asked
    bot.press(second := bot.button())
    assert [("open", "entry", "telegram-v1")] == access.asked
    for again in (first, second, "made-up"):
        bot.press(again)
    assert 1 == len(access.asked)
    assert any("Пётр: done" in said for said in bot.said()), "the other chat hears who opened"


@pytest.mark.parametrize("late", ["minute", "gone", "stranger"])
def test_a_button_dies_with_its_minute_and_its_visit(
    bot: Bot, access: FakeGateAccess, receiver: Receiver, late: str
) -> None:
    """A minute later, for a car that has left, or for somebody not in the config, nothing opens."""
    bot.telegram.take(WAITS)
    bot.press(bot.button())
    before = len(receiver.asked)
    if late == "minute":
        bot.now += 60.0
    if late == "gone":
        access.standing.clear()
    bot.press(bot.button(), chat=3 if late == "stranger" else 1)
    assert [] == access.asked
    assert (late == "stranger") == (len(receiver.asked) == before), "a stranger gets no answer at all"


def test_faults_are_told_when_they_begin_and_end(bot: Bot) -> None:
    """A lost camera and a gate that cannot decide are news once; so is the end."""
    for status in (STATUS, LOST, LOST, STATUS):
        bot.telegram.take(StatusNow(status))
    told = bot.said()[::2]
    assert [
        "⚠ КПП-1: распознавание не работает",
        "⚠ КПП-1: камера Въезд с Лесной не отвечает",
        "КПП-1: сообщённые неисправности прошли",
    ] == told


def test_quiet_hours_hush_refusals_and_no_fault(receiver: Receiver, access: FakeGateAccess) -> None:
    """At night no car is told of; a fault is. Without a clock nothing is hushed."""
    access.wall, access.standing = 1_800_000_000.0, {"v1"}  # 08:00 UTC
    bot = Bot(receiver, access, quiet="7-9")
    bot.telegram.take(WAITS)
    assert [] == receiver.asked
    for status in (STATUS, LOST):
        bot.telegram.take(StatusNow(status))
    assert bot.said()
    access.wall = None
    before = len(receiver.asked)
    bot.telegram.take(WAITS)
    assert before + 2 == len(receiver.asked)


@pytest.mark.parametrize("typed", ["x", "23", "5-5"])
def test_what_is_no_hours_is_told_of_its_key(typed: str) -> None:
    """Quiet hours are written as those of a pass; what is none is a problem of `quiet`."""
    assert ["quiet"] == [key for key, _ in TelegramSettings(quiet=typed).problems()]
    assert () == TelegramSettings(quiet="будни 23-7").problems()


def test_an_error_never_holds_the_token(bot: Bot, receiver: Receiver) -> None:
    """The token stands in the address; what is logged of a failure names the method and the code alone."""
    receiver.code = 401
    with pytest.raises(NeighbourFailed) as failed:
        bot.telegram.take(WAITS)
    assert "sendPhoto: HTTP 401" == str(failed.value)
    bot.telegram.close()
    with pytest.raises(NeighbourFailed) as failed:
        bot.telegram.take(WAITS)
    assert TOKEN not in str(failed.value)


def test_a_telegram_that_drips_is_given_up(access: FakeGateAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says a byte now and then, each in time, keeps no thread of the gate: the whole request has its time."""
    monkeypatch.setattr(telegram_module, "PICTURE_S", 0.5)
    access.standing = {"v1"}
    with server(None) as port:
        told = Telegram(
            TelegramSettings(token=TOKEN, chats=(1,), api=f"http://127.0.0.1:{port}"),
            access,
            site="К",
            zone=ZoneInfo("UTC"),
        )
        with pytest.raises(NeighbourFailed, match=r"sendPhoto: no answer in 0\.5 s"):
            told.take(WAITS)


def test_closing_ends_a_poll(access: FakeGateAccess) -> None:
    """A gate that ends does not wait for what Telegram may tell yet."""
    with bot_api.bot_server() as server:
        telegram = Telegram(
            TelegramSettings(token=server.token, chats=(1,), api=server.url),
            access,
            site="К",
            zone=ZoneInfo("UTC"),
            poll_s=600,
        )
        ended = []

        def listen() -> None:
            with pytest.raises(NeighbourFailed):
                telegram.listen(threading.Event())
            ended.append(True)

        thread = threading.Thread(target=listen)
        thread.start()
        until(lambda: "getUpdates" in server.asked)
        telegram.close()
        thread.join(PATIENCE_S)
    assert [True] == ended


def test_a_bot_without_chats_is_refused(config_of: Callable[[str], object], tmp_path) -> None:
    """Nobody to tell and nobody to hear is a mistake."""
    (tmp_path / "t").write_text(TOKEN)
    with pytest.raises(ConfigError, match=r"telegram\.chats"):
        config_of('[telegram]\ntoken_file = "t"\n')
    with pytest.raises(ConfigError, match=r"telegram\.quiet"):
        config_of('[telegram]\ntoken_file = "t"\nchats = [-100123]\nquiet = "ночью"\n')


def test_it_speaks_with_the_telegram_of_the_portals_tests(access: FakeGateAccess) -> None:
    """The server that the portal's bot is tested against takes the gate's picture too, and its answer to a press."""
    access.standing = {"v1"}
    with bot_api.bot_server() as server:
        server.write(1, "/start")
        telegram = Telegram(
            TelegramSettings(token=server.token, chats=(1,), api=server.url), access, site="КПП-1", zone=ZoneInfo("UTC")
        )
        telegram.take(WAITS)
        assert [(1, "КПП-1, entry: ждёт А 123 ВС 77 — нет пропуска")] == server.said
        stop = threading.Event()
        thread = threading.Thread(target=telegram.listen, args=(stop,))
        thread.start()
        server.press(1, "made-up")
        until(lambda: "answerCallbackQuery" in server.asked)
        stop.set()
        server.end()
        thread.join(PATIENCE_S)
        telegram.close()
    assert [] == access.asked


def test_a_hundred_presses_are_heard(access: FakeGateAccess) -> None:
    """What people pressed while the gate was away comes with all that stood in the messages, more than one answer may hold."""
    with bot_api.bot_server() as server:
        telegram = Telegram(
            TelegramSettings(token=server.token, chats=(1,), api=server.url), access, site="КПП-1", zone=ZoneInfo("UTC")
        )
        shown = {"message_id": 5, "chat": {"id": 1}, "caption": "Ж" * 1024}
        for number in range(100):
            server.happens(callback_query={"id": str(number), "from": {"id": 1}, "message": shown, "data": "made-up"})
        stop = threading.Event()
        thread = threading.Thread(target=telegram.listen, args=(stop,))
        thread.start()
        until(lambda: server.asked.count("answerCallbackQuery") == 100)
        stop.set()
        server.end()
        thread.join(PATIENCE_S)
        telegram.close()
    assert [] == access.asked

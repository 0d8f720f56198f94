"""Notices changed while the gate runs: what the file says now is what persons are told by, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.gate import start
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Site
from edge.config import GateConfig, load
from edge.config.live import NOTICES
from edge.neighbours.announcer import Announcer
from edge.neighbours.delivery import Delivery
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.live_notices import LiveNotices
from edge.neighbours.plugins import of_persons
from edge.neighbours.seam import StatusNow, Waiting
from edge.neighbours.settings import TelegramSettings, WebPushSettings
from edge.neighbours.subscriptions import KEY_FILE
from edge.neighbours.telegram import Telegram
from tests.configs import write_config
from tests.neighbours.conftest import LOST, STATUS, Receiver
from tests.neighbours.test_telegram import values_of
from tests.patience import until

EMPTY = start(Site(()), PassList())
WAITS = Waiting("v1", "entry", Direction.ENTRY, "А 123 ВС 77", "no_pass")


class Running:
    """A gate that tells by its config, and the server that plays Telegram."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.config = load(write_config(folder))
        self.config.state_dir.mkdir()
        self.receiver = receiver
        receiver.answer = lambda _asked: b'{"ok": true, "result": []}'
        self.access = FakeGateAccess(standing={WAITS.visit_id})
        self.announcer = Announcer((), state=lambda: EMPTY, status=lambda: STATUS)
        self.announcer._started = True
        self.live = LiveNotices(self.announcer, lambda table, config: of_persons(table, config, self.access))

    def telegram(self, **settings: object) -> GateConfig:
        given = {"token": "123:a", "chats": (1,), "api": self.receiver.url, "buttons": False} | settings
        return replace(self.config, telegram=TelegramSettings(**given))  # type: ignore[arg-type]

    def change(self, config: GateConfig) -> frozenset[str]:
        return self.live.change(config, NOTICES)

    def tell(self, told: object = WAITS) -> None:
        self.announcer._give(told)  # type: ignore[arg-type]

    def chats(self) -> list[tuple[str, str]]:
        """Token and chat of each message that went out."""
        return [
            (one.path.split("/")[1], str(values_of(one)["chat_id"]))
            for one in self.receiver.asked
            if one.path.endswith(("/sendMessage", "/sendPhoto"))
        ]


@pytest.fixture
def running(tmp_path: Path, receiver: Receiver) -> Iterator[Running]:
    made = Running(tmp_path, receiver)
    yield made
    made.announcer.close()


def test_who_is_told_and_when_is_taken_at_once(running: Running) -> None:
    """Switched on, another chat, quiet hours, switched off: each counts from the next car on, without a restart."""
    assert frozenset() == running.change(running.telegram())
    running.tell()
    until(lambda: running.chats() == [("bot123:a", "1")])
    kept = running.announcer.neighbour("telegram")
    running.change(running.telegram(chats=(2,)))
    assert kept is running.announcer.neighbour("telegram"), "what it knows stays"
    running.tell()
    until(lambda: running.chats()[1:] == [("bot123:a", "2")])
    running.change(running.telegram(chats=(2,), quiet="0-24"))
    running.tell()
    running.change(running.config)
    assert (None, ()) == (running.announcer.neighbour("telegram"), running.announcer.status())
    running.tell()
    assert 2 == len(running.chats())


def test_another_bot_takes_what_waits_and_tells_no_fault_again(running: Running) -> None:
    """A new token is a new neighbour: messages that the old one could not deliver go out by it, known faults do not."""
    running.announcer._started = False  # the old one comes to nothing that is given to it
    running.change(running.telegram())
    before = running.announcer.neighbour("telegram")
    assert isinstance(before, Telegram)
    before.take(StatusNow(STATUS))
    before.take(StatusNow(LOST))
    told = len(running.chats())
    assert told > 0
    running.tell()
    running.announcer._started = True
    running.change(running.telegram(token="456:b"))
    assert before is not running.announcer.neighbour("telegram")
    running.tell(StatusNow(LOST))
    until(lambda: ("bot456:b", "1") in running.chats())
    running.announcer.close()
    assert {"bot456:b"} == {bot for bot, _ in running.chats()[told:]}
    assert 1 == len(running.chats()) - told


def test_a_chat_that_was_taken_out_is_not_heard(running: Running) -> None:
    """From the change on a press in it opens nothing, though the button was shown before."""
    running.change(running.telegram(chats=(1, 2), buttons=True))
    telegram = running.announcer.neighbour("telegram")
    assert isinstance(telegram, Telegram)
    running.change(running.telegram(chats=(2,), buttons=True))
    assert (2,) == telegram._settings.chats


def test_what_cannot_be_taken_stays_as_it_was(running: Running) -> None:
    """A push key that is spoiled: the table is named as failed, and nobody is told by half of it."""
    (running.config.state_dir / KEY_FILE).write_bytes(b"short")
    pushing = replace(running.config, web_push=WebPushSettings(on=True, contact="mailto:a@example.ru"))
    assert frozenset({"web_push"}) == running.change(pushing)
    assert None is running.announcer.neighbour("web_push")
    (running.config.state_dir / KEY_FILE).unlink()
    assert frozenset() == running.change(pushing)
    assert ["web_push"] == [one.name for one in running.announcer.status()]
    quiet = replace(pushing, web_push=replace(pushing.web_push, quiet="23-7"))
    kept = running.announcer.neighbour("web_push")
    assert frozenset() == running.change(quiet)
    assert kept is running.announcer.neighbour("web_push")
    assert kept._quiet.holds(datetime(2026, 1, 1, 3, tzinfo=ZoneInfo("Europe/Moscow")))  # type: ignore[union-attr]


def test_the_rounds_begin_with_the_first_neighbour(tmp_path: Path, receiver: Receiver) -> None:
    """A gate that began with nobody to tell looks for who waits once there is somebody."""
    made = Running(tmp_path, receiver)
    made.announcer._started = False
    made.announcer.start()
    assert None is made.announcer._thread.ident
    made.change(made.telegram())
    assert None is not made.announcer._thread.ident
    made.announcer.close()


def test_what_was_left_is_handed_on_in_order() -> None:
    """What waits in the old delivery comes before what came meanwhile, and losses stay counted."""
    old, new = (Delivery("one", None) for _ in range(2))  # type: ignore[arg-type]
    first, second = replace(WAITS, visit_id="a"), replace(WAITS, visit_id="b")
    old.give(first)
    old.lost = 3
    new.give(second)
    new.inherit(old)
    assert ([first, second], 3) == (list(new._waiting), new.lost)

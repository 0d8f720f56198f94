"""One suite over all that couriers carry: browsers, other programs, chats of Telegram, each to a server that plays the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from cloud.couriers import courier, telegram, web_push, webhooks
from cloud.couriers.courier import Courier
from cloud.couriers.telegram import TelegramRound
from cloud.couriers.web_push import WebPushRound
from cloud.couriers.webhooks import WebhookRound
from cloud.db.engine import Database
from cloud.db.models import Account, Device, Membership, MemberState, Role, TelegramChat, Territory, Webhook, utc_now
from posting.post import Poster
from posting.push_encryption import Sender
from posting.reach import Reach
from posting.telegram import BotApi
from tests.bot_api import TOKEN, bot_server, failed
from tests.cloud.portal.test_webhooks import Receiver, listening
from tests.cloud.push_service import push_service

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
POSTER = Poster(Reach((ip_network("127.0.0.0/8"),)))


@dataclass
class Carried:
    """One kind of courier with one receiver, over its server."""

    database: Database
    courier: Courier
    put: Callable[[str], None]
    """Have a message wait for an hour at least."""
    shown: Callable[[], list[str]]
    """What arrived, in its order."""
    fails: Callable[[str], None]
    """The next message is answered so: `later`, `never`, `gone`."""
    most_waiting: int
    lasts: timedelta
    rested: Callable[[], None] = lambda: None
    """Time has passed for what measures it by a clock of its own."""

    def waiting(self) -> int:
        with self.database.read() as session:
            return session.query(self.courier._round.parcels).count()

    def receiver(self) -> Any:
        with self.database.read() as session:
            return session.query(self.courier._round.receivers).one_or_none()

    def deliver(self, *, after: timedelta = SECOND) -> int:
        return self.courier.deliver_due(now=utc_now() + after)


def owner_in(session: Any) -> Account:
    person = Account(email="a@b.ru", name="A", phone="+7", password_hash="x")
    session.add(person)
    session.flush()
    return person


def to_browser(database: Database, stack: ExitStack) -> Carried:
    service = stack.enter_context(push_service())
    keys = service.browser("phone")
    with database.write() as session:
        device = Device(token_hash="d" * 64, account_id=owner_in(session).id, expires_at=utc_now() + HOUR)
        session.add(device)
        session.flush()
        row = web_push.subscribe(session, device, **keys, language="ru", now=utc_now())

    def put(text: str) -> None:
        with database.write() as session:
            notice = web_push.Notice(text, "x", "/", "t", HOUR)
            web_push.put(session, session.merge(row), notice, now=utc_now())

    codes = {"later": 503, "never": 400, "gone": 410}
    return Carried(
        database, Courier(database, WebPushRound(POSTER, Sender(b"secret", "mailto:a@b.ru"))), put,
        lambda: [notice["title"] for _, _, notice in service.shown],
        lambda how: service.answers.setdefault("/phone", []).append(codes[how]), web_push.MOST_WAITING, HOUR,
    )  # fmt: skip


def to_program(database: Database, stack: ExitStack) -> Carried:
    receiver = stack.enter_context(listening(Receiver()))
    with database.write() as session:
        person, place = owner_in(session), Territory(code="123-456", name="СНТ", timezone="UTC")
        session.add(place)
        session.flush()
        member = {"account_id": person.id, "territory_id": place.id}
        session.add(Membership(**member, role=Role.MANAGER, state=MemberState.ACCEPTED))
        row = webhooks.add(session, place, receiver.url, by=person, now=utc_now())
        receiver.secret = row.secret

    def put(text: str) -> None:
        with database.write() as session:
            message = (text, f'{{"id": "{text}"}}')
            webhooks.put(session, session.get(Webhook, row.id), [message], now=utc_now())

    codes = {"later": 503, "never": 400, "gone": 410}
    return Carried(
        database, Courier(database, WebhookRound(POSTER, lambda *_: None)), put,
        lambda: [told["id"] for told in receiver.taken],
        lambda how: receiver.answers.append(codes[how]), webhooks.MOST_WAITING, webhooks.KEPT,
    )  # fmt: skip


def to_chat(database: Database, stack: ExitStack) -> Carried:
    server = stack.enter_context(bot_server())
    server.write(7, "/start")
    with database.write() as session:
        row = TelegramChat(account_id=owner_in(session).id, chat_id=7, agreed_at=utc_now(), next_at=utc_now())
        session.add(row)
    clock = [0.0]

    def put(text: str) -> None:
        with database.write() as session:
            telegram.put(session, session.merge(row), telegram.Text(text, HOUR), now=utc_now())

    codes = {
        "later": failed(500, "Internal Server Error"), "never": failed(400, "Bad Request: message is too long"),
        "gone": failed(403, "Forbidden: bot was blocked by the user"),
    }  # fmt: skip

    def rested() -> None:
        clock[0] += telegram.AWAY_S

    return Carried(
        database, Courier(database, TelegramRound(BotApi(TOKEN, server.url), clock=lambda: clock[0])), put,
        lambda: [text for _, text in server.said],
        lambda how: server.answers.setdefault("sendMessage", []).append(codes[how]), telegram.MOST_WAITING, HOUR, rested,
    )  # fmt: skip


@pytest.fixture(params=[to_browser, to_program, to_chat], ids=["browser", "program", "chat"])
def carried(request: pytest.FixtureRequest, database: Database) -> Iterator[Carried]:
    with ExitStack() as stack:
        yield request.param(database, stack)


def test_each_message_arrives_once_and_in_order(carried: Carried) -> None:
    """What waits goes in the order in which it was put in, and nothing of it stays."""
    for text in "123":
        carried.put(text)

    assert (3, 0) == (carried.deliver(), carried.deliver())

    assert (["1", "2", "3"], 0) == (carried.shown(), carried.waiting())
    assert carried.receiver().taken_at is not None


def test_a_failure_loses_nothing_and_is_seen(carried: Carried) -> None:
    """Who fails rests for half a minute, then a whole one; why stands in the row; then all comes, in its order."""
    carried.put("1")
    carried.put("2")
    rests = []
    for _ in range(2):
        carried.fails("later")
        at = max(utc_now() + SECOND, carried.receiver().next_at)
        assert 0 == carried.courier.deliver_due(now=at)
        row = carried.receiver()
        rests.append((row.next_at - at).total_seconds())
        assert (2, True, True) == (carried.waiting(), "HTTP 50" in row.error, row.failing_since is not None)
        carried.rested()

    assert [30, 60] == rests
    assert 2 == carried.courier.deliver_due(now=carried.receiver().next_at)
    row = carried.receiver()
    assert (["1", "2"], "", None) == (carried.shown(), row.error, row.failing_since)


def test_what_is_never_taken_holds_up_nothing(carried: Carried) -> None:
    """A message that is refused for good is counted and passed over."""
    carried.put("1")
    carried.put("2")
    carried.fails("never")

    assert 1 == carried.deliver()

    assert (["2"], 0, 1) == (carried.shown(), carried.waiting(), carried.receiver().refused)


def test_who_is_gone_is_told_nothing_more(carried: Carried) -> None:
    """A receiver that is no more is given up with all that waits for it, and asked no more for what comes after."""
    carried.put("1")
    carried.put("2")
    carried.fails("gone")

    assert (0, 0) == (carried.deliver(), carried.waiting())
    assert (0, []) == (carried.deliver(after=HOUR / 2), carried.shown())


def test_who_is_taken_away_while_a_batch_is_posted_is_told_nothing_more(
    carried: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Untied, logged out or removed between two messages of one batch: the second is not told any more."""
    carried.put("1")
    carried.put("2")
    send = carried.courier._round.send

    def and_is_taken_away(receiver: Any, parcel: Any) -> None:
        send(receiver, parcel)
        with carried.database.write() as session:
            session.delete(session.get(carried.courier._round.receivers, receiver.id))

    monkeypatch.setattr(carried.courier._round, "send", and_is_taken_away)

    carried.deliver()

    assert (["1"], 0) == (carried.shown(), carried.waiting())


def test_a_failure_of_one_that_is_gone_is_not_the_next_ones(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new receiver may bear the number of one that was just removed: what becomes of the old one's message is not about it."""
    carried.put("1")
    kind, send = carried.courier._round.receivers, carried.courier._round.send

    def and_is_replaced(receiver: Any, parcel: Any) -> None:
        with carried.database.write() as session:
            old = session.get(kind, receiver.id)
            facts = {column.key: getattr(old, column.key) for column in kind.__table__.columns}
            session.delete(old)
            session.flush()
            session.add(kind(**facts | {"created_at": utc_now(), "leased_until": None}))
        send(receiver, parcel)

    monkeypatch.setattr(carried.courier._round, "send", and_is_replaced)
    carried.fails("gone")
    before = carried.receiver()

    carried.deliver()

    after = carried.receiver()
    assert (before.id, "", None) == (after.id, after.error, after.failing_since)
    assert getattr(before, "chat_id", None) == getattr(after, "chat_id", None)


def test_what_a_dead_worker_held_is_posted_by_the_next(carried: Carried) -> None:
    """A lease keeps others away until it is over; nothing is lost with the process that had it."""
    carried.put("1")
    carried.courier._claim(utc_now() + SECOND)  # and the process dies

    after = Courier(carried.database, carried.courier._round)

    assert 0 == after.deliver_due(now=utc_now() + timedelta(minutes=1))
    assert 1 == after.deliver_due(now=utc_now() + SECOND + courier.LEASE)
    assert ["1"] == carried.shown()


def test_what_a_clock_that_was_set_back_has_leased_is_posted(carried: Carried) -> None:
    """A worker took a receiver by a clock an hour ahead and died: another posts at once, and waits no hour."""
    carried.put("1")
    carried.courier._claim(utc_now() + HOUR / 2)

    assert 1 == carried.deliver()


def test_what_is_stale_is_not_told(carried: Carried) -> None:
    """A message is worth nothing after its time."""
    carried.put("1")

    assert (0, 0, []) == (carried.deliver(after=carried.lasts + SECOND), carried.waiting(), carried.shown())


def test_what_waits_is_bounded(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much happens while a receiver is away, no more than its room waits for it."""
    for module in (web_push, webhooks, telegram):
        monkeypatch.setattr(module, "MOST_WAITING", 3)
    for text in "12345":
        carried.put(text)

    assert 3 == carried.waiting()

"""Who listens to the bot: one of all workers, another when that one ends or dies; and what it hears survives both."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import InterfaceError, InternalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from cloud.db.models import Account, Chore, TelegramChat, TelegramUpdate, utc_now
from cloud.domain import chores
from cloud.telegram import links
from cloud.telegram.listener import FIRST_REST_S, TURN, TURN_LASTS, Listener
from cloud.telegram.listener import POLL_S as POLL
from posting.telegram import WHOLE_S, BotApi
from tests.bot_api import TOKEN, TOO_MANY, failed
from tests.patience import PATIENCE_S, until

POLL_S = 600
"""Longer than any test: whoever listens is cut off, or hears something."""


@pytest.fixture
def make(database, bot):
    """Makes listeners over one database, each as a worker of its own; all are stopped at the end."""
    made = []

    def listener(**facts):
        api = BotApi(TOKEN, bot.url)
        one = Listener(database, api, url="http://portal.test", tied=lambda *_: None, **{"poll_s": POLL_S} | facts)
        made.append(one)
        return one

    yield listener
    for one in made:
        one.stop()


@pytest.fixture
def person(database):
    with database.write() as session:
        account = Account(email="a@b.ru", name="A", phone="+7", password_hash="x")
        session.add(account)
    return account


def code_of(database, person):
    with database.write() as session:
        return links.issue(session, session.merge(person), language="ru", now=utc_now())


def chats(database):
    with database.read() as session:
        return [row.chat_id for row in session.query(TelegramChat)]


def listening(bot):
    """Whether a poll waits at the bot."""
    return bot.asked[-1:] == ["getUpdates"]


def test_one_of_many_listens(database, make, bot):
    """Workers that look at once: one has the turn and polls, the others do not ask Telegram for anything but the bot's name."""
    first, others = make(), [make() for _ in range(3)]
    first.start()
    until(lambda: listening(bot))

    for other in others:
        other.go_round()

    assert (1, 4) == (bot.asked.count("getUpdates"), bot.asked.count("getMe"))
    assert {"okter_test_bot"} == {one.bot for one in (first, *others)}


def test_a_worker_says_what_it_has_seen(database, make, bot):
    """That the bot hears is said once a poll was answered here; that another worker hears, this one cannot know."""
    first, other = make(), make()
    assert "not asked yet" == other.seen
    first.start()
    until(lambda: listening(bot))
    other.go_round()
    assert {"known, another worker hears or will"} == {first.seen, other.seen}

    bot.write(5, "привет")

    until(lambda: first.seen == "hears")
    first.stop()
    until(lambda: first.seen != "hears")


def test_who_stops_leaves_the_turn_at_once(database, make, bot, person):
    """A host that ends in order cuts its poll off, and another listens without waiting for the turn to run out."""
    first, other, code = make(), make(), code_of(database, person)
    first.start()
    until(lambda: listening(bot))

    first.stop()
    until(lambda: not first.alive)
    other.start()
    until(lambda: bot.asked.count("getUpdates") == 2)
    bot.write(7, f"/start {code}")

    until(lambda: chats(database) == [7])


def test_who_died_is_replaced_when_its_turn_is_over(database, make, bot):
    """A host that was killed says nothing: nobody listens until its turn has run out, and then somebody does."""
    now = utc_now()
    assert chores.claim(database, TURN, every=TURN_LASTS, now=now)  # and its host is gone
    soon, later = make(clock=lambda: now + TURN_LASTS / 2), make(clock=lambda: now + TURN_LASTS)

    soon.go_round()
    assert "getUpdates" not in bot.asked
    later.start()
    until(lambda: listening(bot))


def test_who_lost_the_turn_stops_listening(database, make, bot):
    """One that slept longer than its turn finds another in its place, and takes nothing from it."""
    slow = make(poll_s=0)
    taken = utc_now() + TURN_LASTS

    def kept_by_another(*_args, **_facts):
        with database.write() as session:
            session.query(Chore).filter_by(name=TURN).update({"begun_at": taken})
        return ()

    slow._api = type("Sleeps", (), {"name": lambda *_args, **_facts: "bot", "updates": kept_by_another})()
    slow.go_round()

    with database.read() as session:
        assert taken == session.query(Chore).filter_by(name=TURN).one().begun_at


def test_what_was_heard_and_not_confirmed_is_heard_again(database, make, bot, person):
    """A worker that dies between doing and confirming: the next hears it again, and nothing is done twice."""
    bot.write(7, f"/start {code_of(database, person)}")
    make(poll_s=0).hear()  # and dies
    second = make(poll_s=0)

    assert (1, 0) == (second.hear(), second.hear())
    assert ([7], []) == (chats(database), bot.said), "nor answered once more"


def test_what_was_done_is_not_done_again_in_another_order(database, make, bot, person):
    """Blocked, unblocked and tied anew, then the worker dies: the next, which is told all of it again, unties nobody."""
    first, second = code_of(database, person), None
    bot.write(7, f"/start {first}")
    make(poll_s=0).hear()
    bot.happens(my_chat_member={"chat": {"id": 7, "type": "private"}, "new_chat_member": {"status": "kicked"}})
    dying = make(poll_s=0)
    dying.hear()
    assert [None] == chats(database)
    second = code_of(database, person)
    bot.write(7, f"/start {second}")
    dying._next = 0  # what it heard before is not confirmed
    dying.hear()
    assert [7] == chats(database)

    make(poll_s=0).hear()

    assert [7] == chats(database)


def test_what_telegram_tells_no_more_is_forgotten(database, make, bot):
    """The marks of updates last longer than Telegram tells them again, and no longer."""
    bot.write(7, "hello")
    make(poll_s=0).hear()
    for later, left in ((timedelta(days=1), 1), (timedelta(days=3), 0)):
        with database.write() as session:
            links.sweep(session, now=utc_now() + later)
            assert left == session.query(TelegramUpdate).count()


def test_a_strange_update_is_passed_over(database, make, bot, person, caplog):
    """One update that breaks what takes it is left behind, and the next one is heard; what it said is in no log."""
    bot.write(6, "/start secret-words")
    bot.write(7, f"/start {code_of(database, person)}")
    listener = make(poll_s=0)
    done = listener._done

    def breaks(session, said, *, now):
        if said.chat.id == 6:
            raise RuntimeError(said.text)
        return done(session, said, now=now)

    listener._done = breaks

    assert (2, 0, [7]) == (listener.hear(), listener.hear(), chats(database))
    assert "passed over: RuntimeError" in caplog.text
    assert "secret-words" not in caplog.text


@pytest.mark.parametrize("away", [InterfaceError("", {}, OSError()), InternalError("", {}, OSError()), NoConnection()])
def test_what_comes_while_the_database_is_away_is_heard_again(database, make, bot, person, away):
    """However the driver says that the database is away: what somebody wrote then is not confirmed, and is done later."""
    bot.write(7, f"/start {code_of(database, person)}")
    listener = make(poll_s=0)
    done, failures = listener._done, [away]

    def fails_once(session, said, *, now):
        if failures:
            raise failures.pop()
        return done(session, said, now=now)

    listener._done = fails_once
    with pytest.raises(SQLAlchemyError):
        listener.hear()

    assert (1, [7]) == (listener.hear(), chats(database))


def test_slow_answers_do_not_cost_the_turn(database, make, bot, person):
    """While Telegram takes its time for each answer, what is left of a poll is done unanswered, well within the turn."""
    for chat in range(1, 6):
        bot.write(chat, "привет")
    bot.write(7, f"/start {code_of(database, person)}")
    clock = [0.0]
    listener = make(poll_s=0, mono=lambda: clock[0])
    send = listener._api.send

    class Slow:
        updates = listener._api.updates

        @staticmethod
        def send(*args, **facts):
            clock[0] += 14.0
            send(*args, **facts)

    listener._api = Slow()
    listener.hear()

    assert (3, [7]) == (len(bot.said), chats(database))
    assert clock[0] + 2 * WHOLE_S + POLL < TURN_LASTS.total_seconds()


def test_one_answer_that_is_not_taken_keeps_no_chat_waiting(database, make, bot, person):
    """While Telegram takes no answers, what people ask for is done all the same, and no further answer is tried."""
    for chat in (5, 6):
        bot.write(chat, "привет")
    bot.write(7, f"/start {code_of(database, person)}")
    bot.answers["sendMessage"] = [TOO_MANY]
    make(poll_s=0).hear()

    assert (1, [7], []) == (bot.asked.count("sendMessage"), chats(database), bot.said)


def test_failures_rest_longer_each_time_and_are_told_once(make, bot, caplog):
    """A Telegram that is away, or another program with the same bot, is asked again ever later; the log has one line of it."""
    conflict = failed(409, "Conflict: terminated by other getUpdates request")
    bot.answers["getUpdates"] = [conflict, conflict, failed(429, "Too Many Requests", retry_after=60)]
    listener, rests = make(poll_s=0), []
    for _ in range(2):
        listener.go_round()
        rests.append(listener._rest_s)
    assert 1 == caplog.text.count("hears nothing")
    listener.go_round()
    rests.append(listener._rest_s)

    assert [FIRST_REST_S, 2 * FIRST_REST_S, 60] == rests
    assert "HTTP 429" in listener.error


def test_its_thread_ends_while_telegram_is_silent(make, bot):
    """A stop waits for no answer: neither for a poll nor for a server that accepts and says nothing."""
    bot.silent = True
    listener = make()
    listener.start()
    until(lambda: bot.asked)
    stopper = threading.Thread(target=listener.stop)
    stopper.start()
    stopper.join(PATIENCE_S)

    until(lambda: not listener.alive)
    assert not listener.dead


def test_a_turn_is_kept_by_who_has_it(database):
    """`keep` moves the time of who claimed it, and of nobody else; `give_up` makes it due at once."""
    now, second = utc_now(), timedelta(seconds=1)
    assert chores.claim(database, "t", every=TURN_LASTS, now=now)

    assert not chores.keep(database, "t", since=now - second, now=now + second)
    assert chores.keep(database, "t", since=now, now=now + second)
    chores.give_up(database, "t", since=now)
    assert not chores.claim(database, "t", every=TURN_LASTS, now=now + 2 * second)
    chores.give_up(database, "t", since=now + second)
    assert chores.claim(database, "t", every=TURN_LASTS, now=now + 2 * second)

"""Notices in Telegram: from the page and the bot's first word to what a chat is told, over real HTTP to a server that plays it."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest

from cloud import cli
from cloud.couriers.telegram import LONGEST_TEXT
from cloud.db.models import (
    Account,
    AuditEntry,
    Membership,
    Pass,
    Role,
    TelegramChat,
    TelegramCode,
    TelegramMessage,
    Territory,
    utc_now,
)
from cloud.domain import personal_data, retention
from cloud.telegram import links
from cloud.telegram.listener import ANSWERS
from cloud.telegram.settings import TelegramInvalid, TelegramSettings, telegram_settings
from cloud.web import tidings
from tests.bot_api import TOKEN, TOO_MANY
from tests.cloud.places import PASSWORD
from tests.cloud.portal.test_guests import happens
from tests.patience import until

CHAT = 700
LINK = re.compile(r'href="(https://t\.me/okter_test_bot\?start=([\w-]{43}))"')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def portal_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def telegram_bot(bot):
    return TelegramSettings(TOKEN, bot.url)


@pytest.fixture
def channel(world):
    """The portal's own, which has met its bot; no thread of it runs, and a poll waits for nothing."""
    found = world.app.state.portal.telegram
    found.listener._poll_s = 0
    found.listener.meet()
    return found


def page_of(place):
    return f"/t/{place.territory.code}/notices"


def code_of(visitor, place):
    """A code, as the link on the page bears it."""
    answer = visitor.post(f"{page_of(place)}/telegram", agree="1")
    assert 200 == answer.status_code, answer.text
    return LINK.search(answer.text)[2]


def hears(bot, channel, chat, text, **facts):
    """What the bot answers, and what waits for chats, to what somebody wrote."""
    before = len(bot.said)
    bot.write(chat, text, **facts)
    channel.listener.hear()
    channel.courier.deliver_due()
    return [said for to, said in bot.said[before:] if to == chat]


@pytest.fixture
def tied(world, place, bot, channel):
    """The resident, whose chat is tied and greeted."""
    visitor = world.as_(place.resident)
    hears(bot, channel, CHAT, f"/start {code_of(visitor, place)}")
    world.letters()
    bot.said.clear()
    return visitor


def refused(world, place):
    with world.database.write() as session:
        session.get(Pass, place.ids["pass_id"]).valid_until = utc_now() - timedelta(hours=1)
    return happens(world, place, "A777AA999", "refuse", "pass_expired")


def test_a_link_ties_the_chat_of_who_opens_it(world, place, bot, channel):
    """The page's link, opened in Telegram, ties that chat: it is greeted, the page says so, and a letter goes home."""
    visitor = world.as_(place.resident)
    assert "Подключить Telegram" in visitor.get(page_of(place)).text
    code = code_of(visitor, place)
    with world.database.read() as session:
        assert code not in session.query(TelegramCode).one().code_hash

    ((said),) = hears(bot, channel, CHAT, f"/start {code}")

    assert said.startswith("Готово: уведомления с http://portal.test приходят")
    page = visitor.get(page_of(place)).text
    assert "Отключить Telegram" in page
    assert "Telegram — иностранная служба" not in page
    (letter,) = world.letters()
    assert "Telegram" in letter
    assert place.resident.email in letter
    with world.database.read() as session:
        row, act = session.query(TelegramChat).one(), session.query(AuditEntry).filter_by(action="telegram-tied").one()
        assert (CHAT, place.resident.id, place.resident.id) == (row.chat_id, row.account_id, act.account_id)


def test_nothing_is_tied_without_consent(world, place, bot, channel):
    """What goes abroad is said before, and without the tick there is no code."""
    visitor = world.as_(place.resident)
    page = visitor.get(page_of(place)).text
    assert "через её серверы за границей" in page
    assert "Telegram может их прочесть" in page

    answer = visitor.post(f"{page_of(place)}/telegram")

    assert 422 == answer.status_code
    assert "Без согласия" in answer.text
    with world.database.read() as session:
        assert 0 == session.query(TelegramCode).count()


def test_a_code_works_once_for_minutes_and_the_newest_alone(world, place, bot, channel):
    """A used code, one of before, one too old, none at all: each chat is told that it does not work, and none is tied."""
    visitor = world.as_(place.resident)
    older, newer = code_of(visitor, place), code_of(visitor, place)
    for code in (older, "x" * 43, newer[:-1]):
        assert "Код не подходит" in hears(bot, channel, CHAT, f"/start {code}")[0]
    with world.database.write() as session:
        session.query(TelegramCode).one().expires_at = utc_now()
    assert "Код не подходит" in hears(bot, channel, CHAT, f"/start {newer}")[0]
    retention.sweep(world.database, world.app.state.pictures, now=utc_now())
    with world.database.read() as session:
        assert (0, 0) == (session.query(TelegramCode).count(), session.query(TelegramChat).count())

    good = code_of(visitor, place)
    assert "Готово" in hears(bot, channel, CHAT, f"/start {good}")[0]
    assert "Код не подходит" in hears(bot, channel, CHAT + 1, f"/start {good}")[0]
    assert "Telegram уже подключён" in visitor.post(f"{page_of(place)}/telegram", agree="1").text


def test_codes_are_bounded(world, place, channel):
    """Somebody who asks for codes on and on gets no more than ten an hour."""
    visitor = world.as_(place.resident)
    for _ in range(links.CODES.most):
        code_of(visitor, place)

    assert "Слишком много попыток" in visitor.post(f"{page_of(place)}/telegram", agree="1").text


def test_one_chat_has_one_account(world, place, bot, channel, tied):
    """A chat that is somebody's is not taken over by another's code: it is told so, and how to let go of the first."""
    code = code_of(world.as_(place.operator), place)

    assert ["Этот чат уже подключён. Отключить: /stop"] == hears(bot, channel, CHAT, "/start")
    assert "к другому аккаунту, ваших уведомлений здесь нет" in hears(bot, channel, CHAT, f"/start {code}")[0]

    with world.database.read() as session:
        assert [place.resident.id] == [row.account_id for row in session.query(TelegramChat)]
    hears(bot, channel, CHAT, "/stop")
    assert "Готово" in hears(bot, channel, CHAT, f"/start {code}")[0]


def test_a_refused_guest_leads_to_the_page_that_admits(world, place, bot, channel, tied):
    """The words of the screen and a link to the one button; whoever opens it must be logged in, the chat itself does nothing."""
    number = refused(world, place)

    assert 1 == channel.courier.deliver_due()

    path = f"/t/{place.territory.code}/guests/{number}"
    assert [
        (CHAT, f"Гостя не пропустили: А777АА999\nPlace A. Нажмите, чтобы пропустить.\n\nhttp://portal.test{path}")
    ] == bot.said
    assert world.visitor().get(path).headers["location"].startswith("/login")
    assert "Пропустить сейчас" in tied.get(path).text
    hears(bot, channel, CHAT, "пропусти его")
    hears(bot, channel, CHAT, f"/admit {number}")
    with world.database.read() as session:
        assert 1 == session.query(Pass).filter_by(plate="A777AA999").count()
    assert not bot.previews


def test_every_kind_is_told(world, place, bot, channel, tied):
    """Arrived, left, on foot, about to end, asks to join: each kind that is wanted is one text with its link."""
    portal = world.app.state.portal
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        member.tell_arrived = member.tell_ending = True
        member.role = Role.MANAGER
        row = session.get(Pass, place.ids["pass_id"])
        row.valid_until = utc_now() + timedelta(hours=5)
        tidings.pass_ending(portal)(session, member, row)
        tidings.asks_to_join(portal, session, member, "Пётр\n\nhttps://evil.example", "дом 2")
    happens(world, place, "A777AA999", "open", "pass_valid")
    channel.courier.deliver_due()

    first, second, third = (text for _, text in bot.said)
    assert "Заявка скоро закончится: A777AA999\n" in first
    assert f"/passes/{place.ids['pass_id']}" in first
    assert second.startswith("Запрос на подключение: Пётр https://evil.example\nPlace A, дом 2\n\nhttp://portal.test")
    assert third.startswith("Гость приехал: А777АА999\nPlace A, ")
    assert all(len(text) < LONGEST_TEXT for text in (first, second, third))


@pytest.mark.parametrize(("screen", "chat"), [(True, False), (False, True), (False, False)])
def test_everybody_chooses_the_way(world, place, bot, channel, tied, screen, chat):
    """A chat that is tied hears nothing of a territory whose notices its person does not want there."""
    ways = {"by_push": "1" if screen else "", "by_telegram": "1" if chat else ""}
    tied.post(page_of(place), tell_refused="1", **ways)
    refused(world, place)

    assert chat == bool(channel.courier.deliver_due())


def test_an_english_chat_is_told_in_english(world, place, bot, channel):
    """A chat speaks as the page did when it was tied; a stranger's as their Telegram does."""
    visitor = world.as_(place.resident)
    visitor.client.cookies.set("okter_language", "en")
    assert hears(bot, channel, CHAT, "/start", language="en-GB")[0].startswith("I only tell of guests")
    code = code_of(visitor, place)
    assert hears(bot, channel, CHAT, f"/start {code}")[0].startswith("Done: notices of http://portal.test")
    bot.said.clear()
    refused(world, place)
    channel.courier.deliver_due()

    assert bot.said[0][1].startswith("Your guest was not admitted: А777АА999")


@pytest.mark.parametrize("how", ["/stop", "/stop@okter_test_bot", "button"])
def test_a_person_unties_the_chat(world, place, bot, channel, tied, how):
    """By a word in the chat or a button on the page: nothing of it is kept, and nothing more is told."""
    refused(world, place)
    if how == "button":
        assert 303 == tied.post(f"{page_of(place)}/telegram/off").status_code
        tied.post(f"{page_of(place)}/telegram/off")
    else:
        assert ["Отключено: сюда больше ничего не придёт."] == hears(bot, channel, CHAT, how)
        bot.said.clear()
    refused(world, place)

    assert (0, []) == (channel.courier.deliver_due(), bot.said)
    with world.database.read() as session:
        assert (0, 0) == (session.query(TelegramChat).count(), session.query(TelegramMessage).count())
        (act,) = session.query(AuditEntry).filter_by(action="telegram-untied")
        assert place.resident.id == act.account_id
    assert "Подключить Telegram" in tied.get(page_of(place)).text


@pytest.mark.parametrize("told", [True, False], ids=["it hears", "it finds out"])
def test_a_chat_that_blocked_the_bot_is_untied_and_seen(world, place, bot, channel, tied, told):
    """Blocked: what waits is dropped, the chat's number is forgotten, and the page says what happened; it can be tied anew."""
    refused(world, place)
    bot.block(CHAT, told=told)
    channel.listener.hear()

    assert 0 == channel.courier.deliver_due()

    page = tied.get(page_of(place)).text
    assert "бот заблокирован или чата больше нет" in page
    with world.database.read() as session:
        row = session.query(TelegramChat).one()
        assert (None, links.BLOCKED, 0) == (row.chat_id, row.gone_why, session.query(TelegramMessage).count())
    assert "Готово" in hears(bot, channel, CHAT, f"/start {code_of(tied, place)}")[0]


def test_a_new_password_ends_the_chat_too(world, place, bot, channel, tied):
    """Whoever changes the password shuts everybody out who got in with the old one: also a chat that they tied."""
    tied.get("/account")
    new = "другой правильный пароль 2"
    tied.post("/account/password", current_password=PASSWORD, password=new, password_again=new)
    refused(world, place)

    assert (0, []) == (channel.courier.deliver_due(), bot.said)
    assert "вы сменили пароль" in tied.get(page_of(place)).text


def test_telegram_says_when_and_is_obeyed(world, place, bot, channel, tied):
    """429: nobody's message is tried before `retry_after` is over; the page says why; then it comes."""
    clock = [0.0]
    channel.courier._round._clock = lambda: clock[0]
    hears(bot, channel, CHAT + 1, f"/start {code_of(world.as_(place.operator), place)}")
    bot.said.clear()
    with world.database.write() as session:
        portal = world.app.state.portal
        for member in session.query(Membership).filter(
            Membership.account_id.in_([place.resident.id, place.operator.id])
        ):
            member.role = Role.MANAGER
            tidings.asks_to_join(portal, session, member, "Пётр", "дом 2")
    bot.answers["sendMessage"], bot.asked = [TOO_MANY], []

    assert 0 == channel.courier.deliver_due()
    assert ["sendMessage"] == bot.asked, "the other chat is not tried: the limit is the bot's"
    assert "HTTP 429" in tied.get(page_of(place)).text + world.as_(place.operator).get(page_of(place)).text
    clock[0] = 6.9
    channel.courier.deliver_due(now=utc_now() + timedelta(minutes=1))
    assert ["sendMessage"] == bot.asked
    clock[0] = 7.0

    assert 2 == channel.courier.deliver_due(now=utc_now() + timedelta(hours=1, minutes=50))
    assert {CHAT, CHAT + 1} == {chat for chat, _ in bot.said}


def test_a_wrong_token_loses_nothing(world, place, bot, channel, tied):
    """A token that was taken back is the portal's trouble: chats stay tied, messages wait, and it is seen at `/healthz`."""
    refused(world, place)
    bot.token = "another"

    assert 0 == channel.courier.deliver_due()

    channel.listener.go_round()
    health = world.visitor().get("/healthz")
    assert 200 == health.status_code
    assert "telegram bot: FAILED (HTTP 401)" in health.text
    assert "telegram: ok (1 waiting" in health.text
    assert TOKEN not in health.text
    with world.database.read() as session:
        assert CHAT == session.query(TelegramChat).one().chat_id


def test_a_silent_telegram_slows_nothing_else(world, place, bot, channel, tied):
    """A Telegram that accepts and says nothing keeps its own thread: pages, letters and the bot's page go on."""
    before, bot.silent, bot.asked = len(world.letters()), True, []
    refused(world, place)
    channel.courier.start()
    until(lambda: bot.asked)

    assert before + 1 == len(world.letters())
    assert 200 == tied.get(page_of(place)).status_code
    assert channel.courier.alive
    bot.end()
    channel.courier.stop()
    until(lambda: not channel.courier.alive)


def test_while_the_bot_is_not_met_nothing_is_offered(world, place, bot):
    """Until Telegram has told who the bot is, the page says that it gives no answer, and makes no link to anybody."""
    visitor = world.as_(place.resident)

    assert "Telegram сейчас не отвечает" in visitor.get(page_of(place)).text
    assert "Telegram сейчас не отвечает" in visitor.post(f"{page_of(place)}/telegram", agree="1").text
    bot.name = "evil.example/?x="
    world.app.state.portal.telegram.listener.go_round()
    assert "Подключить Telegram" not in visitor.get(page_of(place)).text


def test_strangers_and_groups_get_little(world, place, bot, channel):
    """In a group nothing is tied and nothing said; a stranger is told what the bot is for, twenty times an hour at most."""
    code = code_of(world.as_(place.resident), place)

    assert [] == hears(bot, channel, -100500, f"/start {code}", kind="supergroup")
    answers = [hears(bot, channel, CHAT, text) for text in ("", "привет", "/start", "/help", "\x00" * 5000, "/stop")]
    assert all("открыть шлагбаум здесь нельзя" in said for (said,) in answers)
    for _ in range(ANSWERS.most):
        hears(bot, channel, CHAT, "привет")
    assert ANSWERS.most == len(bot.said)
    assert "Готово" in hears(bot, channel, CHAT, f"/start {code}")[0], "who flooded may still be somebody"
    assert [] == hears(bot, channel, 2**60, f"/start {code}")


def test_a_person_takes_it_along_and_leaves_nothing(world, place, bot, channel, tied):
    """The export names the chat and when one agreed; with the account goes everything."""
    (found,) = json.loads(tied.get("/account/export").text)["telegram"]
    assert (CHAT, "ru", None) == (found["chat"], found["language"], found["ended_at"])
    assert found["agreed_at"]
    refused(world, place)

    with world.database.write() as session:
        personal_data.delete(session, session.get(Account, place.resident.id), now=utc_now())

    with world.database.read() as session:
        assert [0, 0, 0] == [session.query(kind).count() for kind in (TelegramChat, TelegramMessage, TelegramCode)]
    assert (0, []) == (channel.courier.deliver_due(), bot.said)


def test_whoever_answers_for_the_data_is_told(world, place, bot, channel):
    """The manager's page of the operator and the policy say that notices go abroad, once the portal has a bot."""
    manager = world.as_(place.manager)

    assert "152-ФЗ, ст. 12" in manager.get(f"/t/{place.territory.code}/operator").text
    policy = manager.get("/legal/policy").text
    assert "она может их прочесть" in policy
    assert "имена тех, кто просит подключить их" in policy, "the manager's choice sends abroad what others have typed"


def test_a_manager_keeps_their_territory_out(world, place, bot, channel, tied):
    """By one tick nothing of the territory goes to Telegram, nobody is tied there, and the page says who decided so."""
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/settings"
    fields = {"name": "Place A", "timezone": "Europe/Moscow", "retention_days": "90"}
    assert 303 == manager.post(path, **fields, telegram_off="1").status_code
    refused(world, place)

    assert (0, []) == (channel.courier.deliver_due(), bot.said)
    assert "Управляющий не отправляет" in tied.get(page_of(place)).text
    assert "Отключить Telegram" in tied.get(page_of(place)).text
    guard = world.as_(place.operator)
    assert "Подключить Telegram" not in guard.get(page_of(place)).text
    assert 422 == guard.post(f"{page_of(place)}/telegram", agree="1").status_code
    manager.post(path, **fields)
    refused(world, place)
    assert 1 == channel.courier.deliver_due()


@pytest.mark.parametrize("who", ["manager", "person"])
def test_what_waits_is_not_told_once_it_is_not_wished(world, place, make_place, bot, channel, tied, who):
    """What Telegram could not be told yet goes with the wish; what waits of another territory, or for another chat, stays."""
    other = make_place("B")
    hears(bot, channel, CHAT + 1, f"/start {code_of(world.as_(place.operator), place)}")
    bot.said.clear()
    with world.database.write() as session:
        portal = world.app.state.portal
        mine = session.query(Membership).filter_by(account_id=place.resident.id).one()
        guards = session.query(Membership).filter_by(account_id=place.operator.id).one()
        theirs = session.query(Membership).filter_by(territory_id=other.territory.id).first()
        theirs.account_id = place.resident.id
        for member in (mine, guards, theirs):
            member.role = Role.MANAGER
            tidings.asks_to_join(portal, session, member, "Пётр", "дом 2")

    if who == "manager":
        fields = {"name": "Place A", "timezone": "Europe/Moscow", "retention_days": "90"}
        world.as_(place.manager).post(f"/t/{place.territory.code}/settings", **fields, telegram_off="1")
    else:
        tied.post(page_of(place), by_mail="1")

    channel.courier.deliver_due()
    told = {CHAT: ["Place B"]} if who == "manager" else {CHAT: ["Place B"], CHAT + 1: ["Place A"]}
    found = {}
    for chat, text in bot.said:
        found.setdefault(chat, []).append(re.search(r"Place [AB]", text)[0])
    assert told == found


def test_what_is_taken_back_is_found_by_its_territory(world, place, make_place, bot, channel, tied):
    """What somebody has typed into a name is no address: a message that names another territory's page stays, and one's own goes."""
    other = make_place("B")
    with world.database.write() as session:
        portal = world.app.state.portal
        mine = session.query(Membership).filter_by(account_id=place.resident.id).one()
        theirs = session.query(Membership).filter_by(territory_id=other.territory.id).first()
        theirs.account_id = place.resident.id
        mine.role = theirs.role = Role.MANAGER
        tidings.asks_to_join(portal, session, theirs, f"http://portal.test/t/{place.territory.code}/x", "дом 2")
        tidings.asks_to_join(portal, session, mine, "Пётр", "дом 2")
        for row in session.query(TelegramMessage):  # as if the portal had another address when they were put in
            row.body = row.body.replace("portal.test/t", "before.test/t", 1) if "Пётр" in row.body else row.body

    tied.post(page_of(place), by_mail="1")
    channel.courier.deliver_due()

    assert ["Place B, дом 2"] == [text.splitlines()[1] for _, text in bot.said]


class TestWithoutABot:
    """A portal whose operator gave no token."""

    @pytest.fixture
    def telegram_bot(self):
        return None

    @pytest.fixture
    def portal_url(self, sqlite_url):
        return sqlite_url

    def test_nothing_is_said_of_telegram(self, world, place):
        """No page names it, no form makes a code, no health line is about it, and a wish of before stays what it was."""
        manager, base = world.as_(place.manager), f"/t/{place.territory.code}"
        paths = (f"{base}/notices", f"{base}/settings", f"{base}/operator", "/legal/policy", "/account", "/healthz")
        assert [] == [path for path in paths if "telegram" in manager.get(path).text.casefold()]
        for path in ("telegram", "telegram/off"):
            assert 404 == manager.post(f"{base}/notices/{path}", agree="1").status_code
        manager.post(f"{base}/notices", by_mail="1")
        with world.database.write() as session:
            session.get(Territory, place.territory.id).telegram_off = True
        manager.post(f"{base}/settings", name="Place A", timezone="Europe/Moscow", retention_days="90")
        refused(world, place)
        with world.database.read() as session:
            assert {True} == {row.by_telegram for row in session.query(Membership)}
            assert session.get(Territory, place.territory.id).telegram_off
            assert 0 == session.query(TelegramMessage).count()

    def test_serving_reads_it_and_logs_no_address(self, tmp_path, monkeypatch):
        """What `okter serve` is told is what the portal gets; and httpx, which logs every address it asks, is told to be still."""
        monkeypatch.setenv("OKTER_TELEGRAM_TOKEN", TOKEN)
        assert TelegramSettings(TOKEN) == cli.settings_from(tmp_path, "sqlite://", "http://a.ru").telegram
        quiet = logging.getLogger("httpx")
        monkeypatch.setattr(quiet, "level", logging.NOTSET)
        monkeypatch.setattr("uvicorn.run", lambda app, **_: app.state.database.close())
        cli.okter.main(["serve", "--data", str(tmp_path)], standalone_mode=False)
        assert logging.WARNING == quiet.level

    def test_a_token_of_the_environment(self, tmp_path):
        """A file before the variable; none is no bot; what is no token, or no safe server, is one line that repeats neither."""
        file = tmp_path / "token"
        file.write_text(f"{TOKEN}\n")
        own = {"OKTER_TELEGRAM_TOKEN_FILE": str(file), "OKTER_TELEGRAM_TOKEN": "other"}
        assert TelegramSettings(TOKEN) == telegram_settings(own)
        assert telegram_settings({}) is None
        assert "very-secret" not in repr(telegram_settings(own))
        for api in ("http://10.0.0.5:8081", "http://localhost:8081/", "https://bot.example.ru/api"):
            assert api.rstrip("/") == telegram_settings(own | {"OKTER_TELEGRAM_API": api}).address
        wrong = [
            {"OKTER_TELEGRAM_TOKEN": f"{TOKEN} x"},
            {"OKTER_TELEGRAM_TOKEN_FILE": str(tmp_path / "none")},
            {"OKTER_TELEGRAM_TOKEN_FILE": str(tmp_path)},
            *(
                own | {"OKTER_TELEGRAM_API": api}
                for api in ("http://bot.example.ru", "ftp://10.0.0.5", "x", "https://[", "https://a:b@c")
            ),
        ]
        for environment in wrong:
            with pytest.raises(TelegramInvalid, match="OKTER_TELEGRAM") as found:
                telegram_settings(environment)
            assert "very-secret" not in str(found.value)

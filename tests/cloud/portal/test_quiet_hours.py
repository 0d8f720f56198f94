"""Quiet hours: nothing disturbs in them but what was let through, and in the morning what is still so is told, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pytest

from cloud import quiet_hours
from cloud.cells.freeze import freeze, frozen
from cloud.db.models import (
    Call,
    FootPass,
    GateEvent,
    HeldNotice,
    Kind,
    Letter,
    Membership,
    MemberState,
    Outcome,
    Pass,
    PushMessage,
    Role,
    TelegramChat,
    TelegramMessage,
    utc_now,
)
from cloud.domain import closing, held, personal_data, personal_export, quiet, territories
from cloud.domain.errors import Invalid
from cloud.domain.quiet import Hours, read_hours
from cloud.telegram.settings import TelegramSettings
from cloud.web import mails, tidings
from tests.bot_api import TOKEN
from tests.cloud.portal.test_guests import happens
from tests.cloud.push_service import push_service

MOSCOW = ZoneInfo("Europe/Moscow")
HOUR = timedelta(hours=1)
CHAT = 700


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def portal_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def private_receivers():
    return (ip_network("127.0.0.0/8"),)


@pytest.fixture
def telegram_bot(bot):
    return TelegramSettings(TOKEN, bot.url)


@pytest.fixture
def service():
    with push_service() as one:
        yield one


@pytest.fixture
def resident(world, place, service, bot):
    """Hears by letter, on a screen and in a chat; of everything."""
    visitor = world.as_(place.resident)
    visitor.post("/account/push", **service.browser("phone"))
    bot.write(CHAT, "/start")
    with world.database.write() as session:
        session.add(TelegramChat(account_id=place.resident.id, chat_id=CHAT, agreed_at=utc_now(), created_at=utc_now()))
        member = session.get(Membership, int(place.ids["member_id"]))
        member.tell_arrived = member.tell_left = member.tell_ending = True
    posted(world)
    service.shown.clear()
    return visitor


def in_quiet_hours(world, place, **ticks):
    """From an hour ago until in an hour, by the territory's clock."""
    local = utc_now().astimezone(MOSCOW)
    minute = local.hour * 60 + local.minute
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        member.quiet_from, member.quiet_until = (minute - 60) % quiet.DAY_MIN, (minute + 60) % quiet.DAY_MIN
        for name, value in ticks.items():
            setattr(member, name, value)


def posted(world, *, after=timedelta(0)):
    """Everything that is due at that time goes out."""
    at, portal = utc_now() + after, world.app.state.portal
    return [one.deliver_due(now=at) for one in (portal.outbox, *portal.couriers)]


def told(world, service, bot):
    """What arrived by letter, on the screen and in the chat."""
    return len(world.letters()), [notice["title"] for _, _, notice in service.shown], [text for _, text in bot.said]


def held_of(session, place):
    return session.query(HeldNotice).filter_by(member_id=int(place.ids["member_id"])).order_by(HeldNotice.id)


def outcomes(world, place):
    """What became of the resident's."""
    with world.database.read() as session:
        return [(row.kind, row.outcome) for row in held_of(session, place)]


def expired(world, place):
    with world.database.write() as session:
        session.get(Pass, place.ids["pass_id"]).valid_until = utc_now() - HOUR


def after_them(world, after=HOUR * 1.1):
    """The hours are over; how many people were told something."""
    count = world.app.state.portal.quiet.tell_due(now=utc_now() + after)
    posted(world, after=after)
    return count


@pytest.mark.parametrize(
    ("first", "until", "at", "end"),
    [
        ("23:00", "07:00", "2026-12-01 22:59", None),
        ("23:00", "07:00", "2026-12-01 23:00", "2026-12-02 07:00"),
        ("23:00", "07:00", "2026-12-02 06:59", "2026-12-02 07:00"),
        ("23:00", "07:00", "2026-12-02 07:00", None),
        ("13:00", "14:30", "2026-12-02 14:29", "2026-12-02 14:30"),
        ("13:00", "14:30", "2026-12-02 02:00", None),
        ("00:00", "06:00", "2026-12-31 00:00", "2026-12-31 06:00"),
        ("07:00", "00:00", "2026-12-31 12:00", "2027-01-01 00:00"),
    ],
)
def test_hours_by_the_clock(first, until, at, end):
    """The first minute is quiet, the last is not; a night goes over midnight, and over a new year."""
    moment = datetime.fromisoformat(at).replace(tzinfo=MOSCOW)
    wanted = None if end is None else datetime.fromisoformat(end).replace(tzinfo=MOSCOW)

    assert wanted == read_hours(first, until).ends(MOSCOW, moment)


def test_hours_end_though_clocks_are_set():
    """Where an hour comes twice, or not at all, the hours end after now, and within a day."""
    berlin, hours = ZoneInfo("Europe/Berlin"), Hours(2 * 60, 2 * 60 + 30)
    for day in (datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)):
        for minute in range(24 * 60):
            now = day + timedelta(minutes=minute)
            end = hours.ends(berlin, now)
            assert end is None or timedelta(0) < end - now <= timedelta(hours=2), now


@pytest.mark.parametrize(
    ("first", "until"), [("7:00", "7:00"), ("24:00", "7:00"), ("", "7:00"), ("23:00", "7:60"), ("٢3:00", "7:00")]
)
def test_what_is_no_hours_is_refused(first, until):
    """No time, a time that is none, and hours that would never end."""
    with pytest.raises(Invalid):
        read_hours(first, until)


def test_nobody_is_disturbed_and_in_the_morning_hears_once(world, place, service, bot, resident):
    """An arrival and a departure wait, by every way, and come as one summary with their times; never twice."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    happens(world, place, "A777AA999", "open", "pass_valid")
    posted(world)
    assert (0, [], []) == told(world, service, bot)
    assert 0 == world.app.state.portal.quiet.tell_due()

    assert 1 == after_them(world)

    letters, screen, (chat,) = told(world, service, bot)
    assert (1, ["За тихие часы: 2"]) == (letters, screen)
    title, first, second, _, link = chat.split("\n")
    assert title == "За тихие часы: 2"
    assert f"http://portal.test/t/{place.territory.code}/passes" == link
    for line in (first, second):
        assert line.endswith("Гость приехал: А777АА999")
        assert utc_now().astimezone(MOSCOW).strftime("%d.%m ") == line[:6] or line[:6].strip()
    assert 0 == after_them(world)
    assert (1, 1, 1) == (len(world.letters()), len(service.shown), len(bot.said))
    assert [(Kind.ARRIVED, Outcome.TOLD)] * 2 == outcomes(world, place)


def test_a_refused_guest_breaks_through(world, place, service, bot, resident):
    """Who asks right now is told right now, unless the person has chosen otherwise."""
    in_quiet_hours(world, place)
    expired(world, place)
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    posted(world)

    letters, screen, chat = told(world, service, bot)
    assert (1, 1, 1, []) == (letters, len(screen), len(chat), outcomes(world, place))


@pytest.mark.parametrize(
    ("after", "admitted", "outcome"),
    [
        (HOUR * 1.1, False, Outcome.TOLD),
        (HOUR * 1.1, True, Outcome.UNTRUE),
        (HOUR * 2.1, False, Outcome.STALE),
    ],
)
def test_a_question_is_asked_in_the_morning_while_it_is_one(
    world, place, service, bot, resident, after, admitted, outcome
):
    """Held back by the person's wish, a refusal keeps its button and what is left of its time; let in or too late, it is not told."""
    in_quiet_hours(world, place, loud_refused=False)
    expired(world, place)
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    number = happens(world, place, "A777AA999", "refuse", "pass_expired")
    posted(world)
    assert (0, [], []) == told(world, service, bot)
    if admitted:
        resident.get(f"/t/{place.territory.code}/guests/{number}")
        assert 303 == resident.post(f"/t/{place.territory.code}/guests/{number}/admit").status_code

    after_them(world, after)

    assert [(Kind.REFUSED, outcome)] * 2 == outcomes(world, place)
    if outcome != Outcome.TOLD:
        assert (0, [], []) == told(world, service, bot)
        return
    ((_, headers, notice),) = service.shown
    assert f"/t/{place.territory.code}/guests/{number}" == notice["path"]
    assert ("Гостя не пропустили: А777АА999", True) == (notice["title"], int(headers["ttl"]) <= 2 * 3600)
    with world.database.read() as session:
        assert 1 == session.query(Letter).count()


@pytest.mark.parametrize("kind", ["ending", "joining", "on_foot"])
@pytest.mark.parametrize("still", [True, False])
def test_what_is_no_more_so_is_left_out(world, place, service, bot, resident, kind, still):
    """A pass that was extended, a request that was decided, guests whose mark was taken back: the page says so, nothing else does."""
    in_quiet_hours(world, place)
    portal = world.app.state.portal
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        if kind == "ending":
            row = session.get(Pass, place.ids["pass_id"])
            row.valid_until = utc_now() + 5 * HOUR
            tidings.pass_ending(portal)(session, member, row)
            row.valid_until += timedelta(0) if still else timedelta(days=9)
        elif kind == "joining":
            asker = session.get(Membership, int(place.ids["request_id"]))
            member.role = "manager"
            tidings.asks_to_join(portal, session, member, "Пётр\nhttps://evil.example", "дом 2", asker=asker)
            asker.state = asker.state if still else MemberState.ANNULLED
        else:
            row = session.get(FootPass, int(place.ids["foot_id"]))
            row.came, row.came_at = 1, utc_now()
            tidings.came_on_foot(portal, session, member, row)
            row.came_at = row.came_at if still else None

    after_them(world)

    assert [(kind, Outcome.TOLD if still else Outcome.UNTRUE)] == outcomes(world, place)
    letters, screen, chat = told(world, service, bot)
    assert (still, still, still) == (bool(letters), bool(screen), bool(chat))
    assert not still or chat[0].count("\n") == 3, "a name makes no lines of its own"
    page = resident.get(f"/t/{place.territory.code}/notices").text
    assert still == ("не сообщено</span>" not in page and "не сообщено" not in page)


def test_what_is_older_than_a_day_is_not_told(world, place, service, bot, resident):
    """A portal that was away over the morning and the next night does not begin with news of the day before."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.write() as session:
        held_of(session, place).one().at -= held.MEANS

    after_them(world)

    assert [(Kind.ARRIVED, Outcome.STALE)] == outcomes(world, place)
    assert (0, [], []) == told(world, service, bot)


def test_a_notice_of_a_kind_not_known_yet_keeps_nobody_elses(world, place, service, bot, resident):
    """What a newer program put there before it was taken back is closed, and the rest of the morning is told."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.write() as session:
        held_of(session, place).first().kind = "of tomorrow"

    after_them(world)

    assert [("of tomorrow", Outcome.STALE), (Kind.ARRIVED, Outcome.TOLD)] == outcomes(world, place)


@pytest.mark.parametrize("how", ["removed", "left", "deleted", "territory deleted", "left, then territory deleted"])
def test_who_is_no_member_any_more_hears_nothing_of_what_waited(world, place, service, bot, resident, how):
    """What servers that were away have not taken goes with the membership, by every way; letters about the account do not."""
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.write() as session:
        assert (1, 1, 1) == tuple(session.query(kind).count() for kind in (Letter, PushMessage, TelegramMessage))
    if how.startswith("left"):
        resident.get(f"/t/{place.territory.code}/leave")
        assert 303 == resident.post(f"/t/{place.territory.code}/leave").status_code
    with world.database.write() as session:
        if how == "removed":
            member = session.get(Membership, int(place.ids["member_id"]))
            territories.end(session, member, MemberState.REMOVED, now=utc_now())
        elif how == "deleted":
            personal_data.delete(session, session.merge(place.resident), now=utc_now())
        elif how.endswith("territory deleted"):
            closing.delete(session, place.territory, now=utc_now())
        world.app.state.outbox.put(session, to="residenta@example.com", subject="Новый пароль", text="x")

    posted(world)

    letters = world.letters()
    assert (1, [], []) == told(world, service, bot)
    assert "Subject:" in letters[0]
    assert "А777АА999" not in letters[0]


@pytest.mark.parametrize("how", ["demoted", "handed over", "removed", "unwished"])
def test_what_only_a_manager_may_hear_is_judged_again_at_the_door(world, place, service, bot, resident, how):
    """Who asks to join, and which webhook fails, waits for servers that were away: who manages no more, or wishes no more, is not told."""
    portal = world.app.state.portal
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        member.role = Role.MANAGER
        tidings.asks_to_join(portal, session, member, "Пётр", "дом 2")
        assert (1, 1, 1) == tuple(session.query(kind).count() for kind in (Letter, PushMessage, TelegramMessage))
        if how != "unwished":
            mails.webhook_off(portal, session, member, "https://example.ru/okter", "HTTP 500")
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        guard = session.query(Membership).filter_by(account_id=place.operator.id).one()
        if how == "demoted":
            territories.demote(session, member)
        elif how == "handed over":
            territories.hand_over(member, guard)
        elif how == "removed":
            territories.end(session, member, MemberState.REMOVED, now=utc_now())
        else:
            member.tell_joining = False

    posted(world)

    assert (0, [], []) == told(world, service, bot)


@pytest.mark.parametrize("how", ["removed", "unwished"])
def test_who_wishes_no_more_is_told_nothing(world, place, service, bot, resident, how):
    """Removed from the territory, or the wish taken back, while something waits."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        if how == "removed":
            territories.end(session, member, MemberState.REMOVED, now=utc_now())
        else:
            member.tell_arrived = False

    after_them(world)

    assert [(Kind.ARRIVED, Outcome.UNWISHED)] == outcomes(world, place)
    assert (0, [], []) == told(world, service, bot)


def test_the_form(world, place, service, bot, resident):
    """What is chosen is what holds; hours that are none change nothing; switched off, what waits comes at once."""
    path = f"/t/{place.territory.code}/notices"
    page = resident.get(path).text
    assert 'value="23:00"' in page
    assert "Звонок от шлагбаума" not in page, "no call rings at a resident here"
    wishes = {"tell_arrived": "1", "by_mail": "1", "by_push": "1", "by_telegram": "1"}
    local = utc_now().astimezone(MOSCOW)
    first, until = f"{local - HOUR:%H:%M}", f"{local + HOUR:%H:%M}"

    answer = resident.post(path, quiet="1", quiet_from="7:00", quiet_until="07:00", tell_left="1")
    assert 422 == answer.status_code
    assert "Тихие часы должны когда-то кончаться" in answer.text
    assert (
        303 == resident.post(path, **wishes, quiet="1", quiet_from=first, quiet_until=until, loud_left="1").status_code
    )

    with world.database.read() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        assert (False, True, False, True) == (member.loud_refused, member.loud_left, member.tell_left, member.loud_call)
        assert (first, until) == quiet.hours_of(member).texts()
    happens(world, place, "A777AA999", "open", "pass_valid")
    page = resident.get(path).text
    assert f'value="{first}"' in page
    assert "Ждёт: 1" in page
    assert "Сейчас тихие часы" in page
    posted(world)
    assert (0, [], []) == told(world, service, bot)

    resident.post(path, **wishes, quiet_from=first, quiet_until=until)
    assert 1 == world.app.state.portal.quiet.tell_due()
    assert "Ждёт" not in resident.get(path).text


def test_a_call_is_told_at_once_or_never(world, place, service, resident):
    """A call that somebody does not want to hear at night is not told in the morning: nobody rings any more."""
    for loud in (True, False):
        in_quiet_hours(world, place, loud_call=loud)
        with world.database.write() as session:
            member = session.get(Membership, int(place.ids["member_id"]))
            tidings.gate_rings(world.app.state.portal)(session, member, session.query(Call).one())
        posted(world)
        assert 1 == len(service.shown)
    assert [] == outcomes(world, place)


def test_what_was_on_its_way_when_the_hours_began(world, place, service, bot, resident):
    """Servers that were away over the beginning of the hours: what they take again waits too, and comes in the morning."""
    bot.answers["sendMessage"] = [(500, {"ok": False})]
    service.answers["/phone"] = [503]
    happens(world, place, "A777AA999", "open", "pass_valid")
    portal = world.app.state.portal
    for one in portal.couriers:
        one.deliver_due()
    in_quiet_hours(world, place)

    portal.telegram.courier._round._rests_until = 0.0
    assert [0, 0, 0, 0] == posted(world, after=timedelta(minutes=5))

    with world.database.read() as session:
        assert (1, 1, 1) == tuple(session.query(kind).count() for kind in (Letter, PushMessage, TelegramMessage))
    posted(world, after=HOUR * 2.5)
    assert (1, 1, 1) == (len(list((world.settings.data_dir / "mail").glob("*.eml"))), len(service.shown), len(bot.said))


@pytest.mark.parametrize("how", ["off", "shorter", "this kind is let through", "another clock"])
def test_new_hours_hold_for_what_waits_already(world, place, service, bot, resident, how):
    """What the old hours stopped at the door goes out as soon as, by the new ones, nobody is to be left alone."""
    happens(world, place, "A777AA999", "open", "pass_valid")
    in_quiet_hours(world, place)
    assert [0, 0, 0, 0] == posted(world)
    local = utc_now().astimezone(MOSCOW)
    wishes = {"tell_arrived": "1", "by_mail": "1", "by_push": "1", "by_telegram": "1"}
    hours = {"quiet_from": f"{local - HOUR:%H:%M}", "quiet_until": f"{local + HOUR:%H:%M}"}
    changed = {
        "off": {},
        "shorter": {"quiet": "1", "quiet_until": f"{local - timedelta(minutes=2):%H:%M}"},
        "this kind is let through": {"quiet": "1", "loud_arrived": "1"},
    }

    if how == "another clock":
        with world.database.write() as session:
            territory = session.get(Membership, int(place.ids["member_id"])).territory
            territories.change_zone(session, territory, "Asia/Vladivostok")
    else:
        resident.get(f"/t/{place.territory.code}/notices")
        answer = resident.post(f"/t/{place.territory.code}/notices", **wishes, **hours | changed[how])
        assert 303 == answer.status_code
    posted(world)

    letters, screen, chat = told(world, service, bot)
    assert (1, 1, 1) == (letters, len(screen), len(chat))


def test_what_is_urgent_and_was_on_its_way_is_not_kept_alive(world, place, service, resident):
    """A question that met the hours on its way is dropped when nobody could answer it any more."""
    expired(world, place)
    service.answers["/phone"] = [503]
    happens(world, place, "A777AA999", "refuse", "pass_expired")
    world.app.state.portal.web_push.deliver_due()
    in_quiet_hours(world, place, loud_refused=False)

    posted(world, after=timedelta(minutes=5))
    posted(world, after=HOUR * 2.5)

    assert [] == service.shown
    with world.database.read() as session:
        assert 0 == session.query(PushMessage).count()


def test_the_clock_of_the_territory_is_set(world, place, service, bot, resident):
    """Another time zone: what waits is looked at anew, and told if by the new clock nobody sleeps."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    with world.database.write() as session:
        territory = session.get(Membership, int(place.ids["member_id"])).territory
        territories.change_zone(session, territory, "Asia/Vladivostok")

    assert 1 == world.app.state.portal.quiet.tell_due(now=utc_now() + timedelta(seconds=1))


def test_what_waits_is_bounded(world, place, resident):
    """The newest hundred wait; what gave them its place is named on the page."""
    in_quiet_hours(world, place)
    with world.database.write() as session:
        member = session.get(Membership, int(place.ids["member_id"]))
        for number in range(quiet.MOST_HELD + 1):
            quiet.hold(session, member, Kind.ARRIVED, {"plate": f"A{number:03}AA77"}, now=utc_now())

    assert (1, quiet.MOST_HELD) == (
        outcomes(world, place).count((Kind.ARRIVED, Outcome.CROWDED)), outcomes(world, place).count((Kind.ARRIVED, "")),
    )  # fmt: skip
    page = resident.get(f"/t/{place.territory.code}/notices").text
    assert "A000AA77" in page
    assert "слишком много ждало" in page
    assert 1 == after_them(world)
    with world.database.read() as session:
        body = session.query(TelegramMessage).one_or_none()
    assert body is None or len(body.body) < 1000


def test_a_person_has_and_erases_it(world, place, resident):
    """The export names the hours and what waited; the account takes both along; what is over is forgotten after a week."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    after_them(world)
    happens(world, place, "A777AA999", "open", "pass_valid")
    found = json.loads("".join(personal_export.export(world.database, place.resident.id)))
    wishes = found["memberships"][0]["notices"]
    assert (2, ["refused", "call"]) == (len(wishes["quiet_hours"]), wishes["also_in_quiet_hours"])
    assert ["told", ""] == [row["outcome"] for row in found["notices_held_in_quiet_hours"]]

    with world.database.write() as session:
        held.sweep(session, now=utc_now() + timedelta(days=8))
    assert [(Kind.ARRIVED, "")] == outcomes(world, place)

    with world.database.write() as session:
        personal_data.delete(session, session.merge(place.resident), now=utc_now())
    assert [] == outcomes(world, place)


def test_a_territory_that_moves_is_left_to_its_new_cell(world, place, service, bot, resident):
    """Frozen rows are taken by nobody here, and nobody is told from here."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    freeze(world.database, place.territory.id)

    assert 0 == world.app.state.portal.quiet.tell_due(now=utc_now() + 2 * HOUR)

    assert [(Kind.ARRIVED, "")] == outcomes(world, place)


def test_a_territory_that_begins_to_move_ends_the_round(world, place, service, bot, resident, monkeypatch):
    """One that is frozen in the middle of a round is tried once more by no one: the rest of the round leaves it out."""
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")
    service_of, tried = world.app.state.portal.quiet, []

    def looked_first(database):
        found = frozen(database)
        if not tried:
            freeze(database, place.territory.id)
        return found

    def tell_one(member_id, at, tell=service_of._tell_one):
        tried.append(member_id)
        if len(tried) > 1:
            service_of._stopped.set()
        return tell(member_id, at)

    monkeypatch.setattr(held, "BATCH", 1)
    monkeypatch.setattr(quiet_hours, "frozen", looked_first)
    monkeypatch.setattr(service_of, "_tell_one", tell_one)

    assert 0 == service_of.tell_due(now=utc_now() + 2 * HOUR)
    assert [int(place.ids["member_id"])] == tried


def test_english_browsers_are_told_in_english(world, place, service, bot, resident):
    """A summary has the language of the browser, as every notice."""
    resident.client.cookies.set("okter_language", "en")
    resident.get("/territories")
    resident.post("/account/push", **service.browser("tablet"))
    posted(world)
    service.shown.clear()
    in_quiet_hours(world, place)
    happens(world, place, "A777AA999", "open", "pass_valid")

    after_them(world)

    assert ["In your quiet hours: 1"] == [notice["title"] for _, _, notice in service.shown]
    with world.database.read() as session:
        assert 3 == session.query(GateEvent).count() + 1

"""The guard's page, commands, notes and pictures."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cloud.db.models import Command, Device, Gate, GateEvent, Membership, MemberState, Role, utc_now
from cloud.domain import territories
from cloud.web.feed import feed_stream


def commands_in(world):
    with world.database.read() as session:
        return session.query(Command).all()


@pytest.mark.parametrize(
    ("plate", "words"),
    [
        ("а777аа999", ("Въезд разрешён", "дом A", "tel:+79120000000", "residentA")),
        ("B666BB66", ("Въезд запрещён", "Номер в списке запрета")),
        ("O000OO00", ("Въезд запрещён", "Нет пропуска")),
        ("?", ("только буквы и цифры",)),
    ],
)
def test_the_check_answers(world, place, plate, words):
    """«Проверить» says whether the car may enter and why, whose guest it is, and whom to call."""
    page = world.as_(place.operator).get(f"/t/{place.territory.code}/check?plate={plate}").text

    assert [] == [word for word in words if word not in page]


def test_a_command_is_asked_twice_and_sent_once(world, place):
    """«Открыть» first asks; the confirmed command goes to the gate with an end to its life, and is recorded."""
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/open"
    assert "Открыть шлагбаум?" in visitor.get(f"{path}?lane=entry").text
    assert [] == commands_in(world)

    visitor.post(path, lane="entry")

    (command,) = commands_in(world)
    assert ("open", "entry", None, place.operator.id) == (
        command.kind,
        command.lane,
        command.minutes,
        command.created_by_id,
    )
    assert 0 < (command.expires_at - utc_now()).total_seconds() <= 12
    assert "ждём ответа шлагбаума" in visitor.get(f"/t/{place.territory.code}/check").text
    assert "Послал команду открыть" in world.as_(place.manager).get(f"/t/{place.territory.code}/acts").text


def set_pin(visitor, pin, password="правильный пароль 1"):
    visitor.get("/account")
    return visitor.post("/account/pin", pin=pin, current_password=password)


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "1111", "3456", "8765", "0987"])
def test_a_pin_that_everybody_tries_first_is_none(world, place, pin):
    """A PIN has four to eight digits that are neither all the same nor a row."""
    visitor = world.as_(place.operator)
    assert 422 == set_pin(visitor, pin).status_code
    assert 422 == set_pin(visitor, "2580", password="wrong").status_code

    assert 303 == visitor.post(f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/open", lane="entry").status_code


def test_a_stolen_session_does_not_open(world, place):
    """Who has set a PIN opens with it only; guesses wait, and the owner's other devices do not."""
    owner, thief = world.as_(place.operator), world.as_(place.operator)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/open"
    assert 303 == set_pin(owner, "2580").status_code
    assert 'name="pin"' in thief.get(f"{path}?lane=entry").text

    answers = [thief.post(path, lane="entry", pin=f"{number:04}") for number in range(8)]

    assert {422} == {answer.status_code for answer in answers}
    assert "Неверный PIN" in answers[0].text
    assert "Слишком много попыток" in answers[-1].text
    assert [] == commands_in(world)
    assert 422 == set_pin(thief, "", password="wrong").status_code
    assert 303 == owner.post(path, lane="entry", pin="2580").status_code
    assert 1 == len(commands_in(world))


def test_a_territory_may_ask_everybody_for_a_pin(world, place):
    """Where the manager wants PINs, who has none opens nothing and is told where to set one."""
    manager, operator = world.as_(place.manager), world.as_(place.operator)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/open"
    form = {"name": "Place A", "timezone": "Europe/Moscow", "retention_days": "90", "ask_pin": "1"}
    assert 303 == manager.post(f"/t/{place.territory.code}/settings", **form).status_code

    assert "Задайте PIN" in operator.post(path, lane="entry").text
    set_pin(operator, "2580")
    assert 422 == operator.post(path, lane="entry").status_code
    assert 303 == operator.post(path, lane="entry", pin="2580").status_code


@pytest.mark.parametrize(("minutes", "status"), [("15", 303), ("0", 422), ("100000", 422), ("", 422), ("x", 422)])
def test_a_hold_has_an_end(world, place, minutes, status):
    """«Удержать открытым» is sent only with a number of minutes within its bounds."""
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}/hold"

    answer = world.as_(place.operator).post(path, lane="entry", minutes=minutes)

    assert status == answer.status_code
    assert ([15] if status == 303 else []) == [command.minutes for command in commands_in(world)]


def test_an_unknown_lane_or_kind_is_not_commanded(world, place):
    """A command names a lane the device has and a kind there is."""
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}"

    assert 404 == visitor.post(f"{path}/open", lane="elsewhere").status_code
    assert 404 == visitor.post(f"{path}/explode", lane="entry").status_code
    assert [] == commands_in(world)


def test_a_revoked_gate_is_not_commanded(world, place):
    """After the manager revoked a device it gets no commands and its token is worth nothing."""
    manager = world.as_(place.manager)
    path = f"/t/{place.territory.code}/gates/{place.ids['gate_id']}"

    manager.post(f"{path}/manage/revoke")

    assert 404 == manager.post(f"{path}/open", lane="entry").status_code
    assert "доступ закрыт" in manager.get(f"/t/{place.territory.code}/gates").text
    answer = manager.request("GET", "/api/edge/v1/passes", headers={"authorization": "Bearer device A"})
    assert 401 == answer.status_code


def test_a_pairing_code_is_shown_once(world, place):
    """«Добавить шлагбаум» shows the code for the device; the page fetched again does not have it."""
    manager = world.as_(place.manager)
    path = f"/t/{place.territory.code}/gates"

    page = manager.post(path, name="Второй въезд").text

    assert "Код привязки" in page
    assert "gate enroll --url http://portal.test --code " in page
    code = page.split("--code ")[1].split("<")[0].strip()
    enrolled = manager.request(
        "POST",
        "/api/edge/v1/enroll",
        json={"code": code, "name": "box", "lanes": [{"name": "in", "direction": "entry"}], "version": "1"},
    )
    assert enrolled.is_success
    listed = manager.get(path).text
    assert code not in listed
    assert "Второй въезд" in listed


def test_a_note_is_kept_with_its_author(world, place):
    """A note under a visit shows its text, escaped, and who wrote it."""
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/visits/{place.ids['event_id']}"

    visitor.post(f"{path}/note", note="<b>без номера</b>")

    page = visitor.get(path).text
    assert "&lt;b&gt;без номера&lt;/b&gt;" in page
    assert "operatorA" in page


def test_a_picture_is_served_only_from_its_folder(world, place):
    """The picture of a visit is there for its territory; a path that leads elsewhere is not followed."""
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/visits/{place.ids['event_id']}/photo.jpg"
    assert 404 == visitor.get(path).status_code
    folder = world.settings.data_dir / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "x.jpg").write_bytes(b"\xff\xd8\xff picture")
    (world.settings.data_dir / "secret.jpg").write_bytes(b"secret")

    def point(relative):
        with world.database.write() as session:
            session.get(GateEvent, int(place.ids["event_id"])).snapshot_path = relative

    point("snapshots/1/x.jpg")
    assert b"\xff\xd8\xff picture" == visitor.get(path).content
    for elsewhere in ("snapshots/../secret.jpg", "secret.jpg", "/etc/passwd"):
        point(elsewhere)
        assert 404 == visitor.get(path).status_code, elsewhere


def test_a_picture_is_asked_for_each_time(world, place):
    """A browser keeps a picture only to ask whether it may still show it: after a log-out it may not."""
    picture = world.settings.data_dir / "snapshots" / "1" / "x.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\xff\xd8\xff picture")
    with world.database.write() as session:
        session.get(GateEvent, int(place.ids["event_id"])).snapshot_path = "snapshots/1/x.jpg"
    visitor = world.as_(place.operator)
    path = f"/t/{place.territory.code}/visits/{place.ids['event_id']}/photo.jpg"
    first = visitor.get(path)
    assert "private, no-cache" == first.headers["cache-control"]
    known = {"if-none-match": first.headers["etag"]}
    assert (304, b"") == ((again := visitor.request("GET", path, headers=known)).status_code, again.content)

    left = visitor.post("/logout")

    assert '"cache"' == left.headers["clear-site-data"]
    assert 303 == visitor.request("GET", path, headers=known).status_code


@pytest.mark.parametrize("change", ["demoted", "removed", "logged out"])
def test_the_feed_ends_with_the_right_to_it(world, place, change):
    """Who is no operator any more, is out of the territory or has logged out hears of no further car."""
    from cloud.web.feed import Watcher, _still_in

    with world.database.write() as session:
        member = territories.membership(session, place.operator, place.territory)
        device = Device(token_hash="x", account_id=place.operator.id, expires_at=utc_now() + timedelta(days=1))
        session.add(device)
        session.flush()
        watcher = Watcher(member.id, place.territory.id, device.id)
    portal = world.app.state.portal
    assert _still_in(portal, watcher)

    with world.database.write() as session:
        row = session.get(Membership, watcher.member_id)
        if change == "demoted":
            row.role = Role.RESIDENT
        elif change == "removed":
            row.state = MemberState.REMOVED
        else:
            session.delete(session.get(Device, watcher.device_id))

    assert not _still_in(portal, watcher)


def test_the_feed_tells_at_once(world, place):
    """A visit that arrives wakes the guard's stream; who may not watch gets no stream."""
    from cloud import push

    hub, portal = world.app.state.hub, world.app.state.portal
    visitor = world.as_(place.operator)
    assert 403 == world.as_(place.resident).get(f"/t/{place.territory.code}/feed/stream").status_code

    async def first_lines():
        from starlette.requests import Request

        await hub.start()
        cookie = f"okter={visitor.client.cookies['okter']}".encode()
        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"cookie", cookie)],
            "path_params": {"code": place.territory.code}, "client": ("192.0.2.1", 1),
        }  # fmt: skip
        answer = await feed_stream(portal)(Request(scope))
        lines = answer.body_iterator
        yield await anext(lines)

        def arrive():
            with world.database.write() as session:
                push.event_arrived(session, place.territory.id, int(place.ids["event_id"]))

        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.to_thread(arrive)
        yield await waiting
        await lines.aclose()
        await hub.stop()

    async def collect():
        return [line async for line in first_lines()]

    assert ["retry: 3000\n\n", "event: changed\ndata: 1\n\n"] == world.runner.run(collect())


def test_the_open_page_is_told_of_a_gate_that_has_gone_silent(world, place):
    """The feed carries whether each gate is heard, and of a silent one since when: a page open for hours stays true."""
    guard, feed = world.as_(place.operator), f"/t/{place.territory.code}/feed"
    assert ">на связи<" in guard.get(feed).text

    with world.database.write() as session:
        session.get_one(Gate, int(place.ids["gate_id"])).last_seen_at -= timedelta(hours=2)

    told = guard.get(feed).text
    assert ">на связи<" not in told
    assert "нет связи" in told
    assert "Последняя связь" in told

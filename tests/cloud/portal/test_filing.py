"""Passes through the pages: filing, limits, ending, repeating, the block list, import."""

from __future__ import annotations

import html
import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cloud.api.passes import read_page
from cloud.db.models import Account, GateEvent, Membership, Pass, Role, Territory, utc_now
from cloud.domain import accounts, importing, passes, territories
from cloud.domain.check import check_plate
from cloud.domain.errors import Invalid
from cloud.domain.periods import Period
from cloud.plates import read_plate
from cloud.push import PassesChanged
from cloud.web.pages import imports
from core.passes.pass_list import Pass as GatePass
from core.passes.pass_list import PassSource
from core.passes.passcsv import read_passes
from edge.passcsv import write_passes


def passes_in(world, **facts):
    with world.database.read() as session:
        return session.query(Pass).filter_by(**facts).order_by(Pass.created_at, Pass.id).all()


def verdict(world, place, plate):
    with world.database.read() as session:
        found = check_plate(session, place.territory, plate, now=utc_now())
    return found.allowed, found.reason


def today():
    return (utc_now() + timedelta(hours=3)).date()


def test_a_filed_pass_is_on_the_list_at_once(world, place):
    """«Добавить» puts the plate on the list with the next revision, under the person and their object."""
    before = world.database.readers().get(Territory, place.territory.id).pass_rev
    visitor = world.as_(place.resident)

    visitor.post(
        f"/t/{place.territory.code}/passes/new", plate="о123оо 77", valid_from=str(today()), valid_until=str(today())
    )

    (row,) = passes_in(world, plate="O123OO77")
    assert (before + 1, place.resident.id, "дом A") == (row.rev, row.owner_id, row.object_label)
    assert (True, "pass_valid") == verdict(world, place, "O123OO77")
    assert "О123ОО" in visitor.get(f"/t/{place.territory.code}/passes").text


def test_a_double_press_files_one_pass(world, place):
    """The same form sent twice is one pass."""
    visitor = world.as_(place.resident)
    form = {"plate": "O123OO77", "valid_from": str(today()), "valid_until": str(today())}

    for _ in range(2):
        visitor.post(f"/t/{place.territory.code}/passes/new", **form)

    assert 1 == len(passes_in(world, plate="O123OO77"))


def test_filing_again_takes_two_taps(world, place):
    """The form offers the cars filed before, the oftenest first, by the name they were given; one tap fills it, one files it."""
    visitor, path = world.as_(place.resident), f"/t/{place.territory.code}/passes/new"
    for day in range(3):
        until = str(today() + timedelta(days=day))
        visitor.post(path, plate="O123OO77", note="тёща", valid_until=until)
    visitor.post(path, plate="B777BB77", valid_until=str(today()))
    visitor.post(f"/t/{place.territory.code}/passes/{place.ids['pass_id']}/end")

    chips = re.findall(r'class="chip" href="([^"]+)"', visitor.get(path).text)

    assert ["O123OO77", "B777BB77", "A777AA999"] == [re.search("plate=([^&]+)", chip)[1] for chip in chips]
    filled = visitor.get(html.unescape(chips[0])).text
    assert 'value="O123OO77"' in filled
    assert 'value="тёща"' in filled
    other = world.as_(place.operator).get(path).text
    assert "chip" not in other


def test_a_plate_is_looked_at_while_it_is_typed(world, place):
    """The piece that the script shows draws the plate with its region apart, and says what is odd about it."""
    visitor, path = world.as_(place.resident), f"/t/{place.territory.code}/passes/look?plate="

    assert '<span class="region">999</span>' in visitor.get(path + "а777аа999").text
    assert "О 777 ОО 77" in visitor.get(path + "0777OO77").text
    assert "" == visitor.get(path + "?").text.strip()


def test_the_apps_shortcuts_know_the_territory(world, place, make_place):
    """«Новая заявка» of the installed app leads to the form of the territory chosen last, or of the only one."""
    visitor = world.as_(place.resident)
    assert f"/t/{place.territory.code}/passes/new" == visitor.get("/new").headers["location"]
    other = make_place("B")
    world.as_(place.resident).post("/territories/join", code=other.territory.code, object="x")
    with world.database.write() as session:
        row = territories.membership(session, place.resident, other.territory)
        territories.accept(session, row, role=Role.RESIDENT, label="x", now=utc_now())
    assert "/territories" == visitor.get("/new").headers["location"]

    visitor.get(f"/t/{other.territory.code}")

    assert f"/t/{other.territory.code}/passes/new" == visitor.get("/new").headers["location"]
    assert "/territories" == world.as_(place.asking).get("/guard").headers["location"]
    assert f"/t/{place.territory.code}/check" == world.as_(place.operator).get("/guard").headers["location"]


def test_a_preset_without_script_fills_the_form(world, place):
    """Without JavaScript a preset button gives the form back with the period filled and the plate kept."""
    visitor = world.as_(place.resident)

    page = visitor.post(f"/t/{place.territory.code}/passes/new", plate="O123OO77", preset="three_days").text

    assert 'value="O123OO77"' in page
    assert f'value="{today() + timedelta(days=2)}"' in page
    assert [] == passes_in(world, plate="O123OO77")


@pytest.mark.parametrize(("plate", "words"), [("", "Введите номер"), ("<script>", "только буквы"), ("A" * 50, "слишком длинный")])  # fmt: skip
def test_a_bad_plate_is_told(world, place, plate, words):
    """Text that is no plate is refused beside the field, with what was typed still there and escaped."""
    answer = world.as_(place.resident).post(f"/t/{place.territory.code}/passes/new", plate=plate)

    assert 422 == answer.status_code
    assert words in answer.text
    assert "<script>" not in answer.text


def test_a_foreign_plate_is_taken_with_a_warning(world, place):
    """A plate that follows no Russian grammar is on the list, and the person is asked to look again."""
    visitor = world.as_(place.resident)
    answer = visitor.post(f"/t/{place.territory.code}/passes/new", plate="1234 AB-7", valid_until=str(today()))

    assert "не похож на российский" in visitor.get(answer.headers["location"]).text
    assert (True, "pass_valid") == verdict(world, place, "1234AB7")


ODD = ["А777АА1999", "0777OO77", "A000AA77", "A123AA191", "XYZ"]


@pytest.mark.parametrize("plate", ODD)
def test_an_odd_plate_is_asked_about_before_it_is_saved(world, place, plate):
    """A plate that was hardly meant so is saved only after the person has said that just this one is meant."""
    visitor, path = world.as_(place.resident), f"/t/{place.territory.code}/passes/new"
    before = len(passes_in(world))
    page = visitor.post(path, plate=plate, valid_until=str(today()))
    assert "Всё верно, сохранить" in page.text
    assert before == len(passes_in(world))
    sure = re.search(r'name="sure" value="([^"]+)"', page.text)[1]

    assert "Всё верно" in visitor.post(path, plate="B000BB77", sure=sure, valid_until=str(today())).text
    assert 303 == visitor.post(path, plate=plate, sure=sure, valid_until=str(today())).status_code

    assert before + 1 == len(passes_in(world))


@pytest.mark.parametrize("plate", ODD)
def test_odd_plates_are_asked_about_wherever_plates_are_saved(world, place, plate):
    """Editing a pass, banning a plate and importing a file ask as filing does."""
    manager, base = world.as_(place.manager), f"/t/{place.territory.code}"
    before = [(row.plate, row.blocked) for row in passes_in(world)]

    assert "Всё верно" in manager.post(f"{base}/passes/{place.ids['pass_id']}/edit", plate=plate).text
    assert "Всё верно" in manager.post(f"{base}/blocked", plate=plate).text
    assert "Строка 2" in send_file(manager, f"{base}/import", f"plate\n{plate}\n".encode()).text

    assert before == [(row.plate, row.blocked) for row in passes_in(world)]
    assert 303 == send_file(manager, f"{base}/import", f"plate\n{plate}\n".encode(), sure="1").status_code


@pytest.mark.parametrize("typed", ["a777aa 777 rus", "А 777 АА 777 RUS", "A777AA777/RUS"])
def test_the_country_under_the_region_is_no_part_of_the_plate(world, place, typed):
    """Who copies a plate with its RUS files the plate."""
    path = f"/t/{place.territory.code}/passes/new"

    assert 303 == world.as_(place.resident).post(path, plate=typed, valid_until=str(today())).status_code
    assert 1 == len(passes_in(world, plate="A777AA777"))
    page = world.as_(place.operator).get(f"/t/{place.territory.code}/check?plate={typed}").text
    assert "Въезд разрешён" in page


def test_a_banned_plate_is_filed_only_with_the_truth(world, place):
    """Who files a plate of the block list is told that the gate will refuse it and whom to call, before and after."""
    visitor, base = world.as_(place.resident), f"/t/{place.territory.code}"
    asked = visitor.post(f"{base}/passes/new", plate="B666BB66", valid_until=str(today())).text
    assert "шлагбаум не пропустит" in asked
    assert f"{place.manager.name}" in asked
    assert "tel:+79120000000" in asked

    answer = visitor.post(f"{base}/passes/new", plate="B666BB66", valid_until=str(today()), sure="B666BB66")

    listed = visitor.get(answer.headers["location"]).text
    assert "виден при проезде" not in listed
    assert "он в списке запрета" in listed
    assert "В списке запрета" in listed.split('class="rows"')[1]
    (row,) = passes_in(world, plate="B666BB66", blocked=False)
    assert "шлагбаум не пропустит" in visitor.get(f"{base}/passes/{row.id}").text


def test_a_pass_for_later_is_not_said_to_hold(world, place):
    """The notice after filing is what the gate would say now: a period that begins tomorrow opens tomorrow."""
    visitor, tomorrow = world.as_(place.resident), str(today() + timedelta(days=1))
    form = {"valid_from": tomorrow, "valid_until": tomorrow}
    answer = visitor.post(f"/t/{place.territory.code}/passes/new", plate="O123OO77", **form)

    assert "откроется с начала периода" in visitor.get(answer.headers["location"]).text


def test_a_new_territory_has_bounds(world, place):
    """Without a word of its manager a territory bounds what residents and guards file: in an hour, at once, and for how long."""
    with world.database.write() as session:
        row = session.get(Territory, place.territory.id)
        assert (30, 366, 60) == (row.passes_per_object, row.longest_period_days, row.filings_per_hour)
        row.passes_per_object = None
    path, guard, resident = (
        f"/t/{place.territory.code}/passes/new",
        world.as_(place.operator),
        world.as_(place.resident),
    )

    assert "не длиннее 366" in guard.post(path, plate="O001OO77", valid_from=str(today())).text
    form = resident.get(path).text
    assert "Бессрочно" not in form
    assert "Бессрочно" in world.as_(place.manager).get(path).text
    answers = [resident.post(path, plate=f"O{n:03}OO77", valid_until=str(today())).status_code for n in range(1, 65)]
    assert [303] * 59 + [422] * 5 == answers  # the resident's guest on foot of this hour is the sixtieth
    assert "не больше 60" in resident.post(path, plate="O099OO77", valid_until=str(today())).text
    assert (
        "не больше 60"
        in resident.post(
            path.replace("new", f"{place.ids['pass_id']}/edit"), plate="O099OO77", valid_until=str(today())
        ).text
    )
    assert 303 == guard.post(path, plate="O099OO77", valid_until=str(today())).status_code


def test_limits_bind_residents_and_not_the_manager(world, place):
    """The manager's limits on number and length hold for residents; the manager files for anyone regardless."""
    with world.database.write() as session:
        row = session.get(Territory, place.territory.id)
        row.passes_per_object, row.longest_period_days = 2, 7
    path = f"/t/{place.territory.code}/passes/new"
    resident, manager = world.as_(place.resident), world.as_(place.manager)
    week = {"valid_from": str(today()), "valid_until": str(today() + timedelta(days=6))}

    assert "не длиннее 7" in resident.post(path, plate="O001OO77", valid_from=str(today())).text
    assert 303 == resident.post(path, plate="O002OO77", **week).status_code
    assert "не больше 2" in resident.post(path, plate="O003OO77", **week).text
    answer = manager.post(path, plate="O004OO77", owner=str(place.resident.id))

    assert 303 == answer.status_code
    (row,) = passes_in(world, plate="O004OO77")
    assert (place.resident.id, "дом A", place.manager.id) == (row.owner_id, row.object_label, row.filed_by_id)


def people_of(world, place, *names, label):
    """Members of the place, by name, all of one object."""
    now = utc_now()
    with world.database.write() as session:
        for number, name in enumerate(names):
            new = accounts.NewAccount(name, f"+7912000000{number}", f"{uuid.uuid4()}@example.com", "")
            row = territories.request(session, accounts.create(session, new, now=now), place.territory, label, now=now)
            territories.accept(session, row, role=Role.RESIDENT, label=label, now=now)


@pytest.mark.long
def test_the_owner_is_found_among_thousands_and_never_guessed(world, place):
    """Whom the manager means is found by name or object however many members there are; several are asked about."""
    for number in range(60):
        people_of(world, place, *(f"Житель {number} {n}" for n in range(10)), label=f"Участок {number}")
    people_of(world, place, "Яковлев Яков", "Яковлев Яков", label="Участок 999")
    manager, path = world.as_(place.manager), f"/t/{place.territory.code}/passes/new"

    assert 303 == manager.post(path, plate="O001OO77", owner_text="Житель 59 9 · Участок 59").status_code
    assert 303 == manager.post(path, plate="O002OO77", owner_text="житель 31 4").status_code
    for text, words in (("Никто", "участника нет"), ("Участок 999", "Кто именно"), ("Житель", "больше 20")):
        answer = manager.post(path, plate="O003OO77", owner_text=text)
        assert (422, True) == (answer.status_code, words in answer.text), text
    two = manager.post(path, plate="O003OO77", owner_text="Яковлев Яков · Участок 999").text
    second = re.findall(r'<option value="(\d+)">Яковлев', two)[1]
    assert (
        303 == manager.post(path, plate="O003OO77", owner_text="Яковлев Яков · Участок 999", owner=second).status_code
    )

    with world.database.read() as session:
        rows = session.query(Pass).filter(Pass.plate.like("O00%")).order_by(Pass.plate).all()
        assert ["Житель 59 9", "Житель 31 4", "Яковлев Яков"] == [row.owner.name for row in rows]
        assert int(second) == rows[-1].owner_id
    assert ["Житель 59 9 · Участок 59"] == manager.get(f"/t/{place.territory.code}/people/find?q=59 9").json()


@pytest.mark.parametrize("gone", [False, True])
def test_a_repeated_pass_keeps_its_owner_or_asks(world, place, gone):
    """«Повторить» names the owner of before; when that person has left, it is never somebody else's instead."""
    manager, base = world.as_(place.manager), f"/t/{place.territory.code}"
    if gone:
        manager.post(f"{base}/people/{place.ids['member_id']}/remove")
    page = manager.get(f"{base}/passes/new?repeat={place.ids['pass_id']}").text
    text = re.search(r'name="owner_text" type="text" value="([^"]*)"', page)[1]
    assert "residentA" in text

    answer = manager.post(f"{base}/passes/new", plate="O001OO77", owner_text=text)

    assert (422 if gone else 303) == answer.status_code
    assert ([] if gone else [place.resident.id]) == [row.owner_id for row in passes_in(world, plate="O001OO77")]


def test_an_owner_of_another_territory_is_none(world, place, make_place):
    """A person of another territory, named by their id, is refused and not replaced by somebody."""
    other = make_place("B")

    answer = world.as_(place.manager).post(
        f"/t/{place.territory.code}/passes/new", plate="O1O", owner=str(other.resident.id)
    )

    assert 422 == answer.status_code
    assert [] == passes_in(world, plate="O1O")


def test_an_ended_pass_is_a_tombstone(world, place):
    """Ending a pass closes entry, keeps the row for the gates under a new revision, and allows repeating it."""
    visitor = world.as_(place.resident)
    path = f"/t/{place.territory.code}/passes"
    (before,) = passes_in(world, id=place.ids["pass_id"])

    visitor.post(f"{path}/{before.id}/end")

    (after,) = passes_in(world, id=before.id)
    assert after.deleted_at is not None
    assert after.rev > before.rev
    assert (False, "pass_revoked") == verdict(world, place, "A777AA999")
    assert 'value="A777AA999"' in visitor.get(f"{path}/new?repeat={before.id}").text
    assert "Завершена" in visitor.get(f"{path}?show=ended").text


def test_an_edited_pass_takes_a_new_revision(world, place):
    """Changing the period of a pass tells the gates."""
    path = f"/t/{place.territory.code}/passes/{place.ids['pass_id']}"
    (before,) = passes_in(world, id=place.ids["pass_id"])

    world.as_(place.resident).post(f"{path}/edit", plate="A777AA999", valid_until=str(today()))

    (after,) = passes_in(world, id=before.id)
    assert after.rev > before.rev
    assert after.valid_until is not None


def test_the_block_list_beats_every_pass(world, place):
    """A blocked plate is refused although it has a pass; taking the block off lets it in again."""
    manager = world.as_(place.manager)
    path = f"/t/{place.territory.code}/blocked"
    manager.post(path, plate="а777аа999", note="не платит")
    assert (False, "blocked") == verdict(world, place, "A777AA999")
    (row,) = passes_in(world, plate="A777AA999", blocked=True)

    manager.post(f"{path}/{row.id}/remove")

    assert (True, "pass_valid") == verdict(world, place, "A777AA999")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_from": timedelta(hours=1)}, "pass_not_started"),
        ({"valid_until": timedelta(hours=-1)}, "pass_expired"),
        ({"one_time": True, "used_at": timedelta(0)}, "pass_used"),
        ({"deleted_at": timedelta(0)}, "pass_revoked"),
        ({"valid_from": timedelta(hours=-1), "valid_until": timedelta(hours=1)}, "pass_valid"),
    ],
)
def test_the_answer_names_its_reason(world, place, changes, reason):
    """The operator's check says why, for each way in which a pass may not hold."""
    with world.database.write() as session:
        for field, change in changes.items():
            value = utc_now() + change if isinstance(change, timedelta) else change
            setattr(session.get(Pass, place.ids["pass_id"]), field, value)

    assert (reason == "pass_valid", reason) == verdict(world, place, "A777AA999")


def test_what_is_over_hides_nothing(world, place):
    """However many passes of a plate are over, the check finds the block, or the pass, that holds."""
    now = utc_now()
    blocked = {"territory_id": place.territory.id, "plate": "B666BB66", "plate_display": "B666BB66"}
    with world.database.write() as session:
        for plate in ("A777AA999", "B666BB66"):
            facts = {**blocked, "plate": plate, "created_at": now + timedelta(seconds=1), "valid_until": now}
            session.add_all(Pass(**facts) for _ in range(201))

    assert (False, "blocked") == verdict(world, place, "B666BB66")
    assert (True, "pass_valid") == verdict(world, place, "A777AA999")


def test_a_block_is_no_pass_of_its_object(world, place):
    """Prohibitions of an object's plates do not use up the passes it may have; its third pass is refused."""
    now = utc_now()
    with world.database.write() as session:
        territory = session.get(Territory, place.territory.id)
        territory.passes_per_object, territory.longest_period_days = 2, None

        def wanted(plate, *, blocked=False):
            return passes.PassRequest(read_plate(plate), Period(None, None), False, "дом 7", blocked=blocked)

        facts = {"owner": None, "filed_by": session.get(Account, place.manager.id), "now": now}
        for number in range(3):
            passes.file(session, territory, wanted(f"H00{number}HH77", blocked=True), limited=False, **facts)
        for number in range(2):
            passes.file(session, territory, wanted(f"X00{number}XX77"), limited=True, **facts)
            session.flush()
        with pytest.raises(Invalid, match="не больше"):
            passes.file(session, territory, wanted("X003XX77"), limited=True, **facts)


def send_file(visitor, path, body, **fields):
    visitor.get(path)
    files = {"file": ("passes.csv", body, "text/csv")}
    return visitor.request("POST", path, data={"csrf": visitor.csrf, **fields}, files=files)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1251"])
def test_a_file_is_imported_whole(world, place, encoding):
    """A CSV from a spreadsheet, with semicolons and in either encoding, files every row."""
    body = f"Номер;С;По;Объект\nо001оо77;;{today():%d.%m.%Y};Участок 9\nО002ОО77;2026-01-01;;\n".encode(encoding)

    answer = send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", body)

    assert 303 == answer.status_code
    assert ["Участок 9"] == [row.object_label for row in passes_in(world, plate="O001OO77")]
    assert 1 == len(passes_in(world, plate="O002OO77"))


@pytest.mark.long
def test_thousands_of_rows_are_one_change(world, place, monkeypatch):
    """A large file is read outside the lock, moves the list's counter once, tells the gates once, and pages by its cursor."""
    read_in, told, whole = [], [], importing.read_passes

    def read_passes(*arguments, **facts):
        with world.database.write() as session:  # somebody else files meanwhile
            session.get(Territory, place.territory.id).retention_days = 91
        read_in.append(True)
        return whole(*arguments, **facts)

    monkeypatch.setattr(imports.importing, "read_passes", read_passes)
    monkeypatch.setattr(world.app.state.hub, "tell", told.extend)
    rows = [f"O{1 + number % 999:03}OO{10 + number // 999}" for number in range(5000)]
    world.as_(place.manager)
    body = "plate,object\n" + "\n".join(f"{plate},Участок {plate[1:4]}" for plate in rows)
    with world.database.read() as session:
        before = session.get(Territory, place.territory.id)
        cursor = f"{before.pass_epoch}-{before.pass_rev}"

    for added in (5000, 0):  # the second time nothing is new
        answer = send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", body.encode())
        assert 303 == answer.status_code
        world.app.state.portal.jobs.do_due()
        page = world.as_(place.manager).get(answer.headers["location"]).text
        assert f"Внесено заявок: {added}" in page

    assert 2 == len(read_in)
    assert 1 == len([notice for notice in told if isinstance(notice, PassesChanged)])
    found = []
    while True:
        page = read_page(world.database, place.territory.id, cursor)
        found += [item.plate for item in page.items]
        cursor = page.cursor
        if not page.more:
            break
    assert rows == found


def test_the_gates_own_export_means_the_same_moments(world, place):
    """A moment with its offset, as `gate passes export` writes it, is the same moment on the portal's list."""
    zone, start = timezone(timedelta(hours=7)), datetime(2190, 1, 1, 18, 30, 15, tzinfo=UTC)
    one = GatePass("csv:1", "O001OO77", start, datetime(2190, 1, 3, tzinfo=zone), source=PassSource.LOCAL)

    body = write_passes([one], zone).encode()
    send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", body)

    (row,) = passes_in(world, plate="O001OO77")
    assert (one.valid_from, one.valid_until) == (row.valid_from, row.valid_until)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"plate,valid_until\nO001OO77,\nO0!1OO77,\nO002OO77,2020-01-01\n", ("Строка 3", "Строка 4")),
        ("номер;по\nО001ОО77;завтра\n".encode(), ("Строка 2, по", "«завтра» — не дата")),
        (b"number\nO001OO77\n", ("названия столбцов",)),
        (b"", ("Выберите файл",)),
        (b"\x00\x01\x02" * 50, ("не похоже на таблицу",)),
    ],
)
def test_a_bad_file_files_nothing(world, place, body, words):
    """With one bad row nothing is filed, and each bad row is named."""
    answer = send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", body)

    assert 422 == answer.status_code
    assert all(word in answer.text for word in words)
    assert [] == passes_in(world, plate="O001OO77")


def test_a_large_upload_is_cut_off(world, place):
    """A body larger than an upload may be is refused before it is looked at."""
    answer = send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", b"x" * 3_000_000)

    assert 413 == answer.status_code
    assert "не больше 2 МБ" in answer.text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_sample_of_a_table_is_one(world, place, language):
    """What the page shows as an example reads without a problem, in the words of either language."""
    manager = world.as_(place.manager)
    manager.client.cookies.set("okter_language", language)
    page = manager.get(f"/t/{place.territory.code}/import").text

    sample = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])

    table = read_passes(sample.encode(), ZoneInfo("Europe/Moscow"), header_needed=True)
    assert ((), ["A777AA999"]) == (table.problems, [row.typed for row in table.rows])


def test_search_finds_by_plate_and_object(world, place):
    """The manager's list is searched by part of a plate in either script, and by the object."""
    visitor = world.as_(place.manager)
    path = f"/t/{place.territory.code}/passes?q="

    for text, found in (("777аа", True), ("ДОМ а", True), ("888", False), ("%", False), ("_", False)):
        assert found == ("A777AA" in visitor.get(path + text).text.split("</header>")[1].split('class="rows"')[-1]), (
            text
        )


def test_a_page_goes_on_after_rows_of_its_own_territory_only(world, make_place):
    """A pass or visit of another territory, named as the last row seen, moves no page: its time stays unknown."""
    ours, theirs = make_place("A"), make_place("B")
    with world.database.write() as session:
        session.get(Pass, theirs.ids["pass_id"]).created_at = utc_now() - timedelta(days=9)
        session.get(GateEvent, int(theirs.ids["event_id"])).at = utc_now() - timedelta(days=9)
    visitor = world.as_(ours.manager)

    assert "A777AA" in visitor.get(f"/t/{ours.territory.code}/passes?after={theirs.ids['pass_id']}").text
    assert "/visits/" in visitor.get(f"/t/{ours.territory.code}/journal?before={theirs.ids['event_id']}").text


def test_an_operator_is_also_a_member(world, place):
    """An operator files passes of their own like anybody."""
    with world.database.read() as session:
        role = session.scalar(select(Membership.role).where(Membership.account_id == place.operator.id))
    assert Role.OPERATOR == role

    world.as_(place.operator).post(f"/t/{place.territory.code}/passes/new", plate="O005OO77", valid_until=str(today()))

    assert [place.operator.id] == [row.owner_id for row in passes_in(world, plate="O005OO77")]


def test_a_pass_for_some_hours_is_filed_shown_and_changed(world, place):
    """Days and hours go to the list with the territory's zone, stand on the page, and come back into the form."""
    visitor = world.as_(place.resident)
    new = f"/t/{place.territory.code}/passes/new"
    wrong = visitor.post(new, plate="А123ВС77", valid_from=str(today()), valid_until="", hours="когда-нибудь")
    assert "не дни и часы" in wrong.text
    other_day = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"][(today().weekday() + 3) % 7]
    never = visitor.post(new, plate="А123ВС77", valid_from=str(today()), valid_until=str(today()), hours=other_day)
    assert "таких дней и часов нет" in never.text
    visitor.post(
        new, plate="А123ВС77", valid_from=str(today()), valid_until=str(today() + timedelta(days=9)), hours="будни 8-18"
    )

    (row,) = passes_in(world, plate="A123BC77")
    assert "1-5 08:00-18:00 Europe/Moscow" == row.hours
    assert "пн–пт 08:00–18:00" in visitor.get(f"/t/{place.territory.code}/passes").text
    assert 'value="пн–пт 08:00–18:00"' in visitor.get(f"/t/{place.territory.code}/passes/{row.id}/edit").text
    wednesday = today() + timedelta(days=(1 - today().weekday()) % 7 + 1)
    working_day = datetime(wednesday.year, wednesday.month, wednesday.day, 9, tzinfo=UTC)
    with world.database.read() as session:
        answers = [
            check_plate(session, place.territory, "A123BC77", now=working_day + timedelta(hours=h)) for h in (0, 9)
        ]
    assert [(True, "pass_valid"), (False, "outside_hours")] == [(one.allowed, one.reason) for one in answers]

"""Passes through the pages: filing, limits, ending, repeating, the block list, import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from cloud.db.models import Account, GateEvent, Membership, Pass, Role, Territory, utc_now
from cloud.domain import passes
from cloud.domain.check import check_plate
from cloud.domain.errors import Invalid
from cloud.domain.periods import Period
from cloud.plates import read_plate
from core.passes import Pass as GatePass
from core.passes import PassSource
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

    visitor.post(f"/t/{place.territory.code}/passes/new", plate="о123оо 77", valid_from=str(today()), valid_until="")

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
    answer = visitor.post(f"/t/{place.territory.code}/passes/new", plate="1234 AB-7")

    assert "не похож на российский" in visitor.get(answer.headers["location"]).text
    assert (True, "pass_valid") == verdict(world, place, "1234AB7")


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
        territory.passes_per_object = 2

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


def send_file(visitor, path, body):
    visitor.get(path)
    files = {"file": ("passes.csv", body, "text/csv")}
    return visitor.request("POST", path, data={"csrf": visitor.csrf}, files=files)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1251"])
def test_a_file_is_imported_whole(world, place, encoding):
    """A CSV from a spreadsheet, with semicolons and in either encoding, files every row."""
    body = f"Номер;С;По;Объект\nо001оо77;;{today():%d.%m.%Y};Участок 9\nО002ОО77;2026-01-01;;\n".encode(encoding)

    answer = send_file(world.as_(place.manager), f"/t/{place.territory.code}/import", body)

    assert 303 == answer.status_code
    assert ["Участок 9"] == [row.object_label for row in passes_in(world, plate="O001OO77")]
    assert 1 == len(passes_in(world, plate="O002OO77"))


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
        (b"number\nO001OO77\n", ("названия столбцов",)),
        (b"", ("Выберите файл",)),
        (b"\x00\x01\x02" * 50, ("не похоже на таблицу",)),
        (b"plate\n" + b"O001OO77\n" * 5001, ("больше 5000",)),
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

    world.as_(place.operator).post(f"/t/{place.territory.code}/passes/new", plate="O005OO77")

    assert [place.operator.id] == [row.owner_id for row in passes_in(world, plate="O005OO77")]

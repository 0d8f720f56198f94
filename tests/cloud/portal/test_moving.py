"""What people see of a move: while it goes on, after it, and when they type the code of another cell's territory."""

from __future__ import annotations

import re
from shutil import copyfile
from zoneinfo import ZoneInfo

import httpx
import pytest

from cloud.cells.cell import Cell
from cloud.cells.freeze import freeze
from cloud.cells.move import Move
from cloud.cells.undo import take_back
from cloud.db.engine import Database
from cloud.db.models import Pass, Territory, utc_now
from cloud.directory.client import DirectoryAway
from cloud.domain import territories
from cloud.pictures.files import FilePictures
from tests.cloud.portal.conftest import Visitor, World

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def west(world: World, tmp_path, migrated_sqlite) -> Cell:
    """A second cell without a portal of its own."""
    (tmp_path / "west").mkdir()
    copyfile(migrated_sqlite, tmp_path / "west" / "okter.db")
    database = Database(f"sqlite:///{tmp_path / 'west' / 'okter.db'}")
    yield Cell("west", "https://west.example.ru", database, FilePictures(tmp_path / "west"))
    database.close()


def here(world: World) -> Cell:
    return Cell("east", "https://east.example.ru", world.database, FilePictures(world.settings.data_dir))


def filed(world: World, plate: str) -> int:
    with world.database.read() as session:
        return session.query(Pass).filter_by(plate=plate).count()


def file(visitor: Visitor, code: str, **fields: str) -> httpx.Response:
    visitor.get(f"/t/{code}/passes/new")
    today = str(utc_now().astimezone(ZoneInfo("Europe/Moscow")).date())
    dates = {"valid_from": today, "valid_until": today}
    return visitor.post(f"/t/{code}/passes/new", plate="C001CC77", note="Пётр", **dates, **fields)


def test_a_filing_into_a_frozen_territory_is_kept_on_the_page_and_sent_again(world, place, west):
    """Nothing is written, the page says so, and its one button sends the very same form, which then counts once."""
    resident, code = world.as_(place.resident), place.territory.code
    freeze(world.database, place.territory.id)

    refused = file(resident, code)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "Ещё не записано" in refused.text
    assert filed(world, "C001CC77") == 0
    take_back(here(world), west, code, place.territory.id)
    again = dict(HIDDEN.findall(refused.text))
    resident.csrf = again.pop("csrf")
    assert resident.post(f"/t/{code}/passes/new", **again).status_code == 303
    assert filed(world, "C001CC77") == 1


def test_a_form_without_a_plate_is_kept_too(world, place):
    """Settings, or a barrier to open: whatever is sent into a frozen territory meets the page that says so, and not an error."""
    manager, guard, code = world.as_(place.manager), world.as_(place.operator), place.territory.code
    manager.get(f"/t/{code}/settings")
    guard.get(f"/t/{code}/check")
    freeze(world.database, place.territory.id)

    named = manager.post(f"/t/{code}/settings", name="СНТ Берёзка", timezone="Europe/Moscow", retention_days="30")
    asked = guard.post(f"/t/{code}/gates/{place.ids['gate_id']}/open", lane="entry")
    answered = guard.post(f"/t/{code}/calls/{place.ids['call_id']}/answer")

    assert [503] * 3 == [page.status_code for page in (named, asked, answered)]
    assert ("name", "СНТ Берёзка") in HIDDEN.findall(named.text)
    assert ("lane", "entry") in HIDDEN.findall(asked.text)


def test_reading_goes_on_while_a_territory_is_frozen(world, place):
    """Lists and the journal are read as ever; another territory is written to as ever."""
    freeze(world.database, place.territory.id)
    manager = world.as_(place.manager)

    for page in ("passes", "journal", "people"):
        assert manager.get(f"/t/{place.territory.code}/{page}").status_code == 200


def test_after_the_move_the_old_address_leads_to_the_same_page(world, place, west):
    """Whoever opens a page of the territory, or sends a form, is shown the new address; the plate goes along."""
    resident, code = world.as_(place.resident), place.territory.code
    resident.get(f"/t/{code}/passes/new")
    Move(here(world), west, code).run()

    shown = resident.get(f"/t/{code}/journal")
    sent = resident.post(f"/t/{code}/passes/new", plate="C001CC77", note="Пётр")

    assert (shown.status_code, sent.status_code) == (410, 410)
    assert f'href="https://west.example.ru/t/{code}/journal"' in shown.text
    assert f"https://west.example.ru/t/{code}/passes/new?plate=C001CC77&amp;note=" in sent.text
    assert "Ещё не записано" in sent.text


def test_a_guests_link_goes_on_by_itself(world, place, west):
    """The link that a host sent before the move opens at the new cell."""
    resident, code = world.as_(place.resident), place.territory.code
    resident.get(f"/t/{code}/invitations")
    today = str(utc_now().astimezone(ZoneInfo("Europe/Moscow")).date())
    made = resident.post(f"/t/{code}/invitations", day=today, days="1", one_time="1", note="")
    link = re.search(r"/i/[\w-]+", made.text)
    assert link, made.text
    Move(here(world), west, code).run()

    answer = world.visitor().get(link[0])

    assert (answer.status_code, answer.headers["location"]) == (303, f"https://west.example.ru{link[0]}")


def test_a_code_of_a_departed_territory_leads_on(world, place, west):
    """Who asks to join by the code is shown where the territory is, and nothing is kept here."""
    stranger, code = world.as_(world.account("Newcomer")), place.territory.code
    Move(here(world), west, code).run()
    stranger.get("/territories/join")

    answer = stranger.post("/territories/join", code=code, object="дом 1")

    assert f'href="https://west.example.ru/territories/join/{code}"' in answer.text


def test_a_code_of_another_cell_is_looked_up_in_the_directory(world, place):
    """The directory says where; when it does not answer, that is said and not «there is none»."""
    portal, stranger = world.app.state.portal, world.as_(world.account("Newcomer"))
    asked = []

    class Known:
        def cell_of(self, code: str) -> str | None:
            asked.append(code)
            if code == "000-001":
                raise DirectoryAway("away")
            return "https://west.example.ru" if code == "000-002" else None

    object.__setattr__(portal, "directory", Known())
    stranger.get("/territories/join")

    away = stranger.post("/territories/join", code="000001", object="дом 1")
    found = stranger.post("/territories/join", code="000002", object="дом 1")
    nowhere = stranger.post("/territories/join", code="000003", object="дом 1")
    own = stranger.post("/territories/join", code=place.territory.code, object="дом 1")

    assert "справочник территорий не отвечает" in away.text
    assert "https://west.example.ru/territories/join/000-002" in found.text
    assert "Территории с таким кодом нет" in nowhere.text
    assert own.status_code == 303
    assert asked == ["000-001", "000-002", "000-003"]


def test_the_join_form_has_the_code_that_another_cell_sent(world):
    """The code is filled in; one that is none is no page."""
    visitor = world.as_(world.account("Newcomer"))

    assert 'value="123-456"' in visitor.get("/territories/join/123-456").text
    assert visitor.get("/territories/join/evil").status_code == 404


def test_a_new_territory_has_a_code_that_the_directory_gave(world):
    """Two cells never draw the same code; without an answer no territory is made, and the person is told."""
    portal, manager = world.app.state.portal, world.as_(world.account("Founder"))
    codes = ["777-001"]

    class Giving:
        def new_code(self) -> str:
            if not codes:
                raise DirectoryAway("away")
            return codes.pop()

    object.__setattr__(portal, "directory", Giving())
    manager.get("/territories/new")

    made = manager.post("/territories/new", name="СНТ Берёзка", timezone="Europe/Moscow")
    refused = manager.post("/territories/new", name="СНТ Сосна", timezone="Europe/Moscow")

    assert made.headers["location"] == "/t/777-001/people"
    assert "Справочник территорий не отвечает" in refused.text
    with world.database.read() as session:
        assert [row.code for row in session.query(Territory).filter(Territory.name.like("СНТ%"))] == ["777-001"]


def test_who_may_have_no_more_territories_claims_no_code(world, monkeypatch):
    """Codes are few and claimed for ever: a person who manages as many territories as they may uses up none."""
    monkeypatch.setattr(territories, "MOST_TERRITORIES", 0)
    portal, manager = world.app.state.portal, world.as_(world.account("Founder"))
    claimed = []

    class Giving:
        def new_code(self) -> str:
            claimed.append("777-001")
            return claimed[-1]

    object.__setattr__(portal, "directory", Giving())
    manager.get("/territories/new")

    refused = manager.post("/territories/new", name="СНТ Берёзка", timezone="Europe/Moscow")

    assert "Вы управляете слишком многими территориями." in refused.text
    assert [] == claimed


def test_a_file_is_not_said_to_be_kept(world, place):
    """A table of passes cannot stand on a page: the person is told to send it again, and is shown no button that would not."""
    manager, code = world.as_(place.manager), place.territory.code
    manager.get(f"/t/{code}/import")
    freeze(world.database, place.territory.id)
    table = b"plate\nC001CC77\n"

    answer = manager.request(
        "POST", f"/t/{code}/import", data={"csrf": manager.csrf, "sure": "1"}, files={"file": ("a.csv", table)}
    )

    assert answer.status_code == 503, answer.text
    assert "Файл здесь не хранится" in answer.text
    assert "Отправить ещё раз" not in answer.text

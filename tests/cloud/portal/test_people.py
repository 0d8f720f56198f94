"""People and objects: several managers, households, unwelcome cars, objects renamed, territories closed and deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud.db.models import Gate, GateEvent, Membership, Pass, Role, Territory, utc_now
from cloud.domain import passes, territories
from cloud.domain.check import check_plate
from cloud.domain.periods import Period
from cloud.plates import read_plate
from tests.cloud.portal.conftest import PASSWORD

TODAY = {"valid_until": str((utc_now() + timedelta(days=1)).date())}


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


def role_of(world, place, who):
    with world.database.read() as session:
        return territories.membership(session, getattr(place, who), place.territory).role


def filed(world, plate):
    with world.database.read() as session:
        return session.query(Pass).filter_by(plate=plate, deleted_at=None).all()


def test_several_managers(world, place, base):
    """A manager makes one more, who may do the same; the last one can be neither demoted nor leave."""
    first, member = world.as_(place.manager), place.ids["member_id"]
    first.post(f"{base}/people/{member}/promote")
    assert Role.MANAGER == role_of(world, place, "resident") == role_of(world, place, "manager")
    with world.database.read() as session:
        theirs = territories.membership(session, place.manager, place.territory).id

    second = world.as_(place.resident)
    assert 303 == second.post(f"{base}/people/{theirs}/demote").status_code

    assert Role.RESIDENT == role_of(world, place, "manager")
    assert 403 == first.get(f"{base}/settings").status_code
    answer = second.post(f"{base}/people/{member}/demote")
    assert (422, Role.MANAGER) == (answer.status_code, role_of(world, place, "resident"))
    assert "Назначил управляющего" in second.get(f"{base}/acts").text


@pytest.mark.parametrize(("mine", "theirs"), [(True, True), (True, False), (False, True)])
def test_a_household_is_chosen_by_both(world, place, base, mine, theirs):
    """People of one object see each other's passes when both have chosen it; nobody changes another's all the same."""
    resident, mate = world.as_(place.resident), world.as_(place.operator)
    resident.post(f"{base}/mine", household="1" if mine else "")
    mate.post(f"{base}/mine", household="1" if theirs else "")

    seen = "А777АА" in mate.get(f"{base}/passes").text or "A777AA" in mate.get(f"{base}/passes").text

    path = f"{base}/passes/{place.ids['pass_id']}"
    assert (mine and theirs) == seen
    assert (200 if seen else 404) == mate.get(path).status_code
    assert "Завершить" not in mate.get(path).text
    assert {404} == {mate.post(f"{path}/end").status_code, mate.get(f"{path}/edit").status_code}


def test_a_household_ends_with_the_object(world, place, base):
    """Whoever is given another object shows nothing there that was chosen for the people of the one before."""
    for who in (place.resident, place.operator):
        world.as_(who).post(f"{base}/mine", household="1")

    world.as_(place.manager).post(f"{base}/people/{place.ids['member_id']}", role="resident", object="дом 5")

    with world.database.read() as session:
        assert not session.get(Membership, int(place.ids["member_id"])).household
    assert 404 == world.as_(place.operator).get(f"{base}/passes/{place.ids['pass_id']}").status_code


def test_an_unwelcome_car(world, place, base):
    """«Не пускать ко мне» ends one's passes for a car and keeps new ones out; others may still have it as their guest."""
    resident = world.as_(place.resident)

    resident.post(f"{base}/mine/unwelcome", plate="A777AA999", note="сосед")

    assert [] == filed(world, "A777AA999")
    answer = resident.post(f"{base}/passes/new", plate="A777AA999", **TODAY)
    assert (422, True) == (answer.status_code, "просили не пускать" in answer.text)
    assert "Просил не пускать к себе: residentA" in world.as_(place.operator).get(f"{base}/check?plate=A777AA999").text
    world.as_(place.operator).post(f"{base}/passes/new", plate="A777AA999", **TODAY)
    assert [place.operator.id] == [row.owner_id for row in filed(world, "A777AA999")]


def test_a_wish_taken_back(world, place, base):
    """Taking the mark off lets the car be filed again; nobody else's mark is there to be taken."""
    path = f"{base}/mine/unwelcome/{place.ids['unwelcome_id']}/remove"
    assert {404} == {world.as_(who).post(path).status_code for who in (place.operator, place.manager)}
    resident = world.as_(place.resident)
    assert 422 == resident.post(f"{base}/passes/new", plate="H404HH77", **TODAY).status_code

    resident.post(path)

    assert 303 == resident.post(f"{base}/passes/new", plate="H404HH77", **TODAY).status_code


def test_an_object_is_renamed_everywhere(world, place, base):
    """A new name stands with the members, in the passes that gates fetch, and in the journal's search."""
    manager = world.as_(place.manager)
    before = filed(world, "A777AA999")[0]
    assert "дом A" in manager.get(f"{base}/objects").text

    manager.post(f"{base}/objects", key=before.object_key, object="Участок 7", most="5")

    after = filed(world, "A777AA999")[0]
    assert ("Участок 7", True) == (after.object_label, after.rev > before.rev)
    with world.database.read() as session:
        assert "Участок 7" == session.get(Membership, int(place.ids["member_id"])).object_label
        assert ["Участок 7"] == [row.object_label for row in session.query(GateEvent)]
    assert "А777АА999" in manager.get(f"{base}/journal?object=Участок 7").text.replace(
        '<span class="region">', ""
    ).replace("</span>", "")
    assert 'value="5"' in manager.get(f"{base}/objects").text


def test_an_object_has_its_own_number(world, place, base):
    """A quota of an object beats the territory's, both ways; without it the territory's holds again."""
    manager, resident = world.as_(place.manager), world.as_(place.resident)
    key = filed(world, "A777AA999")[0].object_key

    manager.post(f"{base}/objects", key=key, object="дом A", most="1")
    assert "не больше 1" in resident.post(f"{base}/passes/new", plate="O123OO77", **TODAY).text
    manager.post(f"{base}/objects", key=key, object="дом A", most="")
    assert 303 == resident.post(f"{base}/passes/new", plate="O123OO77", **TODAY).status_code
    assert 422 == manager.post(f"{base}/objects", key=key, object="дом A", most="0").status_code
    assert 404 == manager.post(f"{base}/objects", key="nothing", object="x").status_code


def test_a_ban_ends_by_itself(world, place, base):
    """A ban with a last day holds through that day and no longer; one without holds until it is lifted."""
    manager = world.as_(place.manager)
    last = (utc_now() + timedelta(days=2)).date()

    manager.post(f"{base}/blocked", plate="O123OO77", note="шумел", valid_until=str(last))

    (row,) = filed(world, "O123OO77")
    with world.database.read() as session:
        owner = session.merge(place.resident)
        wanted = passes.PassRequest(read_plate("O123OO77"), Period(None, None), False, "дом A")
    with world.database.write() as session:
        passes.file(
            session, session.merge(place.territory), wanted, owner=owner, filed_by=owner, limited=False, now=utc_now()
        )
    with world.database.read() as session:
        said = [
            check_plate(session, place.territory, "O123OO77", now=row.valid_until + step).reason
            for step in (-timedelta(seconds=1), timedelta(seconds=1))
        ]
    assert ["blocked", "pass_valid"] == said
    assert "шумел" in manager.get(f"{base}/blocked").text


def test_a_closed_territory_takes_nobody_and_nothing(world, place, base):
    """After closing nobody joins and nothing is filed, by hand, by link or by file; passes that are there hold; it can be undone."""
    manager, resident = world.as_(place.manager), world.as_(place.resident)

    manager.post(f"{base}/close", wish="close")

    assert "закрыта" in resident.post(f"{base}/passes/new", plate="O123OO77", **TODAY).text
    assert 422 == resident.post(f"{base}/invitations", days="1").status_code
    joining = world.as_(world.account("New")).post("/territories/join", code=place.territory.code, object="x")
    assert (422, True) == (joining.status_code, "закрыта" in joining.text)
    with world.database.read() as session:
        assert check_plate(session, place.territory, "A777AA999", now=utc_now()).allowed
    manager.post(f"{base}/close", wish="reopen")
    assert 303 == resident.post(f"{base}/passes/new", plate="O123OO77", **TODAY).status_code


@pytest.mark.parametrize("fields", [{"name": "Place"}, {"current_password": "wrong"}, {}])
def test_deleting_wants_name_and_password(world, place, base, fields):
    """A territory goes only when its name is typed and the password is right; then with everything, and the gate is shut out."""
    manager = world.as_(place.manager)
    pictures = world.settings.data_dir / "snapshots" / place.ids["gate_id"]
    pictures.mkdir(parents=True)

    answer = manager.post(f"{base}/delete", **{"name": "Place A", "current_password": PASSWORD, **fields})

    with world.database.read() as session:
        left = [session.query(table).count() for table in (Territory, Membership, Pass, Gate, GateEvent)]
    assert (422 if fields else 303) == answer.status_code
    assert bool(fields) == any(left) == pictures.exists()


def test_the_first_steps_are_seen_in_the_data(world, base, place):
    """A new manager is told what is still to do; what is done is ticked by what the portal has seen."""
    alone = world.as_(world.account("Alone"))
    path = alone.post("/territories/new", name="Хутор", timezone="Europe/Moscow").headers["location"]

    assert 0 == alone.get(path).text.count("сделано")
    assert 4 == world.as_(place.manager).get(f"{base}/start").text.count("сделано")

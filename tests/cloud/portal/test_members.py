"""Joining, roles, objects, leaving and handing over."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from cloud.db.models import Account, Membership, MemberState, Pass, Role, utc_now
from cloud.domain import limits, territories
from cloud.domain.errors import Invalid


def membership_of(world, account):
    with world.database.read() as session:
        return session.scalar(select(Membership).where(Membership.account_id == account.id))


@pytest.mark.parametrize("typed", ["123-456", "123456", " 123 456 ", "123\u2013456"])
def test_a_code_may_be_typed_in_any_way(typed):
    """A territory's code is taken with or without its dash."""
    assert "123-456" == territories.read_code(typed)


def test_many_accounts_do_not_try_all_codes(world, place, monkeypatch):
    """Wrong codes of one network are counted over all its accounts; right ones are not, and another network joins."""
    monkeypatch.setattr(limits, "WRONG_CODES", limits.Limit("join-network", 3, timedelta(hours=1)))

    def ask(name: str, code: str, address: str = "192.0.2.1") -> int:
        with world.database.write() as session:
            person = session.query(Account).filter_by(name=name).one_or_none() or world.account_in(session, name)
        visitor = world.as_(person)
        visitor.client._transport = httpx.ASGITransport(app=world.app, client=(address, 40000))
        return visitor.post("/territories/join", code=code, object="дом 1").status_code

    right = place.territory.code
    wrong = "000-000" if right != "000-000" else "111-111"
    assert [303, 422, 422, 422] == [ask("Ann", right), *(ask(f"Guess{number}", wrong) for number in range(3))]
    assert 422 == ask("Bob", right)
    assert 303 == ask("Bob", right, "198.51.100.7")


def test_a_request_waits_for_the_manager(world, place):
    """Who asked is told to wait, appears at the manager's, and is in after the confirmation with role and object."""
    newcomer = world.account("Newcomer")
    visitor = world.as_(newcomer)
    visitor.get("/territories/join")
    visitor.post("/territories/join", code=place.territory.code.replace("-", ""), object="Участок 7")
    assert "Ожидает подтверждения" in visitor.get("/territories").text
    row = membership_of(world, newcomer)
    manager = world.as_(place.manager)
    assert "Newcomer" in manager.get(f"/t/{place.territory.code}/people").text

    manager.post(f"/t/{place.territory.code}/people/{row.id}/accept", role="operator", object="КПП")

    row = membership_of(world, newcomer)
    assert (Role.OPERATOR, "КПП", MemberState.ACCEPTED) == (row.role, row.object_label, row.state)
    assert f"/t/{place.territory.code}/check" == visitor.get(f"/t/{place.territory.code}").headers["location"]


def test_an_annulled_request_opens_nothing(world, place):
    """After «Аннулировать» the person sees that and gets nowhere; asking again is allowed."""
    manager, visitor = world.as_(place.manager), world.as_(place.asking)
    path = f"/t/{place.territory.code}"

    manager.post(f"{path}/people/{place.ids['request_id']}/annul")

    assert "Запрос аннулирован" in visitor.get("/territories").text
    assert 404 == visitor.get(f"{path}/passes").status_code
    visitor.post("/territories/join", code=place.territory.code, object="ещё раз")
    assert MemberState.REQUESTED == membership_of(world, place.asking).state


def test_an_object_has_ten_accounts_at_most(world, place):
    """The eleventh account of one object is refused, however the object is spelled."""
    now = utc_now()
    with world.database.write() as session:
        for number in range(10):
            row = territories.request(session, world.account_in(session, f"p{number}"), place.territory, "x", now=now)
            session.flush()
            territories.accept(session, row, role=Role.RESIDENT, label="Участок 5", now=now)
            session.flush()
        row = territories.request(session, world.account_in(session, "late"), place.territory, "x", now=now)
        session.flush()
        with pytest.raises(Invalid, match="10"):
            territories.accept(session, row, role=Role.RESIDENT, label="участок  №5", now=now)
        territories.accept(session, row, role=Role.RESIDENT, label="Участок 6", now=now)


@pytest.mark.parametrize("way", ["leave", "remove"])
def test_who_goes_takes_their_passes_along(world, place, way):
    """Leaving and being removed end the person's passes and their access at once."""
    path = f"/t/{place.territory.code}"
    visitor = world.as_(place.resident if way == "leave" else place.manager)

    visitor.post(f"{path}/leave" if way == "leave" else f"{path}/people/{place.ids['member_id']}/remove")

    assert 404 == world.as_(place.resident).get(f"{path}/passes").status_code
    with world.database.read() as session:
        assert session.get(Pass, place.ids["pass_id"]).deleted_at is not None


def test_the_last_manager_cannot_leave(world, place):
    """A territory is never without a manager: the last one hands it over first."""
    path = f"/t/{place.territory.code}"
    manager = world.as_(place.manager)
    assert "передайте управление" in manager.post(f"{path}/leave").text

    manager.post(f"{path}/people/{place.ids['member_id']}/hand-over")

    assert Role.MANAGER == membership_of(world, place.resident).role
    assert 403 == manager.get(f"{path}/people").status_code
    assert 303 == manager.post(f"{path}/leave").status_code


def test_one_account_has_many_territories(world, place, make_place):
    """The page «Выбрать территорию» lists every territory with the role held there."""
    other = make_place("B")
    visitor = world.as_(place.resident)
    visitor.post("/territories/join", code=other.territory.code, object="дом 2")

    page = visitor.get("/territories").text

    assert page.index("Place A") < page.index("Резидент") < page.index("Place B") < page.index("Ожидает")


def test_members_are_found_by_name_and_object(world, place):
    """The manager's list of people is searched by part of a name or object, in any case."""
    manager = world.as_(place.manager)

    for text, found in (("RESIDENTa", True), ("ДОМ", True), ("никто", False), ("%", False)):
        page = manager.get(f"/t/{place.territory.code}/people?q={text.replace('%', '%25')}").text
        assert found == (f"/people/{place.ids['member_id']}" in page), text

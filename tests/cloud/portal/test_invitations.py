"""Links by which a guest types the plate: one car, one period, and nothing else to be had from them."""

from __future__ import annotations

import re
from datetime import timedelta

import cv2
import numpy as np
import pytest

from cloud.db.models import Invitation, Membership, MemberState, Pass, utc_now
from cloud.domain import invitations, retention
from cloud.domain.check import check_plate
from cloud.web.qr import qr_code

LINK = re.compile(r'value="http://portal\.test(/i/[^"]+)"')


@pytest.fixture
def invite(world, place):
    """Has the resident invite a guest; the answer is the link."""

    def make(**fields):
        host = world.as_(place.resident)
        page = host.post(f"/t/{place.territory.code}/invitations", **{"days": "1", "one_time": "1", **fields})
        return LINK.search(page.text)[1]

    return make


def allowed(world, place, plate):
    with world.database.read() as session:
        return check_plate(session, place.territory, plate, now=utc_now()).allowed


def filed(world, plate):
    with world.database.read() as session:
        return session.query(Pass).filter_by(plate=plate, deleted_at=None).all()


def test_a_guest_types_the_plate(world, place, invite):
    """Who has the link and no account enters one car; it is the host's pass, as the host bounded it."""
    link = invite(note="доставка")
    guest = world.visitor()
    assert "Place A" in guest.get(link).text
    assert "residentA" not in guest.get(link).text

    assert 303 == guest.post(link, plate="О123ОО77").status_code

    assert "О123ОО" in guest.get(link).text
    (row,) = filed(world, "O123OO77")
    assert (place.resident.id, "дом A", "доставка", True) == (row.owner_id, row.object_label, row.note, row.one_time)
    assert row.valid_until - row.valid_from == timedelta(days=1)
    assert allowed(world, place, "O123OO77")
    assert "Гость внёс автомобиль" in world.as_(place.manager).get(f"/t/{place.territory.code}/acts").text
    assert "автомобиль внесён" in world.as_(place.resident).get(f"/t/{place.territory.code}/invitations").text


def test_a_link_is_worth_one_car(world, place, invite):
    """The second plate sent to a link is refused, and nothing is filed for it."""
    link, guest = invite(), world.visitor()
    guest.get(link)
    guest.post(link, plate="О123ОО77")

    answer = guest.post(link, plate="О124ОО77")

    assert (422, True) == (answer.status_code, "уже внесён" in answer.text)
    assert [] == filed(world, "O124OO77")


@pytest.mark.parametrize("end", ["revoked", "over", "host left", "made up"])
def test_a_dead_link_says_nothing(world, place, invite, end):
    """Withdrawn, run out, of a host who has left, or made up: the link tells neither territory nor car, and files none."""
    link = invite()
    if end == "revoked":
        world.as_(place.resident).post(re.search(r'action="(/t/\S+/revoke)"', _mine(world, place))[1])
    with world.database.write() as session:
        if end == "over":
            session.query(Invitation).update({"valid_until": utc_now() - timedelta(seconds=1)})
        if end == "host left":
            session.get(Membership, int(place.ids["member_id"])).state = MemberState.LEFT
    guest = world.visitor()
    link = "/i/nonsense" if end == "made up" else link

    seen = guest.get(link)

    assert (404, False) == (seen.status_code, "Place A" in seen.text)
    assert 404 == guest.post(link, plate="О123ОО77").status_code
    assert [] == filed(world, "O123OO77")


def _mine(world, place):
    return world.as_(place.resident).get(f"/t/{place.territory.code}/invitations").text


def test_a_guest_is_bound_by_the_hosts_limits(world, place, invite):
    """Where the host may file no more, the link files nothing, and the guest is told whom to ask."""
    with world.database.write() as session:
        session.merge(place.territory).passes_per_object = 1
    link, guest = invite(), world.visitor()
    guest.get(link)

    answer = guest.post(link, plate="О123ОО77")

    assert (422, True) == (answer.status_code, "кто вас пригласил" in answer.text)
    assert [] == filed(world, "O123OO77")


def test_a_banned_car_does_not_come_by_a_link(world, place, invite):
    """A plate on the block list is not entered, and the guest does not learn that there is such a list."""
    link, guest = invite(), world.visitor()
    guest.get(link)

    page = guest.post(link, plate="B666BB66", sure="B666BB66").text

    assert "кто вас пригласил" in page
    assert "запрет" not in page
    assert [True] == [row.blocked for row in filed(world, "B666BB66")]


def test_an_odd_plate_is_asked_about_first(world, invite):
    """A plate that was hardly meant is filed only when the guest says that just this one is meant."""
    link, guest = invite(), world.visitor()
    guest.get(link)

    page = guest.post(link, plate="0777OO77")
    assert [] == filed(world, re.search(r'name="sure" value="([^"]+)"', page.text)[1])

    sure = re.search(r'name="sure" value="([^"]+)"', page.text)[1]
    assert 303 == guest.post(link, plate="0777OO77", sure=sure).status_code
    assert 1 == len(filed(world, sure))


def test_a_link_is_not_tried_for_ever(world, invite):
    """More than twenty plates an hour are not taken from one link, also not the right one."""
    link, guest = invite(), world.visitor()
    guest.get(link)
    for _ in range(invitations.TRIES.most):
        assert 422 == guest.post(link, plate="?").status_code

    assert "Слишком много" in guest.post(link, plate="О123ОО77").text
    assert [] == filed(world, "O123OO77")


@pytest.mark.parametrize(
    "fields", [{"days": "31"}, {"days": ""}, {"day": "2026-13-01"}, {"day": "2020-01-01"}, {"day": "2199-01-01"}]
)
def test_an_invitation_is_bounded(world, place, fields):
    """No link for longer than a month, for the past, or for a far year; none at all beyond what the territory allows."""
    host = world.as_(place.resident)

    answer = host.post(f"/t/{place.territory.code}/invitations", **{"days": "1", **fields})

    assert 422 == answer.status_code


def test_open_links_are_counted(world, place, invite):
    """A person has at most twenty links out; one more waits until one was used or withdrawn."""
    for _ in range(invitations.MOST_OPEN - 1):  # one is there already
        invite()
    host = world.as_(place.resident)

    assert 422 == host.post(f"/t/{place.territory.code}/invitations", days="1").status_code
    host.post(f"/t/{place.territory.code}/invitations/{place.ids['invitation_id']}/revoke")
    assert 200 == host.post(f"/t/{place.territory.code}/invitations", days="1").status_code


def test_anothers_invitation_is_not_there(world, place):
    """Nobody withdraws somebody else's link, not even the manager."""
    path = f"/t/{place.territory.code}/invitations/{place.ids['invitation_id']}/revoke"

    assert {404} == {world.as_(who).post(path).status_code for who in (place.operator, place.manager, place.asking)}
    with world.database.read() as session:
        assert session.query(Invitation).one().revoked_at is None


def test_the_link_is_kept_as_a_hash_and_forgotten(world, place, invite):
    """The database does not hold the link, and a week after its end not even the invitation."""
    token = invite().removeprefix("/i/")
    with world.database.write() as session:
        assert not [row for row in session.query(Invitation) if token in repr(row.__dict__)]
        session.query(Invitation).update({"valid_until": utc_now() - timedelta(days=8)})

    retention.sweep(world.database, world.app.state.pictures, now=utc_now())

    with world.database.read() as session:
        assert 0 == session.query(Invitation).count()


def test_the_qr_code_says_the_link():
    """The code that the page draws is read back as the very link."""
    link = "https://okter.example.ru/i/" + "aB3-_" * 9
    code = qr_code(link)
    modules = np.full((code.side, code.side), 255, np.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v", code.path):
        modules[int(y), int(x) : int(x) + int(width)] = 0

    read, *_ = cv2.QRCodeDetector().detectAndDecode(np.kron(modules, np.ones((8, 8), np.uint8)))

    assert link == read


def test_a_called_car_may_come_once_and_soon(world, place):
    """«Такси, доставка» is one entry within the next hours."""
    host = world.as_(place.resident)
    path = f"/t/{place.territory.code}/passes/new"
    page = host.post(path, preset="called", plate="О123ОО77").text
    fields = dict(re.findall(r'name="(valid_from|valid_until|from_time|until_time)" type="\w+" value="([^"]*)"', page))

    host.post(path, plate="О123ОО77", one_time="1", **fields)

    (row,) = filed(world, "O123OO77")
    assert row.one_time
    assert timedelta(hours=3) == row.valid_until - row.valid_from
    assert allowed(world, place, "O123OO77")


def test_cars_of_before_are_two_presses_away(world, place):
    """The list of passes offers cars filed before that may not enter now: one press fills the form, the second files."""
    resident, path = world.as_(place.resident), f"/t/{place.territory.code}/passes"
    assert f"{path}/new?plate=A777AA999" not in resident.get(path).text

    resident.post(f"{path}/{place.ids['pass_id']}/end")

    assert f"{path}/new?plate=A777AA999" in resident.get(path).text

"""A call at the portal: whom it rings, who gets it, who may know of it, what an opening in it is recorded with."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.orm import object_session

from cloud.calls import course, desk
from cloud.db.models import (
    Account,
    Call,
    Command,
    Device,
    GateEvent,
    Membership,
    MemberState,
    Role,
    Territory,
    utc_now,
)
from cloud.domain import territories
from cloud.push import CallChanged
from cloud.push.notices import parsed, written
from sync import wire
from sync.call_wire import CallReport, CallRing, CallTold, MediaCounts

OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\n"
ANSWER = "v=0\r\no=- 2 2 IN IP4 192.0.2.8\r\n"


class Box:
    """The gate's side, by its token."""

    def __init__(self, world, tag):
        self._runner = world.runner
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=world.app),
            base_url="http://portal.test/api/edge/v1",
            headers={"Authorization": f"Bearer device {tag}"},
        )

    def post(self, path, body):
        return self._runner.run(self._client.post(path, content=wire.encode(body)))

    def ring(self, lane="entry", plate=None, call_id=None):
        answer = self.post("/calls", CallRing(call_id or str(uuid.uuid4()), lane, "button", plate))
        return wire.decode(CallTold, answer.content) if answer.status_code == 200 else answer

    def report(self, call_id, **facts):
        answer = self.post(f"/calls/{call_id}", CallReport(**facts))
        return wire.decode(CallTold, answer.content) if answer.status_code == 200 else answer


@pytest.fixture
def box(world, place):
    with world.database.write() as session:
        session.query(Call).delete()
    return Box(world, "A")


@pytest.fixture
def base(place):
    return f"/t/{place.territory.code}"


@pytest.fixture
def back(world):
    """Has everything about a call have happened earlier."""

    def move(call_id, **by):
        with world.database.write() as session:
            row = session.get(Call, call_id)
            for name in ("rang_at", "gate_at", "answered_at", "person_at"):
                if (at := getattr(row, name)) is not None:
                    setattr(row, name, at - timedelta(**by))

    return move


def state(visitor, base, call_id):
    return visitor.get(f"{base}/calls/{call_id}/state").json()


def test_it_rings_at_the_guards_page_and_the_first_gets_it(world, place, base, box):
    """Two guards press «Ответить»: the first talks, the second is told who does, and the gate hears one name."""
    with world.database.write() as session:
        second = world.account_in(session, "Second")
        territory = session.get(Territory, place.territory.id)
        row = territories.request(session, second, territory, "КПП", now=utc_now())
        territories.accept(session, row, role=Role.OPERATOR, label="КПП", now=utc_now())
    one, two = world.as_(place.operator), world.as_(second)
    told = box.ring(plate="A777AA999")
    assert ("ringing", "") == (told.phase, told.by)
    assert "data-ringing" in one.get(f"{base}/feed").text

    assert 303 == one.post(f"{base}/calls/{told.id}/answer").status_code
    assert 303 == two.post(f"{base}/calls/{told.id}/answer").status_code

    assert "Звонок уже принят другим." in two.get(f"{base}/calls/{told.id}").text
    assert (True, False) == (state(one, base, told.id)["mine"], state(two, base, told.id)["mine"])
    assert ("answered", place.operator.name) == ((now := box.report(told.id)).phase, now.by)
    assert "data-ringing" not in one.get(f"{base}/feed").text


def test_who_talks_gets_the_answer_and_nobody_else(world, place, base, box):
    """Offer and answer pass between the gate and one log-in: another device of the same person is told neither."""
    one, other = world.as_(place.operator), world.as_(place.operator)
    told = box.ring()
    one.post(f"{base}/calls/{told.id}/answer")
    assert 409 == other.post(f"{base}/calls/{told.id}/talk", attempt=1, offer=OFFER).status_code

    assert 200 == one.post(f"{base}/calls/{told.id}/talk", attempt=1, offer=OFFER).status_code
    heard = box.report(told.id)
    assert (1, OFFER) == (heard.attempt, heard.offer)
    box.report(told.id, attempt=1, answer=ANSWER)

    assert ANSWER == one.post(f"{base}/calls/{told.id}/talk", attempt=1).json()["answer"]
    assert "answer" not in state(other, base, told.id)
    assert 404 == other.post(f"{base}/calls/{told.id}/open").status_code
    other.post(f"{base}/calls/{told.id}/hang-up")
    assert "answered" == box.report(told.id).phase


def test_the_number_of_a_log_in_is_not_the_person(world, place, base, box):
    """Another guard whose log-in has the number of the one that talked, ended or of another cell, is not who talks."""
    one = world.as_(place.operator)
    told = box.ring()
    one.post(f"{base}/calls/{told.id}/answer")
    one.post(f"{base}/calls/{told.id}/talk", attempt=1, offer=OFFER)
    box.report(told.id, attempt=1, answer=ANSWER)
    other = world.as_(place.manager)
    with world.database.write() as session:
        session.get(Call, told.id).device_id = session.query(Device).filter_by(account_id=place.manager.id).one().id

    told_other = state(other, base, told.id)
    assert (False, False) == (told_other["mine"], "answer" in told_other)
    assert 409 == other.post(f"{base}/calls/{told.id}/talk", attempt=2, offer=OFFER).status_code
    other.post(f"{base}/calls/{told.id}/answer")
    assert "Звонок уже принят другим." in other.get(f"{base}/calls/{told.id}").text
    assert "Вернуться в разговор" not in other.get(f"{base}/feed").text
    with world.database.read() as session:
        assert (1, place.operator.id) == ((row := session.get(Call, told.id)).attempt, row.answered_by_id)


def test_another_gate_and_another_territory_find_nothing(world, place, make_place, base, box):
    """A gate's token opens its own calls alone; strangers and residents who were not rung get 404 at every address of one."""
    other = make_place("B")
    told = box.ring(plate="A777AA999")

    assert 404 == Box(world, "B").report(told.id).status_code
    for who in (other.manager, place.resident, place.asking):
        visitor = world.as_(who)
        assert 404 == visitor.get(f"{base}/calls/{told.id}").status_code
        assert 404 == visitor.get(f"{base}/calls/{told.id}/state").status_code
        for act in ("answer", "talk", "open", "hang-up"):
            assert 404 == visitor.post(f"{base}/calls/{told.id}/{act}", attempt=1, offer=OFFER).status_code
    with world.database.read() as session:
        row = session.get(Call, told.id)
        assert (None, None, "") == (row.answered_at, row.ended_at, row.offer)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_host_is_rung_when_no_guard_answers(world, place, base, box, back, wanted):
    """By the territory's choice the guest's host may answer, after the guards have had their time and not before."""
    with world.database.write() as session:
        session.get(Territory, place.territory.id).calls_host = wanted
    host = world.as_(place.resident)
    told = box.ring(plate="A777AA999")
    box.report(told.id)
    assert 404 == host.get(f"{base}/calls/{told.id}").status_code

    back(told.id, seconds=course.HOST_AFTER.total_seconds())
    box.report(told.id)

    assert (200 if wanted else 404) == host.get(f"{base}/calls/{told.id}").status_code
    assert (303 if wanted else 404) == host.post(f"{base}/calls/{told.id}/answer").status_code


def talking(world, place, base, box, *, back, picture=50, heard=50, played=50):
    """A guard who talks, with two reports of each end; the counts are how much has grown."""
    guard = world.as_(place.operator)
    told = box.ring()
    guard.post(f"{base}/calls/{told.id}/answer")
    guard.post(f"{base}/calls/{told.id}/talk", attempt=1, offer=OFFER)
    box.report(told.id, attempt=1, answer=ANSWER)
    for times in (1, 2):
        box.report(told.id, counts=MediaCounts(1, 50 * times, 50 * times, 50 + played * (times - 1)))
        shown, sounded = 50 + picture * (times - 1), 50 + heard * (times - 1)
        guard.post(f"{base}/calls/{told.id}/talk", attempt=1, pictures_shown=shown, sound_heard=sounded)
        if times == 1:
            age(world, told.id)
    return guard, told.id


def age(world, call_id):
    """Has the reports so far be two seconds old."""
    with world.database.write() as session:
        row = session.get(Call, call_id)
        for name in ("gate_told", "person_told"):
            kept = desk.evidence.restored(getattr(row, name))
            last = kept.last
            older = desk.evidence.Counts(last.attempt, last.at - timedelta(seconds=2), last.passed)
            setattr(row, name, desk.evidence.stored(desk.evidence.Reports(None, older)))


def test_an_opening_in_a_call_is_tied_to_it(world, place, base, box, back):
    """The command carries the call and what flowed; the visit that the gate tells of it leads back to the call."""
    guard, call_id = talking(world, place, base, box, back=back)

    answer = guard.post(f"{base}/calls/{call_id}/open").json()

    assert ("yes", "yes") == (answer["picture"], answer["sound"])
    with world.database.read() as session:
        command = session.query(Command).one()
        assert ("open", "entry", call_id) == (command.kind, command.lane, command.call_id)
        assert ("yes", "yes", place.operator.id) == (command.picture, command.sound, command.created_by_id)
        command_id = command.id
    visit = wire.GateEvent(
        id=str(uuid.uuid4()), kind="visit", at=utc_now(), clock_trusted=True, lane="entry", decision="open",
        reason="cloud_command", commands=(command_id,),
    )  # fmt: skip
    assert 200 == box.post("/events", wire.EventBatch((visit,))).status_code
    with world.database.read() as session:
        event = session.query(GateEvent).filter_by(event_id=visit.id).one().id
    guard.post(f"{base}/calls/{call_id}/hang-up")
    record = guard.get(f"{base}/calls/{call_id}").text
    assert f"{base}/visits/{event}" in record
    assert "картинка есть" in record
    assert "звук есть" in record
    assert f"{base}/calls/{call_id}" in guard.get(f"{base}/visits/{event}").text


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ({"played": 0}, "картинка есть, звука нет"),
        ({"heard": 0}, "картинка есть, звука нет"),
        ({"picture": 0}, "картинки нет, звук есть"),
    ],
)
def test_without_picture_or_sound_a_call_opens_only_where_the_territory_lets_it(
    world, place, base, box, back, flow, words
):
    """The page says what is missing before; by default the barrier stays shut, else the record keeps what was missing."""
    guard, call_id = talking(world, place, base, box, back=back, **flow)
    before = state(guard, base, call_id)
    assert (words, False) == (before["evidence"], before["may_open"])

    refused = guard.post(f"{base}/calls/{call_id}/open")
    assert (422, True) == (refused.status_code, "Картинка и звук не подтверждены" in refused.json()["error"])
    with world.database.write() as session:
        assert 0 == session.query(Command).count()
        session.get(Territory, place.territory.id).calls_unproven = True

    assert 200 == guard.post(f"{base}/calls/{call_id}/open").status_code
    with world.database.read() as session:
        command = session.query(Command).one()
        assert words == f"{'картинка есть' if command.picture == 'yes' else 'картинки нет'}, " + (
            "звук есть" if command.sound == "yes" else "звука нет"
        )


def test_a_call_asks_for_the_pin_where_openings_do(world, place, base, box, back):
    """A stolen session opens no more by a call than by the page."""
    with world.database.write() as session:
        session.get(Territory, place.territory.id).ask_pin = True
    guard, call_id = talking(world, place, base, box, back=back)

    assert 422 == guard.post(f"{base}/calls/{call_id}/open", pin="1234").status_code

    with world.database.read() as session:
        assert 0 == session.query(Command).count()


def test_a_call_that_is_over_opens_nothing(world, place, base, box, back):
    """Neither after somebody hung up, nor after an end was lost; the addresses in it are wiped."""
    guard, call_id = talking(world, place, base, box, back=back)
    box.report(call_id, hang_up=True)

    assert 422 == guard.post(f"{base}/calls/{call_id}/open").status_code
    assert "ended" == state(guard, base, call_id)["phase"]
    with world.database.read() as session:
        row = session.get(Call, call_id)
        assert ("", "", "gate") == (row.offer, row.answer, row.ending)


def removed(member, device):
    member.state = MemberState.REMOVED


def made_a_resident(member, device):
    member.role = Role.RESIDENT


def logged_out(member, device):
    object_session(device).delete(device)


def run_out(member, device):
    device.expires_at = utc_now()


@pytest.mark.parametrize("out", [removed, made_a_resident, logged_out, run_out])
def test_who_may_no_more_hears_no_more(world, place, base, box, back, out):
    """A guard who is removed, made a resident or logged out in a talk: at its next word the gate is told that the talk is over."""
    _, call_id = talking(world, place, base, box, back=back)
    assert "answered" == box.report(call_id, attempt=1).phase
    with world.database.write() as session:
        device = session.get(Device, session.get(Call, call_id).device_id)
        account = session.get(Account, place.operator.id)
        member = territories.membership(session, account, session.get(Territory, place.territory.id))
        was = member.state, member.role
        out(member, device)

    over = box.report(call_id, attempt=1)

    with world.database.write() as session:
        member = session.get(Membership, member.id)
        member.state, member.role = was
    assert ("ended", "person_out", "") == (over.phase, over.ending, over.offer)


def test_the_gate_is_told_when_nobody_came(world, place, base, box, back):
    """A ring that nobody answers ends by its time, and the next press is a call of its own."""
    told = box.ring()
    back(told.id, seconds=46)

    over = box.report(told.id)

    assert ("ended", "nobody") == (over.phase, over.ending)
    assert told.id != box.ring().id


def test_a_lane_has_one_call(world, place, base, box):
    """Pressing again, or a repeat of the same ring, is the call that rings already; too many rings of an hour are refused."""
    told = box.ring()

    assert told.id == box.ring().id == box.ring(call_id=told.id).id
    assert 404 == box.ring(lane="nowhere").status_code
    with world.database.write() as session:
        assert 1 == session.query(Call).count()
    seen = []
    for _ in range(desk.RINGINGS.most + 1):
        answer = box.ring()
        seen.append(answer)
        if isinstance(answer, CallTold):
            box.report(answer.id, hang_up=True)
    assert 429 == seen[-1].status_code


def test_the_microphone_is_let_to_the_page_of_a_call_alone(world, place, base, box):
    """Every other page keeps the microphone shut; the camera stays shut everywhere."""
    told = box.ring()
    guard = world.as_(place.operator)

    assert "microphone=(self)" in guard.get(f"{base}/calls/{told.id}").headers["permissions-policy"]
    for path in ("/check", "/calls", f"/calls/{told.id}/state", "/journal"):
        assert "microphone=()" in guard.get(f"{base}{path}").headers["permissions-policy"]


@pytest.mark.parametrize(
    "fields",
    [{"attempt": "x"}, {"attempt": "1", "offer": "ё"}, {"attempt": "1", "sound_heard": "-1"}, {"attempt": "9999"},
     {"attempt": "1", "offer": "v=0\0"}],
)  # fmt: skip
def test_words_that_are_none_are_refused(world, place, base, box, fields):
    """What the page never sends changes nothing."""
    told = box.ring()
    guard = world.as_(place.operator)
    guard.post(f"{base}/calls/{told.id}/answer")

    assert 422 == guard.post(f"{base}/calls/{told.id}/talk", **fields).status_code


def test_every_call_of_the_territory_is_found(world, place, make_place, base, box, monkeypatch):
    """The list goes on page after page to the oldest one, and shows none twice; another territory's call is no place in it."""
    monkeypatch.setattr(desk, "PAGE", 2)
    with world.database.write() as session:
        now = utc_now()
        for number in range(5):
            session.add(
                Call(
                    id=f"{number:036}", territory_id=place.territory.id, gate_id=int(place.ids["gate_id"]), lane="entry",
                    cause="button", rang_at=now - timedelta(hours=number // 2), gate_at=now,
                )
            )  # fmt: skip
    guard, found, path = world.as_(place.operator), [], f"{base}/calls"
    while path:
        text = guard.get(path).text
        found += re.findall(rf'href="{base}/calls/(\d{{36}})"', text)
        more = re.search(r'href="([^"]+before=[^"]+)"', text)
        path = more and more[1]

    assert [f"{number:036}" for number in (1, 0, 3, 2, 4)] == found
    strange = guard.get(f"{base}/calls?before={make_place('B').ids['call_id']}").text
    assert f"{1:036}" in strange


def test_calls_are_forgotten_with_the_journal(world, place, base, box):
    """A call is kept for the territory's days, its command as long as it."""
    told = box.ring()
    with world.database.write() as session:
        now = utc_now()
        desk.forget(session, place.territory.id, before=now - timedelta(days=1))
        assert session.get(Call, told.id) is not None
        desk.forget(session, place.territory.id, before=now + timedelta(seconds=1))
        assert 0 == session.query(Call).count()


def test_other_workers_understand_the_notice():
    """A call that changes at one worker rings at the pages of another."""
    notice = CallChanged(territory_id=3, gate_id=7)

    assert notice == parsed(written(notice))

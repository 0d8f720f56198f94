"""A territory moves while passes are filed and its gate reports: seen from the gate, and from whoever comes to the old cell."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from cloud.cells.cell import Cell
from cloud.cells.freeze import is_frozen
from cloud.cells.move import Move
from cloud.db.models import utc_now
from cloud.domain.device_tokens import want_rotation
from sync import wire
from tests.cloud.api.conftest import Place, make_place
from tests.cloud.cells.conftest import territory_in
from tests.cloud.cells.live import LiveGate, events_in, plates_in, portal_of, signing_key
from tests.patience import until

CODE = "123-456"


@dataclass
class Stage:
    """Two portals that serve, a territory with passes in the first one, and its gate."""

    east: Cell
    west: Cell
    place: Place
    gate: LiveGate
    key: Path
    public_key: str

    def enrol(self, key: str) -> None:
        self.gate.enrol(self.east.url, self.place.token, code=CODE, key=key)

    def move(self, **words) -> None:
        Move(self.east, self.west, CODE, key=words.pop("key", self.key), **words).run()

    def settled(self) -> bool:
        """All that was reported has arrived, once, and the gate's list is the new cell's."""
        return events_in(self.west) == sorted(self.gate.events) and self.gate.plates() == plates_in(self.west, CODE)


@pytest.fixture
def stage(cells, tmp_path) -> Iterator[Stage]:
    east, west = cells
    make_place(west.database, code="999-999")  # so that no number fits by chance
    place = make_place(east.database, code=CODE)
    for number in range(20):
        place.add_pass(f"A{number:03}AA77")
    key, public_key = signing_key(tmp_path)
    with (
        portal_of(east, tmp_path / "east", move_key=public_key) as first,
        portal_of(west, tmp_path / "west", move_key=public_key) as second,
    ):
        gate = LiveGate(tmp_path / "gate")
        gate.folder.mkdir()
        yield Stage(first, second, place, gate, key, public_key)
        gate.stop()


def test_a_territory_moves_while_it_lives(stage):
    """Filing and reporting go on all the while: no pass and no event is lost or doubled, and the gate's list never shrinks."""
    filed, refused, ended = [], [], threading.Event()

    def file() -> None:
        """People file passes; who is refused for a moment tries again, and in the end at the new address."""
        number = 0
        while not ended.is_set():
            number += 1
            try:
                stage.place.add_pass(f"B{number:03}BB77")
                filed.append(f"B{number:03}BB77")
            except IntegrityError as error:
                refused.append(is_frozen(error))
            except AssertionError:  # the territory is not here any more
                return
            time.sleep(0.02)

    def report() -> None:
        while not ended.is_set():
            stage.gate.report()
            time.sleep(0.05)

    stage.enrol(stage.public_key)
    stage.gate.start()
    until(lambda: len(stage.gate.plates()) >= 20)
    threads = [threading.Thread(target=work) for work in (file, report)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(events_in(stage.east)) >= 10)
        stage.move()
        until(lambda: stage.gate.credential.address == stage.west.url)
        moved_with = len(stage.gate.events)
        until(lambda: len(stage.gate.events) >= moved_with + 10)
    finally:
        ended.set()
        for thread in threads:
            thread.join()

    until(stage.settled)
    assert all(refused)
    assert {*filed} <= stage.gate.plates()
    assert stage.gate.shrunk == []
    until(lambda: stage.gate.worker.status().state == "linked")
    assert events_in(stage.east) == []


def test_a_gate_that_is_restarted_in_the_middle_follows(stage):
    """Powered off while its territory is frozen and on again after the move, the gate has its list and goes to the new cell."""
    stage.enrol(stage.public_key)
    stage.gate.start()
    until(lambda: len(stage.gate.plates()) == 20)

    def power_off(step: str) -> None:
        if step == "freeze":
            stage.gate.stop()
            stage.gate.report()

    stage.move(after=power_off)
    assert len(stage.gate.plates()) == 20
    stage.gate.start()

    until(lambda: stage.gate.credential.address == stage.west.url)
    until(stage.settled)
    assert stage.gate.shrunk == []


@pytest.mark.parametrize("key", ["none", "another"])
def test_a_gate_that_cannot_follow_is_served_through_the_old_cell(stage, tmp_path, key):
    """A gate of before, or one told by a word that another key has signed, goes nowhere and misses nothing."""
    signer = None if key == "none" else signing_key(tmp_path, "stranger")[0]
    stage.enrol("" if key == "none" else stage.public_key)
    stage.gate.start()
    until(lambda: len(stage.gate.plates()) == 20)
    stage.gate.report()
    until(lambda: events_in(stage.east) == sorted(stage.gate.events))

    stage.move(key=signer)
    stage.gate.report()
    in_west = Place(stage.west.database, territory_id(stage.west), 0, "")
    in_west.add_pass("B777BB77")

    until(stage.settled)
    assert "B777BB77" in stage.gate.plates()
    assert stage.gate.credential.address == stage.east.url
    assert stage.gate.shrunk == []


def test_a_gate_of_before_gets_the_key_with_a_new_token_and_follows(stage):
    """Enrolled before there were moves, the gate is given the key when its token is replaced, and goes where the word says."""
    stage.gate.enrol(stage.east.url, stage.place.token, code="")
    want_new_tokens(stage.east)
    stage.gate.start()
    until(lambda: stage.gate.credential.move_key == stage.public_key)
    until(lambda: stage.gate.credential.token != stage.place.token)

    stage.move()

    until(lambda: stage.gate.credential.address == stage.west.url)
    stage.gate.report()
    until(stage.settled)
    assert (CODE, 1) == (stage.gate.credential.code, stage.gate.credential.move_serial)


def test_a_gate_that_was_left_behind_follows_when_it_gets_the_key(stage):
    """Its territory left while the gate had no key: the new cell's answer, led through the old one, lets it come after."""
    stage.gate.enrol(stage.east.url, stage.place.token, code="")
    stage.gate.start()
    until(lambda: len(stage.gate.plates()) == 20)
    stage.move()
    stage.gate.report()
    until(stage.settled)
    assert stage.gate.credential.address == stage.east.url

    want_new_tokens(stage.west)

    until(lambda: stage.gate.credential.address == stage.west.url)
    stage.gate.report()
    until(stage.settled)
    assert stage.gate.credential.token != stage.place.token
    assert stage.gate.shrunk == []


def want_new_tokens(cell: Cell) -> None:
    """As `okter fleet --rotate-tokens`."""
    with cell.database.write() as session:
        assert want_rotation(session, now=utc_now()) > 0


def territory_id(cell: Cell) -> int:
    return territory_in(cell, CODE).id


def test_what_the_old_cell_answers(stage):
    """The signed word for whoever asks for it, the new cell's answer for all others, and nothing for strangers."""
    stage.move()
    ask = httpx.Client(base_url=stage.east.url, trust_env=False, timeout=60)
    ours = {"Authorization": f"Bearer {stage.place.token}"}

    word = ask.get(f"{wire.BASE}/passes", params={"speaks": "hours,moved"}, headers=ours)
    plain = ask.get(f"{wire.BASE}/passes", headers=ours)
    stranger = ask.get(
        f"{wire.BASE}/passes", params={"speaks": "hours,moved"}, headers={"Authorization": "Bearer nobody"}
    )

    assert word.status_code == wire.MOVED_STATUS
    document = wire.decode(wire.MoveDocument, wire.decode(wire.Moved, word.content).document.encode())
    assert document == wire.MoveDocument(CODE, stage.west.url, 1)
    assert plain.status_code == 200
    assert len(wire.decode(wire.PassPage, plain.content).items) == 20
    assert stranger.status_code == 401
    ask.close()


def test_a_pairing_code_given_out_before_the_move_still_binds(stage):
    """The technician types the old address and the code that the manager gave out: the gate is bound, and goes to the new cell."""
    code = stage.place.pairing_code()
    stage.move()
    request = wire.EnrollRequest(code, "КПП-2", (), "1")

    answer = httpx.post(
        f"{stage.east.url}{wire.BASE}/enroll", content=wire.encode(request), trust_env=False, timeout=60
    )

    told = wire.decode(wire.EnrollAnswer, answer.content)
    assert (told.code, told.move_key, told.move_serial) == (CODE, stage.public_key, 0)
    stage.gate.enrol(stage.east.url, told.device_token, code=told.code, key=told.move_key)
    stage.gate.start()
    until(lambda: stage.gate.credential.address == stage.west.url)
    until(lambda: stage.gate.plates() == plates_in(stage.west, CODE))

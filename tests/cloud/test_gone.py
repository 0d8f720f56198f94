"""What a deletion leaves outside of the database is forgotten too, whenever the portal is killed."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from cloud.db.cells import Arrival, ArrivalState
from cloud.db.models import Gate, GateEvent, GoneGate, GoneTerritory, Territory, utc_now
from cloud.directory.client import DirectoryAway
from cloud.directory.places import Places
from cloud.domain import closing, gone, retention
from cloud.pictures import make_pictures, thumbnail_key
from cloud.pictures.seam import key_of
from tests.buckets import new_bucket, s3_server
from tests.cloud.places import place_in

LATER = gone.NOTED_FOR + timedelta(hours=1)


@pytest.fixture(scope="module")
def s3():
    with s3_server() as address:
        yield address


@pytest.fixture(params=["files", "bucket"])
def pictures(request, tmp_path):
    return make_pictures(tmp_path, None if request.param == "files" else new_bucket(request.getfixturevalue("s3")))


def filled(database, pictures, tag: str) -> int:
    """A territory with one picture and its thumbnail; the gate's number."""
    with database.write() as session:
        gate = int(place_in(session, tag).ids["gate_id"])
        event = session.query(GateEvent).filter_by(gate_id=gate).one()
        event.snapshot_path = key = key_of(gate, event.event_id)
    pictures.put(key, b"\xff\xd8\xff a car")
    pictures.put(thumbnail_key(key), b"\xff\xd8\xff small")
    return gate


def delete(database, gate: int) -> None:
    """The commit of a deletion, and then nothing: the portal is killed."""
    with database.write() as session:
        closing.delete(session, session.get_one(Gate, gate).territory, now=utc_now())


def test_pictures_of_a_deleted_territory_are_found_after_a_kill(database, pictures):
    """Between the commit and the deletion of the pictures the portal dies: the hourly chores delete them, and no others."""
    stays, goes = (filled(database, pictures, tag) for tag in ("stays", "goes"))
    delete(database, goes)
    assert {stays, goes} == pictures.gates()

    gone.forget_pictures(database, pictures, now=utc_now())

    assert {stays} == pictures.gates()
    assert [2] == [len(keys) for keys in pictures.keys(stays)]


def test_one_that_came_in_late_is_found_too(database, pictures):
    """A request that began before the deletion stores a picture after the chores were done: they look for a day."""
    gate = filled(database, pictures, "late")
    delete(database, gate)
    gone.forget_pictures(database, pictures, now=utc_now())
    pictures.put(key_of(gate, "e" * 36), b"\xff\xd8\xff late")

    gone.forget_pictures(database, pictures, now=utc_now() + LATER)

    assert set() == pictures.gates()
    with database.read() as session:
        assert [] == session.query(GoneGate).all()


def test_what_an_earlier_version_left_is_found(database, pictures):
    """Nobody noted it then; a number below that of a living gate was given by this database and is a deleted gate's."""
    older, newer = (filled(database, pictures, tag) for tag in ("older", "newer"))
    delete(database, older)
    with database.write() as session:
        session.query(GoneGate).delete()

    gone.forget_pictures(database, pictures, now=utc_now() + gone.STILL_WRITTEN)

    assert {newer} == pictures.gates()


def test_pictures_of_another_portal_in_the_same_storage_are_left(database, pictures, caplog):
    """A gate that this database does not know and that stores pictures lives elsewhere; then no unknown gate's go, only noted ones'."""
    numbers = [filled(database, pictures, tag) for tag in ("others", "silent", "deleted", "living")]
    others, silent, deleted, living = numbers
    for gate in (others, silent):
        delete(database, gate)
    with database.write() as session:
        session.query(GoneGate).delete()
    delete(database, deleted)

    gone.forget_pictures(database, pictures, now=utc_now())

    assert {others, silent, living} == pictures.gates()
    assert "another portal" in caplog.text


def test_pictures_of_gates_that_a_database_never_had_are_left(database, pictures, caplog):
    """An empty database beside the pictures of a full one, or an older copy, knows nothing of them: that is said, and they stay."""
    pictures.put(key_of(7, "e" * 36), b"\xff\xd8\xff a car")

    gone.forget_pictures(database, pictures, now=utc_now())

    assert {7} == pictures.gates()
    assert "left alone" in caplog.text


def test_a_number_that_is_another_gates_by_now(database, pictures):
    """SQLite gives the number of the last gate again: the new gate keeps its pictures, the old one's go."""
    number = filled(database, pictures, "first")
    old = [key for keys in pictures.keys(number) for key in keys]
    delete(database, number)
    with database.write() as session:
        place = place_in(session, "second").territory
        gate = session.query(Gate).filter_by(territory_id=place.id).one()
        if gate.id != number:
            pytest.skip("this database gives no number twice")
        event = session.query(GateEvent).filter_by(gate_id=number).one()
        event.snapshot_path = new = key_of(number, event.event_id)
    pictures.put(new, b"\xff\xd8\xff another car")

    gone.forget_pictures(database, pictures, now=utc_now())

    assert [new] == [key for keys in pictures.keys(number) for key in keys]
    assert new not in old


def test_a_picture_whose_visit_does_not_name_it_goes_with_the_visit(database, tmp_path):
    """Killed between storing a picture and writing its name: what retention deletes it deletes by the visit, not by the name."""
    pictures = make_pictures(tmp_path, None)
    gate = filled(database, pictures, "unnamed")
    with database.write() as session:
        event = session.query(GateEvent).filter_by(gate_id=gate).one()
        event.snapshot_path, territory = None, event.territory_id

    retention.forget_events(database, pictures, territory, before=utc_now() + timedelta(days=1))

    assert [] == [key for keys in pictures.keys(gate) for key in keys]


def test_half_of_a_picture_does_not_stay(database, tmp_path):
    """What a killed process had begun to write is deleted after a day; what is being written now is not."""
    pictures = make_pictures(tmp_path, None)
    filled(database, pictures, "half")
    parts = tmp_path / "snapshots" / ".parts"
    old, new = parts / "part-old", parts / "part-new"
    for path in (old, new):
        path.write_bytes(b"\xff\xd8")
    os.utime(old, (1, 1))

    gone.forget_pictures(database, pictures, now=utc_now())

    assert [new] == list(parts.iterdir())


class Away:
    def release(self, code: str, *, before) -> None:
        raise DirectoryAway("ConnectError")


def test_the_directory_and_the_arrival_forget_a_deleted_territory(database):
    """The code is free again once the directory answers, and the trace of the move goes in a month; what was claimed since stays."""
    places, now = Places(database), utc_now()

    class Here:
        def release(self, code: str, *, before) -> None:
            places.release(code, "https://here.example.ru", before=before)

    with database.write() as session:
        place = place_in(session, "goes").territory
        code = place.code
        session.add(Arrival(code=code, run="x", state=ArrivalState.OPEN, serial=3))
    places.claim(code, "https://here.example.ru", now=now)
    with database.write() as session:
        closing.delete(session, session.query(Territory).filter_by(code=code).one(), now=now)

    gone.forget_codes(database, Away(), now=now)
    assert places.of_code(code) is not None
    gone.forget_codes(database, Here(), now=now)
    assert places.of_code(code) is None

    gone.forget_codes(database, Here(), now=now + gone.ARRIVALS_LAST + timedelta(hours=1))
    with database.read() as session:
        assert ([], []) == (session.query(Arrival).all(), session.query(GoneTerritory).all())
    places.claim(code, "https://here.example.ru", now=now + timedelta(hours=2))
    Here().release(code, before=now)
    assert places.of_code(code) is not None

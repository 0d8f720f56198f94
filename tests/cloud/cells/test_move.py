"""A territory is moved from one cell to another: nothing is lost, nothing is doubled, nobody writes meanwhile."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from cloud.cells.errors import MoveFailed, MoveUnfinished
from cloud.cells.freeze import freeze, is_frozen
from cloud.cells.inventory import PARTS
from cloud.cells.move import Move
from cloud.db.engine import Database
from cloud.db.models import (
    Account,
    ApiToken,
    Arrival,
    ArrivalRow,
    DepartedCredential,
    Departure,
    Gate,
    GateEvent,
    Kind,
    Letter,
    Membership,
    MemberState,
    Pass,
    Territory,
)
from cloud.directory.places import Places
from cloud.domain import addressed
from cloud.domain.tokens import token_hash
from tests.cloud.cells.conftest import JPEG, Pair, gates_in, territory_in
from tests.cloud.cells.moves import TAKEN_BACK, move, owners, told


def told_others(pair: Pair) -> list[dict[str, list[tuple[object, ...]]]]:
    """What both cells hold of other territories."""
    found = []
    for cell in (pair.east, pair.west):
        with cell.database.read() as session:
            codes = sorted(session.scalars(select(Territory.code).where(Territory.code != pair.code)))
        found += [told(cell, code) for code in codes]
    return found


def where(part, territory_id: int) -> str:
    if part.table == "territories" or part.belongs == "territory_id":
        return f"{part.belongs} = {territory_id}"
    return f"{part.belongs} IN (SELECT id FROM {part.refs[part.belongs]} WHERE territory_id = {territory_id})"


def test_everything_of_a_territory_is_in_the_new_cell(pair):
    """Every row of every table is there as it was, names the right people, and is gone here but for the tombstone."""
    before, owned = told(pair.east, pair.code), owners(pair.east, pair.code)
    assert all(before.values()), [table for table, rows in before.items() if not rows]
    others = told_others(pair)

    move(pair).run()

    assert told(pair.west, pair.code) == before
    assert owners(pair.west, pair.code) == owned != []
    assert territory_in(pair.east, pair.code) is None
    assert told_others(pair) == others
    with pair.east.database.read() as session:
        gone = session.get_one(Departure, pair.code)
        assert (gone.cell_url, gone.serial) == (pair.west.url, 1)
        assert session.get(DepartedCredential, token_hash("device e2")).code == pair.code
    with pair.west.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ArrivalRow)) == 0


def test_letters_on_their_way_still_go_from_the_old_cell(pair):
    """A letter that waits when its territory leaves is nobody's but the old cell's; one that its reader may not hear any more goes."""
    with pair.east.database.write() as session:
        of = {row.account.email: row for row in session.query(Membership).join(Territory).filter_by(code=pair.code)}
        for place, kind in (("manager", Kind.REFUSED), ("resident", Kind.REFUSED), ("operator", Kind.JOINING)):
            member = next(row for email, row in of.items() if email.startswith(place))
            session.add(Letter(recipient=place, subject="x", text="x", **addressed.columns(member, kind)))
        next(row for email, row in of.items() if email.startswith("resident")).state = MemberState.LEFT

    move(pair).run()

    with pair.east.database.read() as session:
        assert [("manager", None)] == [(row.recipient, row.member_id) for row in session.query(Letter)]


def test_pictures_are_carried_along(pair):
    """The visit's picture lies at the new cell below the gate's new number, and is gone from the old one."""
    (old,) = gates_in(pair.east, pair.code)

    move(pair).run()

    (gate,) = gates_in(pair.west, pair.code)
    with pair.west.database.read() as session:
        key = session.scalar(select(GateEvent.snapshot_path).where(GateEvent.gate_id == gate.id))
    assert pair.west.pictures.get(key).content == JPEG
    assert key.startswith(f"snapshots/{gate.id}/")
    event = f"{'e2':0>36}"
    assert pair.east.pictures.get(f"snapshots/{old.id}/{event[:2]}/{event}.jpg") is None


def test_pictures_that_were_gone_before_are_counted(pair):
    """A visit whose picture the old cell does not have any more moves without it, and the command can say how many there were."""
    event = f"{'e2':0>36}"
    (old,) = gates_in(pair.east, pair.code)
    key = f"snapshots/{old.id}/{event[:2]}/{event}.jpg"
    pair.east.pictures.drop([key])
    moved = move(pair)

    moved.run()

    assert {key} == moved.missing_pictures


def test_a_person_who_is_known_there_keeps_that_account(pair):
    """An address has one account in a cell: its password there is not overwritten by the one of the other cell."""
    with pair.west.database.write() as session:
        session.add(Account(email=pair.place.resident.email, name="Там", phone="1", password_hash="theirs"))

    move(pair).run()

    with pair.west.database.read() as session:
        (account,) = session.query(Account).filter_by(email=pair.place.resident.email)
        assert (account.name, account.password_hash) == ("Там", "theirs")
        assert session.query(Membership).filter_by(account_id=account.id, state=MemberState.ACCEPTED).count() == 1


def test_until_it_is_open_nobody_finds_it_there(pair):
    """While it is copied its gates have no token there, its people no membership, its programs no key."""
    seen = {}

    def look(step: str) -> None:
        if step not in TAKEN_BACK[1:]:
            return
        with pair.west.database.read() as session:
            territory = session.query(Territory).filter_by(code=pair.code).one()
            seen[step] = (
                territory.closed_at is not None,
                session.query(Gate).filter_by(territory_id=territory.id).one().token_hash,
                {row.state for row in session.query(Membership).filter_by(territory_id=territory.id)},
                session.query(ApiToken).filter_by(territory_id=territory.id).one().revoked_at is not None,
            )

    move(pair, after=look).run()

    assert seen == dict.fromkeys(TAKEN_BACK[1:], (True, None, {MemberState.LEFT}, True))
    assert gates_in(pair.west, pair.code)[0].token_hash == token_hash("device e2")


def test_what_changes_while_it_is_copied_comes_along(pair):
    """Passes filed, changed and erased between the copy and the freeze are in the new cell as they were left."""

    def live_on(step: str) -> None:
        if step == "copy":
            with pair.east.database.write() as session:
                territory = session.query(Territory).filter_by(code=pair.code).one()
                first, second = session.query(Pass).filter_by(territory_id=territory.id).order_by(Pass.plate)
                first.note, territory.pass_rev = "изменён", territory.pass_rev + 2
                session.delete(second)
                session.add(Pass(territory_id=territory.id, plate="NEW", plate_display="NEW", rev=territory.pass_rev))

    move(pair, after=live_on).run()

    with pair.west.database.read() as session:
        territory = session.query(Territory).filter_by(code=pair.code).one()
        rows = session.query(Pass).filter_by(territory_id=territory.id).order_by(Pass.plate).all()
        assert [(row.plate, row.note) for row in rows] == [("A777AA999", "изменён"), ("NEW", "")]
        assert rows[1].rev == territory.pass_rev


def test_a_frozen_territory_takes_no_write_and_others_do(pair):
    """Every table refuses insert, update and delete of its rows; a neighbour's are written as ever."""
    with pair.east.database.read() as session:
        ids = dict(tuple(row) for row in session.execute(select(Territory.code, Territory.id)))
    frozen = ids.pop(pair.code)

    freeze(pair.east.database, frozen)
    freeze(pair.east.database, frozen)  # a command that was killed freezes again

    for part in PARTS:
        with pytest.raises(IntegrityError) as refused, pair.east.database.write() as session:
            session.execute(text(f"DELETE FROM {part.table} WHERE {where(part, frozen)}"))
        assert is_frozen(refused.value), part.table
        with pytest.raises(IntegrityError) as refused, pair.east.database.write() as session:
            session.execute(text(f"UPDATE {part.table} SET id = id WHERE {where(part, frozen)}"))
        assert is_frozen(refused.value), part.table
        with pair.east.database.write() as session:
            other = next(iter(ids.values()))
            session.execute(text(f"UPDATE {part.table} SET id = id WHERE {where(part, other)}"))
    with pytest.raises(IntegrityError), pair.east.database.write() as session:
        session.add(Pass(territory_id=frozen, plate="X", plate_display="X"))


def test_a_write_under_way_is_waited_for(pair):
    """A transaction that began before the freeze ends as it would have, and only then is the territory frozen."""
    territory_id, frozen = pair.place.territory.id, threading.Event()

    def stop_writing() -> None:
        freeze(pair.east.database, territory_id)
        frozen.set()

    thread = threading.Thread(target=stop_writing)
    with pair.east.database.write() as session:
        session.add(Pass(territory_id=territory_id, plate="UNDERWAY", plate_display="UNDERWAY"))
        session.flush()
        thread.start()
        assert not frozen.wait(0.5)
    thread.join()

    assert frozen.is_set()
    with pair.east.database.read() as session:
        assert session.query(Pass).filter_by(plate="UNDERWAY").count() == 1
    with pytest.raises(IntegrityError), pair.east.database.write() as session:
        session.query(Pass).filter_by(plate="UNDERWAY").update({"note": "later"})


def test_there_and_back_again(pair):
    """A territory that comes back is whole, its tombstone is gone, and the moves are counted on."""
    before = told(pair.east, pair.code)

    move(pair).run()
    Move(pair.west, pair.east, pair.code).run()

    assert told(pair.east, pair.code) == before | {"audit": told(pair.east, pair.code)["audit"]}
    with pair.east.database.read() as session:
        assert session.get(Departure, pair.code) is None
        assert session.get_one(Arrival, pair.code).serial == 2
    with pair.west.database.read() as session:
        assert session.get_one(Departure, pair.code).serial == 2
    move(pair).run()
    assert territory_in(pair.west, pair.code) is not None


def test_a_code_that_is_taken_there_stops_the_move(pair):
    """A territory of that code which did not come from here is never written into."""
    with pair.west.database.write() as session:
        session.add(Territory(code=pair.code, name="Другая", timezone="UTC"))

    with pytest.raises(MoveFailed, match=pair.code):
        move(pair).run()

    assert territory_in(pair.west, pair.code).name == "Другая"
    assert territory_in(pair.east, pair.code) is not None


def test_the_directory_is_told_last_and_again_if_it_was_away(pair, tmp_path):
    """A directory that does not answer leaves a move unfinished, not undone; the next run tells it."""
    database = Database(f"sqlite:///{tmp_path / 'directory.db'}")
    places = Places(database)
    places.claim(pair.code, pair.east.url, now=pair.place.territory.created_at)

    class Away(Places):
        def move(self, *_args, **_words) -> bool:
            raise OSError("away")

    with pytest.raises(MoveUnfinished):
        move(pair, places=Away(database)).run()
    assert places.of_code(pair.code).cell_url == pair.east.url
    move(pair, places=places).run()

    assert places.of_code(pair.code).cell_url == pair.west.url
    database.close()

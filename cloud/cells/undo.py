"""Undoes a move before `open`: erases the copy and lets the old cell accept writes again."""

from __future__ import annotations

from sqlalchemy import delete, exists, select

from cloud.cells.cell import Cell
from cloud.cells.copying import erase
from cloud.cells.errors import TakenOver
from cloud.cells.freeze import thaw
from cloud.cells.inventory import ACCOUNTS
from cloud.db.cells import Arrival, ArrivalRow, ArrivalState
from cloud.db.models import Account, Device, Gate, Membership, Territory, utc_now
from cloud.domain import gone


def take_back(source: Cell, target: Cell, code: str, territory_id: int, *, run: str | None = None) -> bool:
    """Undoes the move. Returns False and does nothing if the territory is already open at the new cell.

    `run`: undo only the copy that this command run started; raises TakenOver if another run owns it. The copy is erased
    before the thaw: while the old cell is frozen, erasing the copy loses nothing.
    """
    if not erase_copy(target, code, run=run):
        return False
    with source.database.write() as session:
        thaw(session, territory_id, sqlite=source.database.is_sqlite)
    return True


def erase_copy(target: Cell, code: str, *, run: str | None = None) -> bool:
    """Erases what was copied to the new cell, with its people and pictures. As for `take_back`."""
    gates: list[int] = []
    with target.database.write() as session:
        arrival = session.get(Arrival, code)
        if arrival is not None and arrival.state == ArrivalState.OPEN and _is_there(target, code):
            return False
        if arrival is not None and run is not None and arrival.run != run:
            raise TakenOver(code)
        copied = session.scalar(select(Territory.id).where(Territory.code == code))
        if arrival is not None and copied is not None:
            gates = list(session.scalars(select(Gate.id).where(Gate.territory_id == copied)))
            gone.note_gates(session, gates, now=utc_now())
            erase(session, copied)
            made = select(ArrivalRow.new_id).where(
                ArrivalRow.code == code, ArrivalRow.table_name == ACCOUNTS, ArrivalRow.made
            )
            session.execute(
                delete(Account).where(
                    Account.id.in_([int(number) for number in session.scalars(made)]),
                    ~exists().where(Membership.account_id == Account.id),  # unless it is in use already
                    ~exists().where(Device.account_id == Account.id),
                )
            )
        session.execute(delete(ArrivalRow).where(ArrivalRow.code == code))
        session.execute(delete(Arrival).where(Arrival.code == code))
    for gate in gates:
        target.pictures.drop_gate(gate)
    return True


def _is_there(cell: Cell, code: str) -> bool:
    with cell.database.read() as session:
        return session.scalar(select(Territory.id).where(Territory.code == code)) is not None

"""Taking back a move that is not open yet: the copy is erased, the old cell writes again."""

from __future__ import annotations

from sqlalchemy import delete, exists, select

from cloud.cells.cell import Cell
from cloud.cells.copying import erase
from cloud.cells.errors import TakenOver
from cloud.cells.freeze import thaw
from cloud.cells.inventory import ACCOUNTS
from cloud.db.cells import Arrival, ArrivalRow, ArrivalState
from cloud.db.models import Account, Device, Gate, Membership, Territory


def take_back(source: Cell, target: Cell, code: str, territory_id: int, *, run: str | None = None) -> bool:
    """False, and nothing is done, when the territory is open there. `run`: only the copy that this command has begun.

    The copy goes first: while the old cell is frozen, nothing can be lost by its going.
    """
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
            erase(session, copied)
            made = select(ArrivalRow.new_id).where(
                ArrivalRow.code == code, ArrivalRow.table_name == ACCOUNTS, ArrivalRow.made
            )
            session.execute(
                delete(Account).where(
                    Account.id.in_([int(number) for number in session.scalars(made)]),
                    ~exists().where(Membership.account_id == Account.id),  # somebody has begun to use it meanwhile
                    ~exists().where(Device.account_id == Account.id),
                )
            )
        session.execute(delete(ArrivalRow).where(ArrivalRow.code == code))
        session.execute(delete(Arrival).where(Arrival.code == code))
    for gate in gates:
        target.pictures.drop_gate(gate)
    with source.database.write() as session:
        thaw(session, territory_id, sqlite=source.database.is_sqlite)
    return True


def _is_there(cell: Cell, code: str) -> bool:
    with cell.database.read() as session:
        return session.scalar(select(Territory.id).where(Territory.code == code)) is not None

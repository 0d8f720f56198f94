"""The tombstone that a territory leaves at its old cell. It tells callers where the territory is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cloud.cells.cell import Cell
from cloud.cells.inventory import PARTS, TABLES, within
from cloud.cells.redirect import Redirect
from cloud.db.cells import DepartedCredential, Departure
from cloud.db.engine import Database
from cloud.db.models import Gate, Territory
from cloud.domain import gone
from cloud.push import GateRevoked, Notice


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a territory lives now."""

    code: str
    name: str
    url: str
    redirect: Redirect


def record(
    session: Session, territory: Territory, *, cell_url: str, serial: int, redirect: Redirect, now: datetime
) -> None:
    """Writes the tombstone, with hashes of the credentials that gates, programs and guests may still present here."""
    gates = list(session.scalars(select(Gate.id).where(Gate.territory_id == territory.id)))
    gone.note_gates(session, gates, now=now)
    session.add(
        Departure(
            code=territory.code, name=territory.name, cell_url=cell_url, serial=serial, at=now,
            document=redirect.document, signature=redirect.signature, gates=gates,
        )
    )  # fmt: skip
    session.flush()
    hashes: set[str] = set()
    for part in PARTS:
        for name in part.credentials:
            column = TABLES[part.table].c[name]
            found = session.scalars(select(column).where(within(part, territory.id), column.is_not(None)))
            hashes.update(found)
    if hashes:
        session.execute(insert(DepartedCredential), [{"hash": one, "code": territory.code} for one in sorted(hashes)])


def remember(database: Database, code: str, hashed: str) -> None:
    """Remembers a credential that the new cell issued through this one, so that its holder is redirected too."""
    with database.write() as session:
        session.add(DepartedCredential(hash=hashed, code=code))


def farewells(gates: Iterable[int]) -> list[Notice]:
    """Notices that close the gates' streams. The gates reconnect and are redirected."""
    return [GateRevoked(gate) for gate in gates]


def clear_pictures(cell: Cell, code: str) -> None:
    """Deletes the pictures of the departed gates, except where a gate number has been reused for another gate since."""
    with cell.database.read() as session:
        gone = session.get(Departure, code)
        gates = [] if gone is None else gone.gates
        living = set(session.scalars(select(Gate.id).where(Gate.id.in_(gates))))
    for gate in gates:
        if gate not in living:
            cell.pictures.drop_gate(gate)
    with cell.database.write() as session:
        session.execute(update(Departure).where(Departure.code == code).values(gates=[]))


def by_code(session: Session, code: str) -> Elsewhere | None:
    """Where the territory with this code has moved. None if it did not leave this cell."""
    row = session.get(Departure, code)
    return None if row is None else _told(row)


def by_credential(database: Database, hashed: str) -> Elsewhere | None:
    """Where the territory has moved whose token, pairing code or link has this hash. None if no departed one has."""
    with database.read() as session:
        row = session.scalar(
            select(Departure)
            .join(DepartedCredential, DepartedCredential.code == Departure.code)
            .where(DepartedCredential.hash == hashed)
        )
        return None if row is None else _told(row)


def _told(row: Departure) -> Elsewhere:
    return Elsewhere(row.code, row.name, row.cell_url, Redirect(row.document, row.signature))

"""Moves that were cut off and that no command goes on with: a territory that takes no writes, a copy that nobody finishes.

A move is only as finished as its last step at either cell. Whoever cannot be asked is told as unknown, not as well (ADR 209).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cloud.cells.cell import Cell
from cloud.cells.freeze import frozen
from cloud.cells.turn import is_taken
from cloud.db.engine import Database
from cloud.db.models import Arrival, ArrivalState, Territory
from core.words.language import say


@dataclass(frozen=True, slots=True)
class Frozen:
    """A territory that takes no writes in one cell. `moving`: a command has its turn just now."""

    code: str
    moving: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for the operator. `well`: there is nothing to do."""

    code: str
    well: bool
    line: str


def frozen_in(database: Database) -> list[Frozen]:
    """The territories of one cell that take no writes now."""
    numbers = frozen(database)
    if not numbers:
        return []
    with database.read() as session:
        codes = list(session.scalars(select(Territory.code).where(Territory.id.in_(numbers)).order_by(Territory.code)))
    return [Frozen(code, is_taken(database, code)) for code in codes]


def not_named(code: str, url: str, file: Path) -> str:
    """What to do about a move out of a cell that the file does not name: its standing there is unknown."""
    return say(
        "{code}: перенос из {url} не закончен, а этой ячейки в {file} нет: запись там может стоять. Впишите её "
        "([cells.ИМЯ] с ключом env) и повторите ту же команду",
        code=code,
        url=url,
        file=file,
    )


def look(cells: Mapping[str, Cell], file: Path) -> list[Finding]:
    """All that is unfinished in these cells. A cell that does not answer is a finding of its own."""
    by_url, found = {cell.url: cell for cell in cells.values()}, []
    standing: dict[str, list[Frozen]] = {}
    arrivals: dict[str, list[Arrival]] = {}
    for cell in cells.values():
        try:
            standing[cell.name] = frozen_in(cell.database)
            arrivals[cell.name] = _arrivals(cell)
        except SQLAlchemyError as error:
            told = str(error).splitlines()[0]
            found.append(
                Finding(
                    "", False, say("{cell}: не отвечает, что в ней, неизвестно: {error}", cell=cell.name, error=told)
                )
            )
    going = {(arrival.code, arrival.from_url): name for name, some in arrivals.items() for arrival in some}
    for name, some in standing.items():
        found += [_of_frozen(one, cells[name], going.get((one.code, cells[name].url)), file) for one in some]
    stopped = {(one.code, cells[name].url) for name, some in standing.items() for one in some}
    for name, coming in arrivals.items():
        for arrival in coming:
            if (arrival.code, arrival.from_url) not in stopped:
                found.append(_of_arrival(arrival, cells[name], by_url, file))
    return sorted(found, key=lambda one: (one.well, one.code))


def _arrivals(cell: Cell) -> list[Arrival]:
    """The moves into a cell that have not ended at their other cell, as far as is known."""
    with cell.database.read() as session:
        return list(session.scalars(select(Arrival).where(Arrival.from_url != "")))


def _of_frozen(one: Frozen, cell: Cell, to: str | None, file: Path) -> Finding:
    if one.moving:
        return Finding(
            one.code, True, say("{code}: переносится сейчас из ячейки {cell}", code=one.code, cell=cell.name)
        )
    return Finding(
        one.code,
        False,
        say(
            "{code}: в ячейке {cell} запись стоит, и никто её не переносит. Довести до конца: {command}; отменить, пока "
            "территория не открыта в новой ячейке: то же с --cancel",
            code=one.code,
            cell=cell.name,
            command=_command(one.code, to or say("ЯЧЕЙКА"), file),
        ),
    )


def _of_arrival(arrival: Arrival, cell: Cell, by_url: Mapping[str, Cell], file: Path) -> Finding:
    if is_taken(cell.database, arrival.code):
        return Finding(
            arrival.code, True, say("{code}: переносится сейчас в ячейку {cell}", code=arrival.code, cell=cell.name)
        )
    command = _command(arrival.code, cell.name, file)
    if arrival.from_url not in by_url:
        told = not_named(arrival.code, arrival.from_url, file)
        return Finding(arrival.code, False, f"{told}: {command}")
    if arrival.state == ArrivalState.COPYING:
        words = say("{code}: в ячейке {cell} недоделанная копия. Довести до конца: {command}; удалить её: то же с --cancel",
                    code=arrival.code, cell=cell.name, command=command)  # fmt: skip
    else:
        words = say("{code}: открыта в ячейке {cell}, прежняя не закончила. Довести до конца: {command}",
                    code=arrival.code, cell=cell.name, command=command)  # fmt: skip
    return Finding(arrival.code, False, words)


def _command(code: str, to: str, file: Path) -> str:
    return f"okter territory move {code} --to {to} --cells {file}"

"""`okter territory move`: moves one territory to another cell while it stays in use."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from cloud.cells.cell import Cell
from cloud.cells.errors import MoveFailed
from cloud.cells.move import Move
from cloud.cells.settings import CellsFile, read_cells
from cloud.cells.turn import turn
from cloud.cells.undo import erase_copy, take_back
from cloud.command_language import say
from cloud.db.engine import Database
from cloud.db.models import Arrival, ArrivalState, Departure, Territory
from cloud.directory.places import Places
from cloud.domain.territories import read_code


@click.group(help=say("Территории: перенести в другую ячейку."))
def territory() -> None:
    """The group; its commands follow."""


@territory.command(
    "move", help=say("Перенести территорию в другую ячейку; прерванный перенос та же команда доведёт до конца.")
)
@click.argument("code")
@click.option("--to", "to", required=True, metavar="CELL", help=say("Имя ячейки из файла."))
@click.option(
    "--cells",
    "file",
    required=True,
    envvar="OKTER_CELLS",
    type=click.Path(path_type=Path, dir_okay=False),
    help=say("Файл ячеек TOML; иначе $OKTER_CELLS."),
)
@click.option(
    "--cancel", is_flag=True, help=say("Отменить прерванный перенос, пока территория не открыта в новой ячейке.")
)
def move_command(code: str, to: str, file: Path, *, cancel: bool) -> None:
    code, named = read_code(code), read_cells(file)
    if to not in named.cells:
        raise click.UsageError(say("--to: в {file} нет ячейки {cell}", file=file, cell=to))
    cells = {name: Cell.opened(settings) for name, settings in named.cells.items()}
    directory = Database(named.directory) if named.directory else None
    try:
        if _is_nobodys_copy(cells, cells[to], code):
            _erase_copy(cells[to], code, cancel=cancel)
            return
        source, target = _home(cells, cells[to], code), cells[to]
        if cancel:
            _cancel(source, target, code)
            return
        places = Places(directory) if directory is not None else None
        move = Move(source, target, code, key=named.key, places=places, after=_say_step)
        move.run()
        _say_done(move, named)
    finally:
        for cell in cells.values():
            cell.close()
        if directory is not None:
            directory.close()


def _home(cells: dict[str, Cell], target: Cell, code: str) -> Cell:
    """The cell that has the territory's rows, or else the newest tombstone that points to `target`. Raises MoveFailed."""
    others = [cell for cell in cells.values() if cell.name != target.name]
    gone = []
    for cell in others:
        with cell.database.read() as session:
            if session.scalar(select(Territory.id).where(Territory.code == code)) is not None:
                return cell
            row = session.get(Departure, code)
            if row is not None and row.cell_url == target.url:
                gone.append((row.serial, cell))
    if gone:
        return max(gone, key=lambda found: found[0])[1]
    with target.database.read() as session:
        here = session.scalar(select(Territory.id).where(Territory.code == code)) is not None
    if here:
        raise MoveFailed(say("{code}: территория уже в ячейке {cell}", code=code, cell=target.name))
    raise MoveFailed(say("{code}: такой территории нет ни в одной ячейке", code=code))


def _is_nobodys_copy(cells: dict[str, Cell], target: Cell, code: str) -> bool:
    """Whether `target` has a copy that was cut off, of a territory that its own cell does not have any more."""
    with target.database.read() as session:
        arrival = session.get(Arrival, code)
    if arrival is None or arrival.state != ArrivalState.COPYING:
        return False
    for cell in cells.values():
        with cell.database.read() as session:
            if cell.name != target.name and session.scalar(select(Territory.id).where(Territory.code == code)):
                return False
    return True


def _erase_copy(target: Cell, code: str, *, cancel: bool) -> None:
    if not cancel:
        raise MoveFailed(
            say(
                "{code}: территории больше нет ни в одной ячейке, а в {cell} осталась недоделанная копия; --cancel удалит её",
                code=code,
                cell=target.name,
            )
        )
    with turn(code, target):
        erased = erase_copy(target, code)
    if not erased:  # it was opened between the look and the lock
        raise MoveFailed(
            say("{code}: поздно отменять, территория уже открыта в ячейке {cell}", code=code, cell=target.name)
        )
    print(say("{code}: копия в ячейке {cell} удалена", code=code, cell=target.name))


def _cancel(source: Cell, target: Cell, code: str) -> None:
    with source.database.read() as session:
        number = session.scalar(select(Territory.id).where(Territory.code == code))
    with turn(code, source, target):
        taken = number is not None and take_back(source, target, code, number)
    if not taken:
        raise MoveFailed(
            say("{code}: поздно отменять, территория уже открыта в ячейке {cell}", code=code, cell=target.name)
        )
    print(say("{code}: перенос отменён, территория в ячейке {cell}", code=code, cell=source.name))


def _say_step(step: str) -> None:
    words = {
        "copy": say("скопировано, запись замирает"),
        "freeze": say("запись замерла, переносятся последние изменения"),
        "open": say("территория открыта в новой ячейке"),
        "leave": say("прежняя ячейка указывает на новую"),
    }
    if step in words:
        print(words[step], flush=True)


def _say_done(move: Move, named: CellsFile) -> None:
    if move.frozen_at is not None and move.thawed_at is not None:
        frozen_s = (move.thawed_at - move.frozen_at).total_seconds()
        print(say("запись стояла {seconds:.1f} с", seconds=frozen_s))
    print(say("{code}: перенесена в ячейку {cell}", code=move.code, cell=move.target.name))
    if named.key is None:
        print(say("Ключа moves.key нет: шлагбаумы работают через прежнюю ячейку, её нельзя выключать"))

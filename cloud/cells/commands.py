"""`okter territory`: moves one territory to another cell while it stays in use, and finds moves that were cut off."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import select

from cloud.cells import unfinished
from cloud.cells.cell import Cell
from cloud.cells.errors import MoveFailed
from cloud.cells.move import Move
from cloud.cells.settings import CellsFile, read_cells
from cloud.cells.turn import turn
from cloud.cells.undo import erase_copy, take_back
from cloud.cells.whereabouts import Whereabouts
from cloud.command_language import say
from cloud.db.engine import Database
from cloud.db.models import Territory
from cloud.directory.places import Places
from cloud.domain.territories import read_code

_cells_file = click.option(
    "--cells",
    "file",
    required=True,
    envvar="OKTER_CELLS",
    type=click.Path(path_type=Path, dir_okay=False),
    help=say("Файл ячеек TOML; иначе $OKTER_CELLS."),
)


@click.group(help=say("Территории: перенести в другую ячейку, найти недоделанные переносы."))
def territory() -> None:
    """The group; its commands follow."""


@territory.command(
    "move", help=say("Перенести территорию в другую ячейку; прерванный перенос та же команда доведёт до конца.")
)
@click.argument("code")
@click.option("--to", "to", required=True, metavar="CELL", help=say("Имя ячейки из файла."))
@_cells_file
@click.option(
    "--cancel", is_flag=True, help=say("Отменить прерванный перенос, пока территория не открыта в новой ячейке.")
)
def move_command(code: str, to: str, file: Path, *, cancel: bool) -> None:
    code, named = read_code(code), read_cells(file)
    if to not in named.cells:
        raise click.UsageError(say("--to: в {file} нет ячейки {cell}", file=file, cell=to))
    with _opened(named) as (cells, places):
        where = Whereabouts(file, cells, cells[to], code, places)
        if where.is_nobodys_copy():
            _erase_copy(cells[to], code, file, cancel=cancel)
            return
        source, target = where.home(), cells[to]
        if cancel:
            _cancel(source, target, code)
            return
        move = Move(source, target, code, key=named.key, places=places, after=_say_step)
        move.run()
        _say_done(move, named)


@territory.command("check", help=say("Найти переносы, которые прерваны: где стоит запись и что с этим делать."))
@_cells_file
def check_command(file: Path) -> None:
    """Exit code 1 if a move is unfinished, or if a cell could not be asked."""
    named = read_cells(file)
    with _opened(named) as (cells, _):
        found = unfinished.look(cells, file)
    for one in found:
        print(one.line)
    wrong = sum(not one.well for one in found)
    print(say("ячеек {cells}, прерванных переносов {n}", cells=len(cells), n=wrong))
    if wrong:
        sys.exit(1)


@contextmanager
def _opened(named: CellsFile) -> Iterator[tuple[Mapping[str, Cell], Places | None]]:
    """The cells of the file by name, and the directory if there is one."""
    cells = {name: Cell.opened(settings) for name, settings in named.cells.items()}
    directory = Database(named.directory) if named.directory else None
    try:
        yield cells, None if directory is None else Places(directory)
    finally:
        for cell in cells.values():
            cell.close()
        if directory is not None:
            directory.close()


def _erase_copy(target: Cell, code: str, file: Path, *, cancel: bool) -> None:
    if not cancel:
        raise MoveFailed(
            say(
                "{code}: территории больше нет ни в одной ячейке из {file}, а в {cell} осталась недоделанная копия; "
                "--cancel удалит её",
                code=code,
                cell=target.name,
                file=file,
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
    if move.missing_pictures:
        print(say("снимков, которых в хранилище прежней ячейки уже не было: {n}", n=len(move.missing_pictures)))
    print(say("{code}: перенесена в ячейку {cell}", code=move.code, cell=move.target.name))
    if named.key is None:
        print(say("Ключа moves.key нет: шлагбаумы работают через прежнюю ячейку, её нельзя выключать"))

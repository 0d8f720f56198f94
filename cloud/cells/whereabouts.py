"""Where a territory is among the cells of the file. That no cell named there has it does not mean that none has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from cloud.cells.cell import Cell
from cloud.cells.errors import MoveFailed
from cloud.cells.unfinished import not_named
from cloud.db.models import Arrival, ArrivalState, Departure, Territory
from cloud.directory.places import Places
from core.words.language import say


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The cells of `file`, asked about one territory that goes to `target`."""

    file: Path
    cells: Mapping[str, Cell]
    target: Cell
    code: str
    places: Places | None = None
    """The directory, which knows cells that the file does not name; None = there is none."""

    def home(self) -> Cell:
        """The cell that has the territory's rows, or else the newest tombstone that points to `target`. Raises MoveFailed."""
        gone = []
        for cell in self._others():
            with cell.database.read() as session:
                if session.scalar(select(Territory.id).where(Territory.code == self.code)) is not None:
                    return cell
                row = session.get(Departure, self.code)
                if row is not None and row.cell_url == self.target.url:
                    gone.append((row.serial, cell))
        if gone:
            return max(gone, key=lambda found: found[0])[1]
        self._check_named()
        if _has(self.target, self.code):
            raise MoveFailed(say("{code}: территория уже в ячейке {cell}", code=self.code, cell=self.target.name))
        raise MoveFailed(self._nowhere())

    def is_nobodys_copy(self) -> bool:
        """Whether `target` has a copy that was cut off, of a territory that its own cell does not have any more.

        Raises MoveFailed if its own cell is not in the file: nobody has asked it.
        """
        with self.target.database.read() as session:
            arrival = session.get(Arrival, self.code)
        if (
            arrival is None
            or arrival.state != ArrivalState.COPYING
            or any(_has(cell, self.code) for cell in self._others())
        ):
            return False
        self._check_named()
        return True

    def _others(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.name != self.target.name]

    def _check_named(self) -> None:
        with self.target.database.read() as session:
            arrival = session.get(Arrival, self.code)
        if arrival is not None and arrival.from_url and arrival.from_url not in {cell.url for cell in self._others()}:
            raise MoveFailed(not_named(self.code, arrival.from_url, self.file))

    def _nowhere(self) -> str:
        place = None if self.places is None else self.places.of_code(self.code)
        if place is not None and place.cell_url not in {cell.url for cell in self.cells.values()}:
            return say(
                "{code}: по справочнику территория в {url}, а этой ячейки в {file} нет: впишите её ([cells.ИМЯ] с ключом env)",
                code=self.code,
                url=place.cell_url,
                file=self.file,
            )
        return say("{code}: такой территории нет ни в одной ячейке из {file}", code=self.code, file=self.file)


def _has(cell: Cell, code: str) -> bool:
    with cell.database.read() as session:
        return session.scalar(select(Territory.id).where(Territory.code == code)) is not None

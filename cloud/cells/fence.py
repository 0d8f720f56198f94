"""Who may write at the new cell: of several commands that move one territory, the newest one alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from cloud.cells.errors import TakenOver
from cloud.db.cells import Arrival, ArrivalState
from cloud.db.engine import Database


@dataclass(frozen=True, slots=True)
class Fence:
    """One command's right to one arrival."""

    target: Database
    code: str
    run: str

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction at the new cell. Raises TakenOver when the arrival is another's by now, or is open."""
        with self.target.write() as session:
            ours = (
                update(Arrival)
                .where(Arrival.code == self.code, Arrival.run == self.run, Arrival.state == ArrivalState.COPYING)
                .values(run=self.run)
                .returning(Arrival.code)
            )
            if session.scalar(ours) is None:
                raise TakenOver(self.code)
            yield session

"""Write access to the new cell. If several commands move one territory, only the newest may write."""

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
    """The right of one command run to write one arriving territory."""

    target: Database
    code: str
    run: str

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction at the new cell. Raises TakenOver if another command owns the arrival now, or it is open."""
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

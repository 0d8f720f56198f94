"""Moves one territory to another cell while it stays in use (ADR 145 to 147).

    begin       record at the new cell which command copies the territory
    copy        copy rows and pictures, hidden at the new cell, while the old cell goes on working
    freeze      the old cell's database rejects writes: gates queue what they have, people are asked to wait a moment
    catch up    copy what has changed since, then compare the two cells
    open        one transaction at the new cell: the territory is live there. Until here everything can be undone
    leave       one transaction at the old cell: its rows are deleted and a tombstone points to the new cell
    announce    update the directory and close the streams of the gates, so that they reconnect
    clear       delete the pictures at the old cell

Only one command at a time moves a territory; a second one is refused (ADR 196). If the command is killed at any point,
running it again continues. Before `open` it copies what is missing; after `open`
it can only go forward.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from cloud.cells import departure
from cloud.cells.cell import Cell
from cloud.cells.copying import Copier, erase
from cloud.cells.errors import MoveFailed, MoveUnfinished, TakenOver
from cloud.cells.fence import Fence
from cloud.cells.freeze import freeze, frozen, thaw
from cloud.cells.pictures import PictureCopier
from cloud.cells.redirect import UNSIGNED, Redirect, document_of, signed
from cloud.cells.turn import Check, turn
from cloud.cells.undo import take_back
from cloud.db.cells import Arrival, ArrivalRow, ArrivalState, Departure
from cloud.db.models import Territory, utc_now
from cloud.directory.places import Places
from cloud.domain import addressed, audit, day_counts
from cloud.pictures import PicturesAway
from core.words.language import say

ATTEMPTS = 3
"""Copy passes under the freeze before the move is given up."""


def _no_turn() -> None:
    raise AssertionError("only `run` has a turn")


def _nothing(_step: str) -> None:
    """The default for `Move.after`."""


@dataclass(slots=True)
class Move:
    """One run of the command. `after` is called with the name of each step when it is done."""

    source: Cell
    target: Cell
    code: str
    key: Path | None = None
    """Private key that signs the redirect for gates. None = no redirect: the old cell forwards the gates' requests."""
    places: Places | None = None
    after: Callable[[str], None] = _nothing
    clock: Callable[[], datetime] = utc_now
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    frozen_at: datetime | None = None
    thawed_at: datetime | None = None
    missing_pictures: set[str] = field(default_factory=set)
    """Keys of pictures that visits of the old cell name and its storage does not have, as far as this run has looked."""
    _check_turn: Check = field(default=_no_turn, repr=False)

    def run(self) -> None:
        """Moves the territory, or finishes an interrupted move.

        Raises MoveFailed (the territory stays where it was), TakenOver (another command moves it; nobody here knows how far),
        or MoveUnfinished (run the command again).
        """
        with turn(self.code, self.source, self.target) as self._check_turn:
            self._run()

    def _run(self) -> None:
        gone, territory_id = self._standing()
        state = self._arrival_state()
        if gone is not None and territory_id is None:
            if gone.cell_url != self.target.url:
                raise MoveFailed(say("{code}: территория уже в {url}", code=self.code, url=gone.cell_url))
            self._finish()
            return
        if territory_id is None:
            raise MoveFailed(say("{code}: в ячейке {cell} нет такой территории", code=self.code, cell=self.source.name))
        if state is None or state is ArrivalState.COPYING:
            self._bring(territory_id)
        try:
            self._leave(territory_id)
            self._finish()
        except (SQLAlchemyError, PicturesAway, OSError, MoveFailed) as error:
            told = str(error).splitlines()[0]
            raise MoveUnfinished(
                say("{code}: территория уже в новой ячейке, осталось закончить: {error}", code=self.code, error=told)
            ) from error

    # -- until the territory opens at the new cell, everything can be undone ------------------------------------------

    def _bring(self, territory_id: int) -> None:
        try:
            self._check_free()
            fence = self._begin()
            pictures = PictureCopier(self.source.pictures, self.target.pictures, missing=self.missing_pictures)
            copier = Copier(self.source.database, fence, territory_id, pictures)
            copier.copy(now=self.clock(), whole=False)
            self.after("copy")
            self._check_turn()
            freeze(self.source.database, territory_id)
            self.frozen_at = self.clock()
            self.after("freeze")
            self._check_is_there(territory_id)
            self._catch_up(copier)
            self.after("catch up")
            self._open(copier, fence)
        except TakenOver:
            raise
        except KeyboardInterrupt:
            self._take_back(territory_id)
            raise
        except (SQLAlchemyError, PicturesAway, OSError, MoveFailed) as error:
            self._take_back(territory_id)
            if isinstance(error, MoveFailed):
                raise
            told = str(error).splitlines()[0]
            raise MoveFailed(
                say(
                    "{code}: перенос отменён ({error}). Территория осталась в ячейке {cell}, запись в неё идёт. В ячейке {other} "
                    "могли остаться люди, которые туда уже вошли, и снимки, о которых её хранилище не ответило",
                    code=self.code,
                    cell=self.source.name,
                    other=self.target.name,
                    error=told,
                )
            ) from error
        self.after("open")

    def _begin(self) -> Fence:
        serial = self._next_serial()
        self._signed(serial)  # find out now, not after the point of no return, whether the key can sign
        with self.target.database.write() as session:
            row = session.get(Arrival, self.code) or Arrival(code=self.code, at=self.clock())
            row.run, row.state, row.serial = self.run_id, ArrivalState.COPYING, serial
            row.from_url = self.source.url
            session.add(row)
        self.after("begin")
        return Fence(self.target.database, self.code, self.run_id)

    def _check_free(self) -> None:
        """Raises MoveFailed if the new cell has a territory with this code that is not an unfinished copy."""
        with self.target.database.read() as session:
            arrival = session.get(Arrival, self.code)
            there = session.scalar(select(Territory.id).where(Territory.code == self.code))
        if there is not None and (arrival is None or arrival.state == ArrivalState.OPEN):
            raise (
                TakenOver(self.code)
                if arrival is not None
                else MoveFailed(
                    say(
                        "{code}: в ячейке {cell} уже есть территория с этим кодом",
                        code=self.code,
                        cell=self.target.name,
                    )
                )
            )

    def _check_is_there(self, territory_id: int) -> None:
        """Raises MoveFailed if its manager deleted the territory while it was copied: then the copy has to go too."""
        if self._standing()[1] != territory_id:
            raise MoveFailed(say("{code}: территорию удалили, пока она переносилась", code=self.code))

    def _catch_up(self, copier: Copier) -> None:
        differing: list[str] = []
        for _ in range(ATTEMPTS):
            copier.copy(now=self.clock(), whole=True)
            differing = copier.differences()
            if not differing:
                return
        raise MoveFailed(say("{code}: копия не сошлась: {what}", code=self.code, what="; ".join(differing)[:300]))

    def _open(self, copier: Copier, fence: Fence) -> None:
        """Opens the territory at the new cell: from this commit on, it lives there."""
        with fence.write() as session:
            copier.open_up(session)
            session.execute(delete(ArrivalRow).where(ArrivalRow.code == self.code))
            session.execute(delete(Departure).where(Departure.code == self.code))  # it left this cell once and is back
            arrival = session.get_one(Arrival, self.code)
            arrival.state, arrival.at = ArrivalState.OPEN, self.clock()
            territory = session.get_one(Territory, copier.new_territory_id)
            day_counts.recount(session, territory)
            audit.record(session, "territory-arrived", actor=None, territory=territory, subject=self.source.url)

    def _take_back(self, territory_id: int) -> None:
        """Undoes the move. Raises MoveUnfinished if that fails, or if `open` had committed after all."""
        try:
            taken = take_back(self.source, self.target, self.code, territory_id, run=self.run_id)
        except (SQLAlchemyError, PicturesAway, OSError) as error:
            told = str(error).splitlines()[0]
            raise MoveUnfinished(
                say("{code}: перенос прерван и не отменён ({error}): запустите ещё раз", code=self.code, error=told)
            ) from error
        if not taken:
            raise MoveUnfinished(say("{code}: территория уже в новой ячейке: запустите ещё раз", code=self.code))
        self.thawed_at = self.clock()

    # -- after that, only forward --------------------------------------------------------------------------------

    def _leave(self, territory_id: int) -> None:
        """Replaces the rows with the tombstone, in one transaction."""
        serial = self._serial()
        redirect = self._signed(serial)
        with self.source.database.write() as session:
            territory = session.get_one(Territory, territory_id)
            thaw(session, territory_id, sqlite=self.source.database.is_sqlite)
            departure.record(
                session, territory, cell_url=self.target.url, serial=serial, redirect=redirect, now=self.clock()
            )
            addressed.let_go(session, territory_id, now=self.clock())
            session.expunge_all()
            erase(session, territory_id)
        self.thawed_at = self.clock()
        self.after("leave")

    def _finish(self) -> None:
        """Does the remaining steps. An earlier run may have done some of them; repeating them is harmless."""
        with self.source.database.read() as session:
            gone = session.get_one(Departure, self.code)
        if self.places is not None:
            self.places.move(self.code, gone.cell_url, serial=gone.serial, now=self.clock())
            if self._is_deleted():
                self.places.release(self.code, gone.cell_url, before=self.clock())
        self.source.tell(departure.farewells(gone.gates))
        self.after("announce")
        departure.clear_pictures(self.source, self.code)
        self.after("clear")
        self._end()

    def _end(self) -> None:
        """Notes at the new cell that nothing is left to do at the old one."""
        ours = Arrival.code == self.code, Arrival.from_url == self.source.url
        with self.target.database.write() as session:
            session.execute(update(Arrival).where(*ours).values(from_url=""))

    def _signed(self, serial: int) -> Redirect:
        return UNSIGNED if self.key is None else signed(document_of(self.code, self.target.url, serial), self.key)

    # -- current state -------------------------------------------------------------------------------------------

    def _standing(self) -> tuple[Departure | None, int | None]:
        with self.source.database.read() as session:
            gone = session.get(Departure, self.code)
            return gone, session.scalar(select(Territory.id).where(Territory.code == self.code))

    def _arrival_state(self) -> ArrivalState | None:
        """The state of this move at the new cell; None if there is none. Arrivals of earlier moves are ignored."""
        with self.target.database.read() as session:
            arrival = session.get(Arrival, self.code)
            there = session.scalar(select(Territory.id).where(Territory.code == self.code))
        if arrival is None or arrival.serial != self._next_serial():
            return None
        if (
            there is None
        ):  # deleted since it opened, unless the code is another territory's by now: that one is not frozen
            return ArrivalState.GONE if arrival.state == ArrivalState.GONE and self._is_frozen() else None
        return ArrivalState(arrival.state)

    def _is_frozen(self) -> bool:
        _, territory_id = self._standing()
        return territory_id in frozen(self.source.database)

    def _is_deleted(self) -> bool:
        with self.target.database.read() as session:
            arrival = session.get(Arrival, self.code)
            return arrival is not None and arrival.state == ArrivalState.GONE

    def _next_serial(self) -> int:
        """One more than the serial of the move that brought the territory to the old cell, or 1."""
        with self.source.database.read() as session:
            arrival = session.get(Arrival, self.code)
        return 1 + (arrival.serial if arrival is not None else 0)

    def _serial(self) -> int:
        with self.target.database.read() as session:
            return session.get_one(Arrival, self.code).serial

"""Forgets what a deletion leaves outside of the database, however often the portal is killed meanwhile (ADR 195).

The deleting transaction notes what is left. The hourly chores forget it and only then drop the note. Nothing is deleted
because a database does not know it: an empty one, or one from an older copy, knows nothing, and the pictures are others'.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.cells import Arrival, ArrivalState
from cloud.db.engine import Database
from cloud.db.gone import GoneGate, GoneTerritory
from cloud.db.models import Gate, GateEvent, Territory
from cloud.directory.client import Directory, DirectoryAway
from cloud.pictures import Pictures, PicturesAway
from cloud.pictures.seam import event_of

NOTED_FOR = timedelta(days=1)
"""How long a gate stays noted: a request that began before the deletion may store a picture after it."""
STILL_WRITTEN = timedelta(days=7)
"""If a gate that this database does not know has a picture this young, another portal keeps its pictures here too."""
ARRIVALS_LAST = timedelta(days=30)
"""How long a move that was cut off still learns that its territory has been deleted since; then it is not finished any more."""
log = logging.getLogger(__name__)


def note_gates(session: Session, gate_ids: Iterable[int], *, now: datetime) -> None:
    """In the transaction that deletes these gates: their pictures are to be deleted too."""
    for gate_id in gate_ids:
        session.merge(GoneGate(gate_id=gate_id, at=now))


def note_territory(session: Session, code: str, *, now: datetime) -> None:
    """In the transaction that deletes a territory for good, as opposed to one that has moved to another cell."""
    session.merge(GoneTerritory(code=code, at=now))
    arrival = session.get(Arrival, code)
    if arrival is not None:
        arrival.state, arrival.at = ArrivalState.GONE, now


def forget_pictures(
    database: Database, pictures: Pictures, *, now: datetime, told: Callable[[], object] = lambda: None
) -> None:
    """Delete the pictures of gates that this database has deleted. A storage that does not answer is asked next time."""
    try:
        kept = pictures.gates()
        with database.read() as session:
            living = set(session.scalars(select(Gate.id)))
            noted = set(session.scalars(select(GoneGate.gate_id)))
        newest = max(living | noted, default=0)
        strange = kept - living - noted
        shared = _is_shared(pictures, strange, now=now)
        ours = (kept & noted) - living | {gate for gate in strange if gate < newest and not shared}
        for gate in sorted(ours):
            told()
            pictures.drop_gate(gate)
        done = noted - living
        for gate in sorted(noted & living):  # SQLite has given the number to another gate
            told()
            if gate not in kept or _drop_nobodys(database, pictures, gate):
                done.add(gate)
        pictures.tidy(now - NOTED_FOR)
    except PicturesAway as error:
        log.warning("pictures of deleted gates stay until the next hour: %s", error)
        return
    if unknown := kept - living - ours:
        whose = ("another portal stores its pictures here: each needs a storage of its own" if shared
                 else "this database has never had them")  # fmt: skip
        log.warning("pictures of %d gates are left alone, from snapshots/%d/ on: %s", len(unknown), min(unknown), whose)
    with database.write() as session:
        session.execute(delete(GoneGate).where(GoneGate.gate_id.in_(done), GoneGate.at < now - NOTED_FOR))


def _is_shared(pictures: Pictures, strange: Iterable[int], *, now: datetime) -> bool:
    """Whether another portal stores its pictures here: one of the gates that are not ours has a young one."""
    newest = (pictures.newest(gate) for gate in sorted(strange))
    return any(at is not None and at > now - STILL_WRITTEN for at in newest)


def _drop_nobodys(database: Database, pictures: Pictures, gate_id: int) -> bool:
    """Delete the pictures below a living gate's number that no visit has: they are an earlier gate's. False = not now."""
    for keys in pictures.keys(gate_id):
        with database.read() as session:
            if _is_arriving(session, gate_id):  # a picture is copied before its visit
                return False
            events = {event_of(key) for key in keys}
            query = select(GateEvent.event_id).where(GateEvent.gate_id == gate_id, GateEvent.event_id.in_(events))
            known = set(session.scalars(query))
        pictures.drop([key for key in keys if event_of(key) not in known])
    return True


def _is_arriving(session: Session, gate_id: int) -> bool:
    query = (
        select(Arrival.code)
        .join(Territory, Territory.code == Arrival.code)
        .join(Gate, Gate.territory_id == Territory.id)
        .where(Gate.id == gate_id, Arrival.state == ArrivalState.COPYING)
    )
    return session.scalar(query) is not None


def forget_codes(database: Database, directory: Directory, *, now: datetime) -> None:
    """Tell the directory of deleted territories, and forget their arrivals here."""
    with database.write() as session:
        session.execute(delete(Arrival).where(Arrival.state == ArrivalState.GONE, Arrival.at < now - ARRIVALS_LAST))
    with database.read() as session:
        gone = list(session.execute(select(GoneTerritory.code, GoneTerritory.at)))
    try:
        for code, at in gone:
            directory.release(code, before=at)
            with database.write() as session:
                session.execute(delete(GoneTerritory).where(GoneTerritory.code == code, GoneTerritory.at == at))
    except DirectoryAway as error:
        log.warning("the directory learns of deleted territories in an hour: %s", error)

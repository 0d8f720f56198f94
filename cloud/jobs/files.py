"""Files that jobs make or read, stored in the database in pieces, so that every host can serve them until the job is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.models import JobFile

PIECE = 256 * 1024
"""Bytes per piece; each piece is a short transaction."""


def keep(database: Database, job_id: int, file: IO[bytes], told: Callable[[], object]) -> None:
    """Store the file from its beginning; what an earlier try left is replaced.

    `told` is called before each piece, and may raise.
    """
    with database.write() as session:
        session.execute(delete(JobFile).where(JobFile.job_id == job_id))
    file.seek(0)
    number = 0
    while piece := file.read(PIECE):
        told()
        with database.write() as session:
            session.add(JobFile(job_id=job_id, number=number, content=piece))
        number += 1


def whole(database: Database, job_id: int) -> bytes:
    """The whole file; empty if there is none."""
    return b"".join(pieces(database, job_id))


def hand_in(session: Session, job_id: int, content: bytes) -> None:
    """Store a file for a job to read, in the transaction that queues the job."""
    for number, first in enumerate(range(0, len(content), PIECE)):
        session.add(JobFile(job_id=job_id, number=number, content=content[first : first + PIECE]))


def drop(session: Session, job_id: int) -> None:
    """Delete the job's file."""
    session.execute(delete(JobFile).where(JobFile.job_id == job_id))


def size(database: Database, job_id: int) -> int:
    """Size in bytes; 0 if there is no file."""
    with database.read() as session:
        kept = select(func.sum(func.length(JobFile.content))).where(JobFile.job_id == job_id)
        return int(session.scalar(kept) or 0)


def pieces(database: Database, job_id: int) -> Iterator[bytes]:
    """The file, piece by piece. No transaction stays open, however slowly it is fetched."""
    number = 0
    while True:
        with database.read() as session:
            piece = session.scalar(select(JobFile.content).where(JobFile.job_id == job_id, JobFile.number == number))
        if piece is None:
            return
        yield piece
        number += 1

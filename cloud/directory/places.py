"""The data of the directory: the cell of each territory, and the territory of each older device token.

A device token names its territory in its public part, so enrolling a gate writes nothing here. Tokens issued before they
had that part are looked up by hash. The tokens themselves are never stored here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from cloud.db.base import UtcDateTime
from cloud.db.engine import Database

METADATA = MetaData()
PLACES = Table(
    "directory_places",
    METADATA,
    Column("code", String(7), primary_key=True),
    Column("cell_url", String(200), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
CREDENTIALS = Table(
    "directory_credentials",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("code", String(7), ForeignKey("directory_places.code", ondelete="CASCADE"), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """The cell of a territory, and the serial of the move that brought it there (0 = never moved)."""

    code: str
    cell_url: str
    serial: int


class Places:
    """Access to the tables, which are created if they do not exist. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        METADATA.create_all(database.engine)

    def of_code(self, code: str) -> Place | None:
        return self._one(PLACES.c.code == code)

    def of_credential(self, hashed: str) -> Place | None:
        """The place of a territory by the hash of an older device token, one that does not name its territory."""
        found = select(CREDENTIALS.c.code).where(CREDENTIALS.c.hash == hashed).scalar_subquery()
        return self._one(PLACES.c.code == found)

    def claim(self, code: str, cell_url: str, *, now: datetime) -> bool:
        """Assigns a code to a cell for a new territory. False if the code is taken, even by that cell."""
        dialect = sqlite if self._database.is_sqlite else postgresql
        statement = dialect.insert(PLACES).values(code=code, cell_url=cell_url, serial=0, changed_at=now)
        with self._database.write() as session:
            free = statement.on_conflict_do_nothing(index_elements=["code"]).returning(PLACES.c.code)
            return session.scalar(free) is not None

    def release(self, code: str, cell_url: str, *, before: datetime) -> None:
        """Frees the code of a territory that this cell has deleted, unless it was claimed or moved after that moment."""
        ours = PLACES.c.code == code, PLACES.c.cell_url == cell_url, PLACES.c.changed_at <= before
        with self._database.write() as session:
            session.execute(delete(PLACES).where(*ours))

    def move(self, code: str, cell_url: str, *, serial: int, now: datetime) -> bool:
        """Records a move. False if it is outdated: the newer move that is known already stays."""
        older = or_(PLACES.c.serial < serial, and_(PLACES.c.serial == serial, PLACES.c.cell_url == cell_url))
        with self._database.write() as session:
            if session.scalar(select(PLACES.c.code).where(PLACES.c.code == code)) is None:
                session.execute(insert(PLACES).values(code=code, cell_url=cell_url, serial=serial, changed_at=now))
                return True
            moved = session.scalar(
                update(PLACES)
                .where(PLACES.c.code == code, older)
                .values(cell_url=cell_url, serial=serial, changed_at=now)
                .returning(PLACES.c.code)
            )
            return moved is not None

    def remember(self, code: str, hashes: Iterable[str]) -> None:
        """Records the hashes of a territory's tokens."""
        dialect = sqlite if self._database.is_sqlite else postgresql
        rows = [{"hash": one, "code": code} for one in hashes]
        if rows:
            with self._database.write() as session:
                statement = dialect.insert(CREDENTIALS).on_conflict_do_nothing(index_elements=["hash"])
                session.connection().execute(statement, rows)

    def count(self) -> int:
        """The number of known territories. Raises SQLAlchemyError if the database does not answer."""
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(PLACES)) or 0

    def _one(self, which: object) -> Place | None:
        query = select(PLACES.c.code, PLACES.c.cell_url, PLACES.c.serial).where(which)  # type: ignore[arg-type]
        with self._database.read() as session:
            row = session.execute(query).one_or_none()
        return None if row is None else Place(*row)

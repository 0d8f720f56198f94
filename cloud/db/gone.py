"""What was deleted and still has to be forgotten outside of this database: pictures of gates, a code in the directory."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base


class GoneGate(Base):
    """A gate that was deleted with its territory. Its row is written in that transaction, and goes after its pictures."""

    __tablename__ = "gone_gates"

    gate_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class GoneTerritory(Base):
    """The code of a deleted territory that the directory does not know of yet."""

    __tablename__ = "gone_territories"

    code: Mapped[str] = mapped_column(String(7), primary_key=True)
    at: Mapped[datetime]

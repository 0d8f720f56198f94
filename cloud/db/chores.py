"""The table of chores: who began which when, so that of all workers of all hosts one does each in its time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base


class Chore(Base):
    """A thing that is done every so often."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    begun_at: Mapped[datetime]

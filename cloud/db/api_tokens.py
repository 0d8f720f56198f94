"""The table of tokens of other programs: an intercom, a management company."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now
from cloud.db.territories import Territory


class Scope(StrEnum):
    """What a token may do."""

    PASSES = "passes"
    JOURNAL = "journal"


class ApiToken(Base):
    """Another program's key to one territory, in the name of the manager who made it. Only its hash is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), index=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(64))  # values of `Scope`, separated by spaces
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    made_by: Mapped[Account] = relationship()
    territory: Mapped[Territory] = relationship()

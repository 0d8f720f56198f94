"""Tables of Telegram: which chat is tied to which account, the codes that tie one, and what waits for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.accounts import Account
from cloud.db.base import Base, utc_now
from cloud.db.couriers import LaterParcel, Receiver
from cloud.db.gates import BigKey


class TelegramChat(Receiver, Base):
    """A person's chat with the bot of this portal. Without a number it is tied no more, and `gone_why` says how that came."""

    __tablename__ = "telegram_chats"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    language: Mapped[str] = mapped_column(String(2), default="ru")
    agreed_at: Mapped[datetime]  # that the texts go to a server abroad
    gone_at: Mapped[datetime | None]
    gone_why: Mapped[str] = mapped_column(String(16), default="")  # blocked | password

    account: Mapped[Account] = relationship()


class TelegramMessage(LaterParcel, Base):
    """A notice that waits for its chat."""

    __tablename__ = "telegram_messages"

    receiver_id: Mapped[int] = mapped_column(ForeignKey("telegram_chats.id", ondelete="CASCADE"), index=True)


class TelegramUpdate(Base):
    """What the bot was told and did, until Telegram knows that: who died between the two is told it again, and does it no second time."""

    __tablename__ = "telegram_updates"
    __table_args__ = (Index("ix_telegram_updates_done_at", "done_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)  # Telegram's own
    done_at: Mapped[datetime]


class TelegramCode(Base):
    """What ties a chat to an account, once and within minutes; an account has the newest alone."""

    __tablename__ = "telegram_codes"
    __table_args__ = (Index("ix_telegram_codes_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(2), default="ru")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]

    account: Mapped[Account] = relationship()

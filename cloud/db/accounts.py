"""Tables of people: accounts, the links sent by mail, and the devices they are logged in on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db.base import Base, utc_now


class Account(Base):
    """A person. The e-mail is the log-in; it is lower-cased and unique."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(32))
    password_hash: Mapped[str] = mapped_column(String(200))
    pin_hash: Mapped[str | None] = mapped_column(String(200))  # asked before a barrier is opened
    totp_secret: Mapped[str | None] = mapped_column(String(64))  # base32; None = the password is enough
    totp_step: Mapped[int | None] = mapped_column(BigInteger)  # of the last code used; each works once
    recovery_hashes: Mapped[list[str] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    confirmed_at: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(2))  # of letters, as last chosen on a page; None = none was
    consented_at: Mapped[datetime | None]  # the newest acceptance of policy, agreement and terms


class Consent(Base):
    """The first acceptance of a version of policy, agreement and terms by a person."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("account_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    address: Mapped[str] = mapped_column(String(64), default="")


class Registration(Base):
    """What somebody entered to register. The mailed link turns it, password included, into an account."""

    __tablename__ = "registrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(32))
    password_hash: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    consent_version: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class MailToken(Base):
    """A one-time link sent by mail: to reset a password, to change the address."""

    __tablename__ = "mail_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))  # reset | change
    new_email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class Device(Base):
    """A logged-in browser. `pending` = the password was right, but one of ten others must first be logged out."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pending: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(64), default="")

    account: Mapped[Account] = relationship()


class Attempt(Base):
    """Rate limit counter: how often a key (a hash of what was tried and by whom) was used in one time window."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_window_ends_at", "window_ends_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_ends_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None]  # for growing waits: nothing may be tried before

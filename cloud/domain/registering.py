"""Registration: the data entered is kept apart from all accounts until the same person confirms it (ADR 81).

An address may be registered several times before anybody confirms; each registration has its own link and password. The
link alone does nothing, because mail scanners open links, and so may the victim of a stranger's registration. The link
together with the password of that registration makes the account; the other registrations are then void.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Registration
from cloud.domain import accounts, consent
from cloud.domain.accounts import NewAccount
from cloud.domain.limits import Backoff
from cloud.domain.tokens import new_token, token_hash

LASTS = timedelta(days=3)
MOST_OPEN = 20
"""Pending registrations per address; a further one voids the oldest."""
PASSWORDS = Backoff("confirm", 10, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""Password attempts on one link."""


def begin(session: Session, new: NewAccount, *, now: datetime) -> str:
    """Store a registration; returns the token of its link."""
    waiting = list(
        session.scalars(select(Registration.id).where(Registration.email == new.email).order_by(Registration.id.desc()))
    )
    session.execute(delete(Registration).where(Registration.id.in_(waiting[MOST_OPEN - 1 :])))
    token = new_token()
    session.add(
        Registration(
            email=new.email,
            name=new.name,
            phone=new.phone,
            password_hash=new.password_hash,
            token_hash=token_hash(token),
            consent_version=consent.CURRENT,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    return token


def find(session: Session, token: str | None, *, now: datetime) -> Registration | None:
    """The pending registration of a link."""
    if not token:
        return None
    return session.scalar(
        select(Registration).where(Registration.token_hash == token_hash(token), Registration.expires_at > now)
    )


def newest(session: Session, email: str, *, now: datetime) -> Registration | None:
    """The latest pending registration of an address."""
    return session.scalar(
        select(Registration)
        .where(Registration.email == email, Registration.expires_at > now)
        .order_by(Registration.id.desc())
        .limit(1)
    )


def complete(session: Session, registration: Registration, *, now: datetime, address: str = "") -> Account | None:
    """Turn it into the account of its address; None if the address already has one."""
    if accounts.by_email(session, registration.email) is not None:
        return None
    new = NewAccount(registration.name, registration.phone, registration.email, registration.password_hash)
    account = accounts.create(session, new, now=now)
    consent.accept(session, account, address=address, now=now, version=registration.consent_version)
    session.execute(delete(Registration).where(Registration.email == registration.email))
    return account

"""Rate limits, counted in the database so that all workers share them."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.db.models import Attempt
from cloud.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses per `window`."""

    name: str
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """`free` attempts without waiting; then each wait is twice as long as the one before, up to `longest`.

    The count is reset after `forgotten` without an attempt.
    """

    name: str
    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta


REGISTRATIONS = Limit("register", 300, timedelta(hours=1))
RESETS = Limit("reset", 300, timedelta(hours=1))
"""Per network, which may be a whole village. The load on a recipient's mailbox is limited by `may_mail`."""
MAILS_TO_ONE = Limit("mail", 20, timedelta(hours=1))
MAILS_FROM_ONE = Limit("mail-pair", 4, timedelta(hours=1))
"""Mails to one address requested from one network: a stranger's requests use up nobody else's limit."""
JOIN_REQUESTS = Limit("join", 20, timedelta(hours=1))
WRONG_CODES = Limit("join-network", 100, timedelta(hours=1))
"""Territory codes that were none, per network: many accounts must not try all codes. Right ones are given back."""
COMMANDS = Limit("command", 30, timedelta(minutes=1))


def network(address: str) -> str:
    """The network that an address counts for: itself, or for IPv6 the /64 that one household or server usually has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket or a test: all such clients count as one
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _key(limit: Limit | Backoff, subject: str) -> str:
    return hashlib.sha256(f"{limit.name}:{subject}".encode()).hexdigest()


def use(session: Session, limit: Limit, subject: str, *, now: datetime) -> bool:
    """Count one use; False if the window was already full."""
    row = _row(session, _key(limit, subject), ends=now + limit.window)
    if row.window_ends_at <= now:
        row.window_ends_at, row.count = now + limit.window, 0
    row.count += 1
    return row.count <= limit.most


def attempt(session: Session, backoff: Backoff, subject: str, *, now: datetime) -> timedelta:
    """Count an attempt and return None; or, if it is too early, count nothing and return how long to wait."""
    row = _row(session, _key(backoff, subject), ends=now + backoff.forgotten)
    if row.window_ends_at <= now:
        row.count, row.blocked_until = 0, None
    if row.blocked_until is not None and row.blocked_until > now:
        return row.blocked_until - now
    row.count += 1
    row.window_ends_at = now + backoff.forgotten
    over = row.count - backoff.free
    row.blocked_until = None if over < 0 else now + min(backoff.first * 2 ** min(over, 20), backoff.longest)
    return timedelta()


def give_back(session: Session, limit: Limit | Backoff, subject: str) -> None:
    """Take back one use that proved legitimate. It does not shorten a wait in progress."""
    session.execute(
        update(Attempt)
        .where(Attempt.key == _key(limit, subject), Attempt.count > 0)
        .values(count=Attempt.count - 1)
        .execution_options(synchronize_session=False)
    )


def _row(session: Session, key: str, *, ends: datetime) -> Attempt:
    """The row of a key, locked; created if missing."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"key": key, "window_ends_at": ends, "count": 0}
    session.execute(insert(Attempt).values(fresh).on_conflict_do_nothing())  # two at once must not collide
    return session.scalars(select(Attempt).where(Attempt.key == key).with_for_update()).one()


def demand(session: Session, limit: Limit, subject: str, *, now: datetime) -> None:
    """Like `use`, but raises Invalid with a message for the person if the window is full."""
    if not use(session, limit, subject, now=now):
        raise Invalid("", "Слишком много попыток. Попробуйте позже.")


def may_mail(session: Session, email: str, address: str, *, now: datetime) -> bool:
    """Count one mail to `email` requested from `address`; returns whether it may be sent."""
    return use(session, MAILS_FROM_ONE, f"{email}:{network(address)}", now=now) and use(
        session, MAILS_TO_ONE, email, now=now
    )


def forget(session: Session, limit: Limit | Backoff, subject: str) -> None:
    """Reset the count, after a correct log-in."""
    session.execute(delete(Attempt).where(Attempt.key == _key(limit, subject)))


def sweep(session: Session, *, now: datetime) -> None:
    """Delete windows that have ended."""
    session.execute(delete(Attempt).where(Attempt.window_ends_at <= now))

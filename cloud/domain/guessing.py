"""Protection against password guessing that does not let strangers lock anybody out (ADR 80).

Attempts are counted by account and address together, and more loosely by each alone. A browser that has logged in to
the account before has a mark (OWASP's "device cookie") and is counted only by that: whatever strangers do, the owner
can log in there. Attempts are counted per password, not per account: with a new password the count starts again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from cloud.domain import limits
from cloud.domain.errors import Invalid
from cloud.domain.limits import Backoff, Limit
from cloud.domain.tokens import new_token, same, signature

HOUR = timedelta(hours=1)
PAIR = Backoff("login-pair", 10, timedelta(minutes=1), HOUR, timedelta(days=1))
"""One account from one address."""
KNOWN = Backoff("login-known", 10, timedelta(minutes=1), HOUR, timedelta(days=1))
"""One account in one browser that has its mark."""
ACCOUNT = Backoff("login-account", 100, timedelta(minutes=1), timedelta(minutes=15), HOUR)
"""One account from all addresses together, to slow down guessing from a thousand of them."""
ADDRESS = Limit("login-address", 200, timedelta(minutes=15))
"""Wrong passwords from one address for any account; right ones are not counted."""


@dataclass(frozen=True, slots=True)
class Try:
    """One password about to be checked: for which account, from where, in which browser."""

    email: str
    address: str
    mark: str | None
    """The browser's mark: see `new_mark`."""
    password_hash: str | None
    """The account's, if there is one."""

    @property
    def account(self) -> str:
        stamp = hashlib.sha256((self.password_hash or "").encode()).hexdigest()[:16]
        return f"{self.email}:{stamp}"

    @property
    def network(self) -> str:
        return limits.network(self.address)


def new_mark(secret: bytes, email: str) -> str:
    """A mark for a browser in which `email` has just logged in."""
    nonce = new_token()
    return f"{nonce}.{signature(secret, 'known-device', f'{email}:{nonce}')}"


def is_known(secret: bytes, email: str, mark: str | None) -> bool:
    """Whether this portal gave the mark to a browser of `email`."""
    nonce, _, signed = (mark or "").partition(".")
    return bool(nonce) and same(signed, signature(secret, "known-device", f"{email}:{nonce}"))


def allow(session: Session, secret: bytes, one: Try, *, now: datetime) -> None:
    """Count the attempt before its password is checked, so that simultaneous attempts cannot exceed the limit.

    Raises:
        Invalid: the person has to wait.
    """
    if is_known(secret, one.email, one.mark):
        _demand(limits.attempt(session, KNOWN, f"{one.account}:{one.mark}", now=now))
        return
    _demand(limits.attempt(session, PAIR, f"{one.account}:{one.network}", now=now))
    _demand(limits.attempt(session, ACCOUNT, one.account, now=now))
    if not limits.use(session, ADDRESS, one.network, now=now):
        raise Invalid("", "Слишком много попыток. Попробуйте позже.")


def succeeded(session: Session, secret: bytes, one: Try) -> None:
    """The password was right: remove the attempt from the counts."""
    if is_known(secret, one.email, one.mark):
        limits.forget(session, KNOWN, f"{one.account}:{one.mark}")
        return
    limits.forget(session, PAIR, f"{one.account}:{one.network}")
    limits.give_back(session, ACCOUNT, one.account)
    limits.give_back(session, ADDRESS, one.network)


def _demand(wait: timedelta) -> None:
    if wait:
        minutes = -(-int(wait.total_seconds()) // 60)
        raise Invalid(
            "",
            "Слишком много попыток. Попробуйте через {n} мин. или задайте новый пароль по почте.",
            n=max(minutes, 1),
        )

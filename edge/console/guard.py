"""Who may use the page: password and session, CSRF, the Host a browser must have meant. Standard library only."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
import threading
import time
from collections.abc import Callable

SESSION_S = 30 * 86400
FREE_TRIES = 5
PAUSE_S = 2.0


class Sessions:
    """Signed cookies: they survive a restart of the page and end when the password is changed."""

    def __init__(self, password: str, *, wall: Callable[[], float] = time.time) -> None:
        self._password = password
        self._key = hashlib.sha256(b"okter-gate console session\0" + password.encode()).digest()
        self._wall = wall

    @property
    def wanted(self) -> bool:
        """Whether a password has been set at all."""
        return bool(self._password)

    def password_fits(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._password.encode())

    def new(self) -> str:
        """A cookie that holds for 30 days."""
        ends = str(int(self._wall()) + SESSION_S)
        return f"{ends}.{self._sign(ends)}"

    def holds(self, cookie: str) -> bool:
        ends, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature, self._sign(ends)):
            return False
        return ends.isascii() and ends.isdecimal() and int(ends) > self._wall()

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class Tries:
    """Slows guessing down: after a few wrong passwords, one try every two seconds, for everybody together."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next = 0.0

    def allowed(self) -> bool:
        with self._lock:
            return self._clock() >= self._next

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FREE_TRIES:
                self._next = self._clock() + PAUSE_S

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0


class FormTokens:
    """A token in every form, bound to a cookie that other sites can neither read nor send along."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def cookie(self) -> str:
        return secrets.token_urlsafe(24)

    def of(self, cookie: str) -> str:
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()

    def fits(self, cookie: str, token: str) -> bool:
        return bool(cookie) and hmac.compare_digest(token.encode(), self.of(cookie).encode())


def host_is_ours(host: str) -> bool:
    """Whether a Host header names this box: an address, localhost or its own name.

    Anything else is another site's name that was pointed here (DNS rebinding).
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.strip("[]").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        own = socket.gethostname().lower()
        return name in {"localhost", own, own.partition(".")[0]} or name.endswith(".local")
    return True

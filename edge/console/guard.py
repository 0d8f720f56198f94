"""Who may use the page: password and session, CSRF, the Host a browser must have meant. Standard library only."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

SESSION_S = 30 * 86400
FREE_TRIES = 5
PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
FREE_TRIES_OF_ALL = 50
EVERYBODY = "everybody"
MOST_REMEMBERED = 1000


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
        if not hmac.compare_digest(signature.encode(), self._sign(ends).encode()):
            return False
        return ends.isascii() and ends.isdecimal() and int(ends) > self._wall()

    def mark(self) -> str:
        """What a browser keeps that was let in: it opens nothing, but its tries are counted apart."""
        name = secrets.token_hex(8)
        return f"{name}.{self._sign(f'known {name}')}"

    def known(self, mark: str) -> str:
        """The name in a mark of ours; empty for anything else."""
        name, _, signature = mark.partition(".")
        return name if name and hmac.compare_digest(signature.encode(), self._sign(f"known {name}").encode()) else ""

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class Tries:
    """Slows guessing down for whoever guesses, and for nobody else.

    After a few wrong passwords an address (an IPv6 network of 64 bits) waits ever longer between two tries. A browser
    that has been let in before carries a mark, and is counted by that: the guard gets in however busily a stranger at
    the same address guesses. So many addresses as one stranger can have are slowed down together.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_who: OrderedDict[str, _Failures] = OrderedDict()

    def allowed(self, address: str, *, known: str = "") -> bool:
        """`known`: the mark of a browser that was let in before, already checked."""
        now = self._clock()
        with self._lock:
            return all(now >= self._of(who).next for who in _counted(address, known))

    def failed(self, address: str, *, known: str = "") -> None:
        now = self._clock()
        with self._lock:
            for who in _counted(address, known):
                failures = self._of(who)
                failures.count += 1
                free = FREE_TRIES_OF_ALL if who == EVERYBODY else FREE_TRIES
                if failures.count >= free:
                    doublings = 0 if who == EVERYBODY else min(failures.count - free, 20)
                    failures.next = now + min(PAUSE_S * 2.0**doublings, LONGEST_PAUSE_S)

    def succeeded(self, address: str, *, known: str = "") -> None:
        with self._lock:
            for who in _counted(address, known):
                self._by_who.pop(who, None)

    def _of(self, who: str) -> _Failures:
        found = self._by_who.get(who)
        if found is None:
            found = self._by_who[who] = _Failures()
            while len(self._by_who) > MOST_REMEMBERED:
                self._by_who.popitem(last=False)
        else:
            self._by_who.move_to_end(who)
        return found


@dataclass(slots=True)
class _Failures:
    count: int = 0
    next: float = 0.0


def _counted(address: str, known: str) -> tuple[str, ...]:
    """By whom a try is counted."""
    if known:
        return (f"known {known}",)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return (EVERYBODY, address)
    if found.is_loopback:
        return (address,)
    if found.version == 6 and found.ipv4_mapped is None:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    return (EVERYBODY, address)


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

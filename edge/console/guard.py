"""Access to the page: sessions, login attempts, CSRF tokens, and the check of the Host header."""

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

from edge.persons import Person, Persons

SESSION_S = 30 * 86400
FREE_TRIES = 5
PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
FREE_TRIES_OF_ALL = 50
EVERYBODY = "everybody"
MOST_REMEMBERED = 1000


class Sessions:
    """Signed cookies. They survive a restart of the page and end when the common or the person's password changes."""

    def __init__(self, password: str, persons: Persons | None = None, *, wall: Callable[[], float] = time.time) -> None:
        self._password = password
        self._persons = persons
        self._key = hashlib.sha256(b"okter-gate console session\0" + password.encode()).digest()
        self._wall = wall

    @property
    def named(self) -> bool:
        """Whether a name is required; the common password then lets nobody in."""
        return self._persons is not None and self._persons.wanted

    @property
    def wanted(self) -> bool:
        """Whether any login is required."""
        return self.named or bool(self._password)

    def admitted(self, name: str, secret: str) -> Person | None:
        """The person whose secret matches; None otherwise."""
        if self.named:
            assert self._persons is not None
            return self._persons.admitted(name, secret)
        fits = bool(self._password) and hmac.compare_digest(secret.encode(), self._password.encode())
        return Person() if fits else None

    def account(self, name: str) -> str:
        """The key for counting guesses at this name; it changes with the secret. Empty for an unknown name."""
        person = self._persons.named(name) if self._persons is not None and self.named else None
        return "" if person is None else f"{person.name}.{person.hash[:16]}"

    def new(self, person: Person | None = None) -> str:
        """A cookie valid for 30 days."""
        person = person or Person()
        told = f"{int(self._wall()) + SESSION_S}.{person.name.encode().hex()}"
        return f"{told}.{self._sign(told, person)}"

    def who(self, cookie: str) -> Person | None:
        """The person of the session; an unnamed person if no login is required."""
        if not self.wanted:
            return Person()
        told, _, signature = cookie.rpartition(".")
        ends, _, name = told.partition(".")
        person = self._person(name)
        if person is None or not hmac.compare_digest(signature.encode(), self._sign(told, person).encode()):
            return None
        return person if ends.isascii() and ends.isdecimal() and int(ends) > self._wall() else None

    def mark(self) -> str:
        """A mark for a browser that has logged in. It grants nothing, but its attempts are counted separately."""
        name = secrets.token_hex(8)
        return f"{name}.{self._sign(f'known {name}')}"

    def known(self, mark: str) -> str:
        """The name in one of our marks; empty for anything else."""
        name, _, signature = mark.partition(".")
        return name if name and hmac.compare_digest(signature.encode(), self._sign(f"known {name}").encode()) else ""

    def _person(self, name_hex: str) -> Person | None:
        if not self.named:
            return Person() if not name_hex else None
        try:
            name = bytes.fromhex(name_hex).decode()
        except ValueError:
            return None
        assert self._persons is not None
        return self._persons.named(name) if name else None

    def _sign(self, text: str, person: Person | None = None) -> str:
        """Includes the person's own hash, so that a new PIN ends sessions begun with the old one."""
        secret = "" if person is None else person.hash
        return hmac.new(self._key, f"{text}\0{secret}".encode(), hashlib.sha256).hexdigest()


class Tries:
    """Slows password guessing down for the guesser and for nobody else.

    After a few wrong passwords an address (an IPv6 network of 64 bits) must wait ever longer between attempts. A
    browser that has logged in before has a mark, and is counted by that: the guard gets in however busily a stranger at
    the same address guesses. All addresses that one stranger can have are slowed down together, and so are all
    strangers who guess at one account.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_who: OrderedDict[str, _Failures] = OrderedDict()

    def allowed(self, address: str, *, known: str = "", account: str = "") -> bool:
        """`known`: the mark of a browser that has logged in before, already checked. `account`: a name that exists."""
        now = self._clock()
        with self._lock:
            return all(now >= self._of(who).next for who in _counted(address, known, account))

    def failed(self, address: str, *, known: str = "", account: str = "") -> None:
        now = self._clock()
        with self._lock:
            for who in _counted(address, known, account):
                failures = self._of(who)
                failures.count += 1
                free = FREE_TRIES_OF_ALL if who == EVERYBODY else FREE_TRIES
                if failures.count >= free:
                    doublings = 0 if who == EVERYBODY else min(failures.count - free, 20)
                    failures.next = now + min(PAUSE_S * 2.0**doublings, LONGEST_PAUSE_S)

    def succeeded(self, address: str, *, known: str = "", account: str = "") -> None:
        with self._lock:
            for who in _counted(address, known, account):
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


def _counted(address: str, known: str, account: str) -> tuple[str, ...]:
    """The keys under which an attempt is counted."""
    if known:
        return (f"known {known}",)
    guessed = (f"account {account.casefold()}",) if account else ()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return (EVERYBODY, address, *guessed)
    if found.is_loopback:
        return (address,)
    if found.version == 6 and found.ipv4_mapped is None:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    return (EVERYBODY, address, *guessed)


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

    Anything else is another site's name that resolves to this box (DNS rebinding).
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.strip("[]").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        own = socket.gethostname().lower()
        return name in {"localhost", own, own.partition(".")[0]} or name.endswith(".local")
    return True

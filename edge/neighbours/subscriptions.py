"""Push subscriptions of the guard page's browsers, and the key that identifies this gate to push services.

`<state_dir>/push-subscriptions.json` is written by the page, and by the sender when a browser is gone, under one lock.
`<state_dir>/push-key` holds 32 random bytes and is created once. Both have mode 0600: with them anyone could send notices
in our name.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from core.errors import GateError
from core.words.system import system_words
from edge.language import say
from edge.persons import Persons
from edge.whole_file import PRIVATE, write_first, write_whole

FILE_NAME: Final = "push-subscriptions.json"
KEY_FILE: Final = "push-key"
KEY_BYTES: Final = 32
MOST_BROWSERS: Final = 30
MOST_BYTES: Final = 256 * 1024


class SubscriptionsUnkept(GateError, OSError):
    """The file of subscriptions or the key cannot be read or written."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class Subscription(msgspec.Struct, frozen=True):
    """One browser: the endpoint of its push service, the keys to encrypt messages with, and the person it belongs to."""

    endpoint: str
    p256dh: str
    auth: str
    language: str = "ru"
    name: str = ""
    """Name of the person; empty if the gate has no named persons."""
    mark: str = ""
    """Fingerprint of the secret they logged in with: a new PIN or password ends subscriptions made with the old one."""


class Subscriptions:
    """The file of subscriptions. Safe to use from any thread and process."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir
        self._path = state_dir / FILE_NAME

    def all(self) -> tuple[Subscription, ...]:
        """All subscriptions, oldest first. Raises SubscriptionsUnkept."""
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MOST_BYTES), type=tuple[Subscription, ...])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:  # RecursionError: deeply nested brackets
            raise SubscriptionsUnkept(say("{path} не прочитать: {error}", path=self._path, error=error)) from error

    def put(self, one: Subscription) -> None:
        """Add a browser, or replace its entry. Beyond `MOST_BROWSERS` the oldest is dropped. Raises SubscriptionsUnkept."""
        with self._alone():
            others = [other for other in self._readable() if other.endpoint != one.endpoint]
            self._write([*others, one][-MOST_BROWSERS:])

    def drop(self, endpoint: str) -> None:
        """Remove a browser. Raises SubscriptionsUnkept."""
        with self._alone():
            found = self._readable()
            left = [one for one in found if one.endpoint != endpoint]
            if len(left) != len(found):
                self._write(left)

    def of_persons(self, password: str) -> Iterator[Subscription]:
        """Subscriptions whose person can still log in with the same secret as then. Raises SubscriptionsUnkept."""
        persons = Persons(self._folder)
        for one in self.all():
            mark = mark_of(persons, one.name, password)
            if mark and mark == one.mark:
                yield one

    def _readable(self) -> tuple[Subscription, ...]:
        try:
            return self.all()
        except SubscriptionsUnkept:  # damaged: start with an empty list; browsers subscribe again
            return ()

    def _write(self, found: list[Subscription]) -> None:
        try:
            write_whole(self._path, msgspec.json.encode(found), mode=PRIVATE)
        except OSError as error:
            raise SubscriptionsUnkept(f"{self._path}: {system_words(error)}") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            lock = os.open(self._folder / f".{FILE_NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SubscriptionsUnkept(f"{self._path}: {system_words(error)}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def mark_of(persons: Persons, name: str, password: str) -> str:
    """Fingerprint of a person's secret, stored in a subscription; empty if there is no such person any more."""
    if persons.wanted:
        person = persons.named(name) if name else None
        secret = "" if person is None else person.hash
    else:
        secret = "-" + password if not name else ""
    return hashlib.sha256(b"okter push\0" + secret.encode()).hexdigest()[:32] if secret else ""


def own_key(state_dir: Path) -> bytes:
    """The 32 bytes from which this gate's key is derived; created on first use. Raises SubscriptionsUnkept."""
    path = state_dir / KEY_FILE
    try:
        found = _read_key(path)
        if found is None:
            write_first(path, secrets.token_bytes(KEY_BYTES), mode=PRIVATE)
            found = _read_key(path)
    except OSError as error:
        raise SubscriptionsUnkept(f"{path}: {system_words(error)}") from error
    if found is None or len(found) != KEY_BYTES:
        raise SubscriptionsUnkept(say("{path}: испорчен; удалите его, и браузеры подпишутся заново", path=path))
    return found


def _read_key(path: Path) -> bytes | None:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(KEY_BYTES + 1)
    return None

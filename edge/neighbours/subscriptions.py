"""Browsers of the guard's page that want notices, and the key by which push services know this gate.

`<state_dir>/push-subscriptions.json` is written by the page and by whoever finds that a browser is gone, each under one lock;
`<state_dir>/push-key` is made once, of 32 random bytes. Both are 0600: whoever has them can send notices in our name.
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
MOST: Final = 30
MOST_BYTES: Final = 256 * 1024


class SubscriptionsUnkept(GateError, OSError):
    """The file of subscriptions, or the key, can be neither read nor written."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class Subscription(msgspec.Struct, frozen=True):
    """One browser: where its push service takes messages, what they are sealed with, and whose it is."""

    endpoint: str
    p256dh: str
    auth: str
    language: str = "ru"
    name: str = ""
    """Of the person; empty where nobody is named."""
    mark: str = ""
    """Of the secret they came in with: a new PIN or password ends the notices begun with the old one."""


class Subscriptions:
    """The file. From any thread and process."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir
        self._path = state_dir / FILE_NAME

    def all(self) -> tuple[Subscription, ...]:
        """In the order in which they came. Raises SubscriptionsUnkept."""
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MOST_BYTES), type=tuple[Subscription, ...])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:  # RecursionError: nothing but brackets
            raise SubscriptionsUnkept(say("{path} не прочитать: {error}", path=self._path, error=error)) from error

    def put(self, one: Subscription) -> None:
        """Add a browser, or give it to whoever is at it now; over the bound the oldest goes. Raises SubscriptionsUnkept."""
        with self._alone():
            others = [other for other in self._readable() if other.endpoint != one.endpoint]
            self._write([*others, one][-MOST:])

    def drop(self, endpoint: str) -> None:
        """Raises SubscriptionsUnkept."""
        with self._alone():
            found = self._readable()
            left = [one for one in found if one.endpoint != endpoint]
            if len(left) != len(found):
                self._write(left)

    def of_persons(self, password: str) -> Iterator[Subscription]:
        """Those whose person may still come in with the secret of then. Raises SubscriptionsUnkept."""
        persons = Persons(self._folder)
        for one in self.all():
            mark = mark_of(persons, one.name, password)
            if mark and mark == one.mark:
                yield one

    def _readable(self) -> tuple[Subscription, ...]:
        try:
            return self.all()
        except SubscriptionsUnkept:  # spoiled: browsers subscribe anew, which is no reason to keep nobody
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
    """What the secret of a person leaves on a subscription; empty for a person who is none any more."""
    if persons.wanted:
        person = persons.named(name) if name else None
        secret = "" if person is None else person.hash
    else:
        secret = "-" + password if not name else ""
    return hashlib.sha256(b"okter push\0" + secret.encode()).hexdigest()[:32] if secret else ""


def own_key(state_dir: Path) -> bytes:
    """The 32 bytes that the key of this gate is made of; made when first asked for. Raises SubscriptionsUnkept."""
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

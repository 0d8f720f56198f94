"""Who may use the page: a file of names, roles and salted hashes, written by `gate console user`, read by the page.

`console-users.json`, in the place given by `edge.persons_place`. The hash is scrypt (RFC 7914) from the standard
library: 16 MiB of memory per attempt, one attempt at a time. If the file exists but cannot be read, nobody gets in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import msgspec

from core.errors import GateError
from core.words.requesters import printable
from core.words.system import system_words
from edge.language import say
from edge.persons_place import MOST_BYTES, clear, doubt_of, lost_of, place_of, write

MOST_PERSONS = 50
NAME_LENGTH = 40
PIN_DIGITS = 6
PASSWORD_LENGTH = 8
MOST_SECRET = 200
_COST = {"n": 1 << 14, "r": 8, "p": 1}


class Role(StrEnum):
    """What a person may do beyond looking and opening."""

    GUARD = "guard"
    """Lets in until the end of the day."""
    TECHNICIAN = "technician"
    """Adds passes for as long as they like."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person at the page. Without a name: whoever has the common password, or is at the box itself."""

    name: str = ""
    role: Role = Role.TECHNICIAN
    salt: str = field(default="", repr=False)
    hash: str = field(default="", repr=False)

    def fits(self, secret: str) -> bool:
        return hmac.compare_digest(_hashed(secret, self.salt), self.hash)


class PersonInvalid(GateError, ValueError):
    """A name, PIN or password that is not acceptable."""

    exit_code = 2


class PersonsUnread(GateError, OSError):
    """The file of persons exists and cannot be read."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


_NOBODY = Person("?", Role.GUARD, secrets.token_hex(16), "")
_one_at_a_time = threading.Lock()


class Persons:
    """The file of persons. A running page notices changes at its next look. From any thread."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._read_at: tuple[int, int, int] | None = None
        self._found: tuple[Person, ...] = ()

    @property
    def _path(self) -> Path:
        return place_of(self._state_dir).file

    @property
    def wanted(self) -> bool:
        """Whether any persons are set up; nobody gets in without a name then."""
        return self._stamp() is not None

    def all(self) -> tuple[Person, ...]:
        """All persons, by name. Raises PersonsUnread."""
        stamp = self._stamp()
        if stamp is None:
            return ()
        if stamp != self._read_at:
            self._found, self._read_at = self._read(), stamp
        return self._found

    def named(self, name: str) -> Person | None:
        """None if the file cannot be read: it fails closed."""
        try:
            return next((one for one in self.all() if one.name.casefold() == name.casefold()), None)
        except PersonsUnread:
            return None

    def admitted(self, name: str, secret: str) -> Person | None:
        """The person, if the secret is theirs. An unknown name takes as long as a known one."""
        person = self.named(name)
        fits = (person or _NOBODY).fits(secret[:MOST_SECRET])
        return person if fits else None

    def put(self, name: str, role: Role, secret: str) -> Person:
        """Add a person, or change role and secret of one; their sessions end. Raises PersonInvalid, OSError."""
        name = printable(name)
        if not name or len(name) > NAME_LENGTH or ":" in name:
            raise PersonInvalid(say("имя: от 1 до {most} печатных знаков, без двоеточия", most=NAME_LENGTH))
        check_secret(secret)
        salt = secrets.token_hex(16)
        person = Person(name, role, salt, _hashed(secret, salt))
        others = [one for one in self.all() if one.name.casefold() != name.casefold()]
        if len(others) >= MOST_PERSONS:
            raise PersonInvalid(say("не больше {most} человек", most=MOST_PERSONS))
        self._write([*others, person])
        return person

    def remove(self, name: str) -> bool:
        """Whether there was such a person. Without any persons left, names are not required. Raises OSError."""
        left = [one for one in self.all() if one.name.casefold() != name.casefold()]
        if len(left) == len(self.all()):
            return False
        if left:
            self._write(left)
        else:
            clear(place_of(self._state_dir))
        return True

    def _lost(self) -> str:
        return doubt_of(self._state_dir) or lost_of(self._state_dir)

    def _stamp(self) -> tuple[int, int, int] | None:
        path = self._path
        try:
            found = path.stat()
        except FileNotFoundError:
            # A link to a missing file, or persons that are lost or in an untrusted folder: fail closed.
            return (0, 0, 0) if path.is_symlink() or self._lost() else None
        except OSError:
            return (0, 0, 0)
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> tuple[Person, ...]:
        path = self._path
        try:
            with path.open("rb") as file:
                return parsed(file.read(MOST_BYTES), path)
        except OSError as error:
            if isinstance(error, PersonsUnread):
                raise
            if isinstance(error, FileNotFoundError) and (lost := self._lost()):
                raise PersonsUnread(lost) from error
            words = system_words(error)
            raise PersonsUnread(say("{path} не прочитать: {error}", path=path, error=words)) from error

    def _write(self, persons: list[Person]) -> None:
        write(place_of(self._state_dir), msgspec.json.format(msgspec.json.encode(persons), indent=1) + b"\n")


def parsed(data: bytes, path: Path) -> tuple[Person, ...]:
    """The persons in a file, by name. Raises PersonsUnread with the file's name."""
    try:
        found = msgspec.json.decode(data, type=tuple[Person, ...])
    except (ValueError, RecursionError) as error:  # RecursionError: nothing but brackets
        raise PersonsUnread(say("{path} не прочитать: {error}", path=path, error=error)) from error
    if not found:
        raise PersonsUnread(say("{path} пуст", path=path))
    return tuple(sorted(found, key=lambda one: one.name.casefold()))


def check_secret(secret: str) -> None:
    """Raises PersonInvalid for a secret that is easy to guess even when attempts are slowed down."""
    if len(secret) > MOST_SECRET:
        raise PersonInvalid(say("не длиннее {most} знаков", most=MOST_SECRET))
    if secret.isdecimal():
        if len(secret) < PIN_DIGITS:
            raise PersonInvalid(say("PIN: не меньше {least} цифр", least=PIN_DIGITS))
        steps = {(int(after) - int(before)) % 10 for before, after in pairwise(secret)}
        if len(steps) == 1:  # 000000, 123456, 987654
            raise PersonInvalid(say("такой PIN угадают первым"))
    elif len(secret) < PASSWORD_LENGTH:
        raise PersonInvalid(
            say("пароль: не меньше {least} знаков (PIN из цифр — {pin})", least=PASSWORD_LENGTH, pin=PIN_DIGITS)
        )


def _hashed(secret: str, salt: str) -> str:
    with _one_at_a_time:
        return hashlib.scrypt(secret.encode(), salt=salt.encode(), maxmem=64 << 20, dklen=32, **_COST).hex()

"""What `gate enroll` obtained: the device token, in a file of its own that only the gate's user can read.

A systemd credential (`cloud.token`, read with the config) takes precedence. The token is never printed or logged.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import FileUnusable
from core.jsontext import read_json
from core.words.system import system_words
from edge.language import say
from edge.whole_file import PRIVATE, WRITER, Owner, write_whole
from sync.wire import EnrollAnswer

log = logging.getLogger(__name__)

FILE_NAME = "cloud.credential"
MOST_BYTES = 10_000
WORDS = ("url", "territory", "timezone", "token")
LATER_WORDS = ("offered", "code", "move_key", "cell")


@dataclass(frozen=True, slots=True)
class Credential:
    url: str
    """The cloud that issued the token."""
    territory: str
    timezone: str
    token: str = field(repr=False)
    offered: str = field(default="", repr=False)
    """A new token that has not been used yet; empty if there is none."""
    code: str = ""
    """Code of the territory. This and the next three fields are empty in a file of an earlier version."""
    move_key: str = ""
    """Key of the signed messages that move the gate with its territory to another cell."""
    move_serial: int = 0
    """Serial number of the newest known move; older move messages are ignored."""
    cell: str = ""
    """Address of the territory's current cell, from a move message; empty if it is still where the gate enrolled."""

    @property
    def address(self) -> str:
        """The cloud's address; the token is sent nowhere else."""
        return self.cell or self.url


def address_of(named: str | None, credential: Credential | None) -> str | None:
    """The cloud's address: the one `named` in the config, else the one that enrolled this box; None if there is neither.

    If that cloud enrolled this box, the address is the territory's current cell. Pure.
    """
    named = None if named is None else named.rstrip("/")
    return credential.address if credential is not None and named in {None, credential.url} else named


def knowing_moves(credential: Credential, answer: EnrollAnswer) -> Credential:
    """`credential` with the move key and serial from `answer`, which came with a new token (ADR 147).

    A known key is never replaced here, only by `gate enroll`: otherwise a compromised cell could set a key of its own.
    """
    if not answer.move_key or credential.code not in {"", answer.code}:
        return credential
    if credential.move_key not in {"", answer.move_key}:
        log.warning("облако назвало другой ключ переездов; верен прежний, новый — после gate enroll")
        return credential
    serial = max(credential.move_serial, answer.move_serial)
    return replace(credential, code=answer.code, move_key=answer.move_key, move_serial=serial)


def read_credential(state_dir: Path) -> Credential | None:
    """The credential; None if the gate was never enrolled. Raises FileUnusable if the file is unreadable or damaged."""
    path = state_dir / FILE_NAME
    try:
        with path.open("rb") as file:
            found = read_json(file.read(MOST_BYTES))
        values = {name: found[name] for name in WORDS} | {name: found.get(name, "") for name in LATER_WORDS}
        serial = found.get("move_serial", 0)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileUnusable(path, system_words(error)) from None
    except (ValueError, KeyError, TypeError):
        raise FileUnusable(path, say("испорчен; привяжите заново: gate enroll --url … --code …")) from None
    if type(serial) is not int or not all(isinstance(value, str) and value.isprintable() for value in values.values()):
        raise FileUnusable(path, say("испорчен; привяжите заново: gate enroll --url … --code …"))
    return Credential(**values, move_serial=serial)


def prepare_folder(state_dir: Path) -> None:
    """Raise FileUnusable if `write_credential` would fail. Checked before a one-time code is used up."""
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state_dir):
            pass
    except OSError as error:
        raise FileUnusable(state_dir / FILE_NAME, system_words(error)) from None


def write_credential(state_dir: Path, credential: Credential) -> Path:
    """Replace the credential atomically, readable only by its owner. Raises FileUnusable."""
    path = state_dir / FILE_NAME
    values = {name: getattr(credential, name) for name in (*WORDS, *LATER_WORDS, "move_serial")}
    values = {name: value for name, value in values.items() if value or name in WORDS}  # as earlier versions wrote it
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, json.dumps(values, ensure_ascii=False).encode(), mode=PRIVATE, owner=_owner_in(state_dir))
    except OSError as error:
        raise FileUnusable(path, system_words(error)) from None
    return path


class CredentialShelf:
    """`sync.seams.TokenShelf` over the credential of one cloud. Its methods raise FileUnusable."""

    def __init__(self, state_dir: Path, url: str) -> None:
        self._state_dir = state_dir
        self._url = url

    def in_use(self) -> str | None:
        found = self._read()
        return None if found is None else found.token

    def offered(self) -> str | None:
        found = self._read()
        return None if found is None else found.offered or None

    def offer(self, answer: EnrollAnswer) -> None:
        self._change(lambda found: replace(knowing_moves(found, answer), offered=answer.device_token))

    def adopt(self, token: str) -> None:
        self._change(lambda found: replace(found, token=token, offered=""))

    def discard(self) -> None:
        self._change(lambda found: replace(found, offered=""))

    def _read(self) -> Credential | None:
        found = read_credential(self._state_dir)
        return found if found is not None and found.address == self._url else None

    def _change(self, changed: Callable[[Credential], Credential]) -> None:
        found = self._read()
        if found is not None:  # None: bound to another cloud meanwhile, whose token is not ours to change
            write_credential(self._state_dir, changed(found))


def _owner_in(state_dir: Path) -> Owner:
    """As root, the owner of the folder: a technician enrols as root, but the service must read the file."""
    if os.geteuid() != 0:
        return WRITER
    found = state_dir.stat()
    return Owner(found.st_uid, found.st_gid)

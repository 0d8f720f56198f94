"""Where the file of persons is stored: in a root-owned folder beside the state folder, if the installer made one (ADR 169).

All services run under one account, which owns the state folder, so each of them could write there. The page only reads
its persons, so only root needs to write them. If the folder exists, the persons have moved: it appears by one rename,
together with the file, or with the mark that nobody is named. Without it, e.g. on a developer's machine, the file stays in
the state folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import GateError
from edge.language import say
from edge.whole_file import PRIVATE, Owner, sync_folder, write_whole

FILE_NAME = "console-users.json"
BEFORE = f"{FILE_NAME}.before"
"""Backup of the file in force before root took over a file written by an older program."""
NOBODY = "nobody-named"
"""Mark file in root's folder while nobody is named. If both it and the persons are missing, they are lost, not removed."""
MOST_BYTES = 64 * 1024
FOLDER_MODE, FILE_MODE = 0o750, 0o640
"""Root writes; the services' group reads."""


class PersonsNotOurs(GateError, OSError):
    """Only root may change the persons here and the caller is not root; or the file to take over is not a valid one."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class Old(StrEnum):
    """What is at the old place, in the state folder."""

    LINK = "link"
    """a symlink to the file in force: an older program finds the same persons"""
    NOTHING = "nothing"
    """never created, or an older program removed its last person"""
    SAME = "same"
    """the file that was copied: a move was interrupted before its last step"""
    OTHER = "other"
    """something else: an older program or a service changed it"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where persons are read and written."""

    folder: Path
    apart: bool
    """Whether it is the separate folder beside the state folder."""

    @property
    def file(self) -> Path:
        return self.folder / FILE_NAME


def place_of(state_dir: Path) -> Place:
    """The place in force. Not cached, so that a page running during the move finds the persons."""
    apart = _apart(state_dir)
    return Place(apart, True) if _is_made(apart, state_dir) else Place(state_dir, False)


def doubt_of(state_dir: Path) -> str:
    """Why the thing at the folder's path is not trusted, in words; empty if nothing is there or all is well.

    The persons are then unknown, which is not the same as nobody being named.
    """
    apart = _apart(state_dir)
    if not os.path.lexists(apart) or _is_made(apart, state_dir):
        return ""
    return say("{folder}: это не папка root, люди страницы оттуда не берутся: sudo gate check", folder=apart)


def lost_of(state_dir: Path) -> str:
    """A message if root's folder has neither persons nor the mark that nobody is named; empty if all is well."""
    place = place_of(state_dir)
    if not place.apart or place.file.exists() or (place.folder / NOBODY).exists():
        return ""
    return say("{path} пропал: люди страницы были записаны там", path=place.file)


def old_of(state_dir: Path) -> Old:
    """What an older program would find after the persons have moved."""
    old, new = state_dir / FILE_NAME, _apart(state_dir) / FILE_NAME
    try:
        if old.is_symlink():
            return Old.LINK if old.readlink() == new else Old.OTHER
        if not old.exists():
            return Old.NOTHING
        return Old.SAME if _bytes_of(old) == new.read_bytes() else Old.OTHER
    except (OSError, PersonsNotOurs):
        return Old.OTHER


def settle(state_dir: Path) -> Old:
    """Move the persons into the separate folder, or finish an interrupted move. Returns what was at the old place.

    For root. At every moment the file is complete in one of the two places; the new one counts as soon as it exists.
    `Old.OTHER` is left alone, because it is not trusted. Raises OSError.
    """
    apart = _apart(state_dir)
    if not _is_made(apart, state_dir):
        _make(apart, state_dir)
    old = old_of(state_dir)
    if old is not Old.OTHER:
        _link(state_dir, apart)
    return old


def take_old(state_dir: Path, check: Callable[[bytes, Path], object]) -> None:
    """Put the file at the old place in force, after root has looked at it. The previous file is kept as `BEFORE`.

    `check` raises if the data is not a file of persons. Also raises OSError.
    """
    apart = _apart(state_dir)
    data = _bytes_of(state_dir / FILE_NAME)
    check(data, state_dir / FILE_NAME)
    with contextlib.suppress(FileNotFoundError):
        _written(apart / BEFORE, (apart / FILE_NAME).read_bytes(), mode=PRIVATE, group=-1)
    write(Place(apart, True), data)
    _link(state_dir, apart)


def write(place: Place, data: bytes) -> None:
    """Replace the file atomically. Raises PersonsNotOurs, OSError."""
    check_writable(place)
    if place.apart:
        _written(place.file, data, mode=FILE_MODE, group=place.folder.stat().st_gid)
        (place.folder / NOBODY).unlink(missing_ok=True)
    else:
        _written(place.file, data, mode=PRIVATE, group=-1)


def clear(place: Place) -> None:
    """Remove the file with the last person: from now on nobody is named. Raises PersonsNotOurs, OSError."""
    check_writable(place)
    if place.apart:
        _written(place.folder / NOBODY, b"", mode=FILE_MODE, group=place.folder.stat().st_gid)
    place.file.unlink()


def check_writable(place: Place) -> None:
    """Raise PersonsNotOurs if this process may not change persons."""
    if place.apart and not os.access(place.folder, os.W_OK | os.X_OK):
        raise PersonsNotOurs(say("{folder}: людей страницы меняет только root; запустите с sudo", folder=place.folder))


def _apart(state_dir: Path) -> Path:
    return state_dir.absolute().with_name(f"{state_dir.name}-users")


def _is_made(apart: Path, state_dir: Path) -> bool:
    """Whether the folder exists and belongs to root or to the owner of the state folder.

    The owner matters because the parent may be world-writable, where anybody could create that folder.
    """
    try:
        found = apart.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    with contextlib.suppress(OSError):
        return found.st_uid in {0, state_dir.stat().st_uid}
    return found.st_uid == 0


def _make(apart: Path, state_dir: Path) -> None:
    part = apart.with_name(f".{apart.name}.part")
    old = state_dir / FILE_NAME
    if doubt := doubt_of(state_dir):
        raise PersonsNotOurs(doubt)
    if old.is_symlink() and not old.exists():
        lost = say(
            "{path} ведёт туда, где ничего нет: люди страницы потеряны; gate restore или удалите ссылку", path=old
        )
        raise PersonsNotOurs(lost)
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700)
    group = state_dir.stat().st_gid
    try:
        _written(part / FILE_NAME, _bytes_of(old), mode=FILE_MODE, group=group)
    except FileNotFoundError:
        _written(part / NOBODY, b"", mode=FILE_MODE, group=group)
    os.chown(part, -1, group)
    part.chmod(FOLDER_MODE)
    sync_folder(part)
    part.rename(apart)
    sync_folder(apart.parent)


def _bytes_of(path: Path) -> bytes:
    """The content of a regular file, never through a link: services can write in that folder, and root reads it.

    Raises PersonsNotOurs for anything else, also for a hard link or a file over `MOST_BYTES`; OSError.
    """
    if path.is_symlink():  # opening it would fail too, but with a misleading message
        raise PersonsNotOurs(
            say("{path}: это ссылка, по ней людей не берут; посмотрите, куда она ведёт, и удалите её", path=path)
        )
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
        found = os.fstat(file.fileno())
        plain = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
        data = file.read(MOST_BYTES + 1) if plain else b""
    if not plain or len(data) > MOST_BYTES:
        raise PersonsNotOurs(say("{path}: не файл людей страницы", path=path))
    return data


def _link(state_dir: Path, apart: Path) -> None:
    link = state_dir / f".{FILE_NAME}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(apart / FILE_NAME)
    link.replace(state_dir / FILE_NAME)
    sync_folder(state_dir)


def _written(path: Path, data: bytes, *, mode: int, group: int) -> None:
    write_whole(path, data, mode=mode, owner=Owner(group=group))

"""Where the file of persons lies: beside the state folder, in a folder of root's own, where the installer has made one (ADR 169).

The services run as one account, which owns the state folder: each of them could write what lies there. The page only reads
its persons, so nothing but root needs to write them. The folder being there is what says that they have moved: it appears
by one rename, with the file in it, or with the word that nobody is named. Without it, on a desk, they lie in the state folder as before.
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
"""What was in force when root took over what an older program had written."""
NOBODY = "nobody-named"
"""Lies in root's folder while nobody is named: persons that are missing without it are lost, and were not removed."""
MOST_BYTES = 64 * 1024
FOLDER_MODE, FILE_MODE = 0o750, 0o640
"""Read by the group of the services, written by root."""


class PersonsNotOurs(GateError, OSError):
    """Persons are kept by root here, and whoever asks is not root; or what should be taken over is no file of ours."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class Old(StrEnum):
    """What lies at the place of before, in the state folder."""

    LINK = "link"
    """to the file in force: a program of before finds the same persons"""
    NOTHING = "nothing"
    """never made, or a program of before has removed its last person"""
    SAME = "same"
    """the file that was copied: a move was cut off before its last step"""
    OTHER = "other"
    """something else: a program of before has changed it, or a service has"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where persons are read and written."""

    folder: Path
    apart: bool
    """Whether the folder is one of its own."""

    @property
    def file(self) -> Path:
        return self.folder / FILE_NAME


def place_of(state_dir: Path) -> Place:
    """Looked for at each question: a page that runs while they move finds them."""
    apart = _apart(state_dir)
    return Place(apart, True) if _is_made(apart, state_dir) else Place(state_dir, False)


def doubt_of(state_dir: Path) -> str:
    """Why what stands at the folder's place is not believed, in words; empty where nothing stands there, or all is well.

    Whoever was named there is not known then, which is not the same as that nobody was.
    """
    apart = _apart(state_dir)
    if not os.path.lexists(apart) or _is_made(apart, state_dir):
        return ""
    return say("{folder}: это не папка root, люди страницы оттуда не берутся: sudo gate check", folder=apart)


def lost_of(state_dir: Path) -> str:
    """That root's folder has neither persons nor the word that nobody is named, in words; empty where all is well."""
    place = place_of(state_dir)
    if not place.apart or place.file.exists() or (place.folder / NOBODY).exists():
        return ""
    return say("{path} пропал: люди страницы были записаны там", path=place.file)


def old_of(state_dir: Path) -> Old:
    """What a program of before would find, where persons have moved."""
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
    """Move the persons into a folder of their own, or finish a move that was cut off; what was at the old place is the answer.

    For root. At each moment the file is whole in one place or the other, and the one that counts is the new one as soon as
    that is there. `Old.OTHER` stays as it is: it is not believed. Raises OSError.
    """
    apart = _apart(state_dir)
    if not _is_made(apart, state_dir):
        _make(apart, state_dir)
    old = old_of(state_dir)
    if old is not Old.OTHER:
        _link(state_dir, apart)
    return old


def take_old(state_dir: Path, check: Callable[[bytes, Path], object]) -> None:
    """Put what lies at the old place in force: root has looked at it. What was in force stays beside it.

    `check` raises for what is no file of persons. Raises OSError too.
    """
    apart = _apart(state_dir)
    data = _bytes_of(state_dir / FILE_NAME)
    check(data, state_dir / FILE_NAME)
    with contextlib.suppress(FileNotFoundError):
        _written(apart / BEFORE, (apart / FILE_NAME).read_bytes(), mode=PRIVATE, group=-1)
    write(Place(apart, True), data)
    _link(state_dir, apart)


def write(place: Place, data: bytes) -> None:
    """Replace the file as a whole. Raises PersonsNotOurs, OSError."""
    check_writable(place)
    if place.apart:
        _written(place.file, data, mode=FILE_MODE, group=place.folder.stat().st_gid)
        (place.folder / NOBODY).unlink(missing_ok=True)
    else:
        _written(place.file, data, mode=PRIVATE, group=-1)


def clear(place: Place) -> None:
    """The last person is removed: from now on nobody is named. Raises PersonsNotOurs, OSError."""
    check_writable(place)
    if place.apart:
        _written(place.folder / NOBODY, b"", mode=FILE_MODE, group=place.folder.stat().st_gid)
    place.file.unlink()


def check_writable(place: Place) -> None:
    """Raises PersonsNotOurs for whoever may not change persons."""
    if place.apart and not os.access(place.folder, os.W_OK | os.X_OK):
        raise PersonsNotOurs(say("{folder}: людей страницы меняет только root; запустите с sudo", folder=place.folder))


def _apart(state_dir: Path) -> Path:
    return state_dir.absolute().with_name(f"{state_dir.name}-users")


def _is_made(apart: Path, state_dir: Path) -> bool:
    """Whether the folder is there, made by root or by whoever owns the state: in a folder of everybody's any other may stand."""
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
    """Of a plain file, never through a link: it lies where a service writes, and root reads it. Too long is none of ours."""
    if path.is_symlink():  # opening it would fail as well, with words that fit no file of ours
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

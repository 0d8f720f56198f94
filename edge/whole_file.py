"""A file is written whole: beside its place, onto the disk, and then into its place by one rename.

Whoever reads it, or starts after a power cut, finds the file of before or the new one, never a part. The part file has a name
that nobody can foresee, is made anew (never through a link, nor over what lies there), has its owner and mode before its
content, and is gone afterwards whatever happened. Of one whose process was killed the next write of the same file rids the
folder: a part that is being written is locked, and the system lets go of the locks of the dead.

Not by this: pictures and the ballast (`edge/store`: thousands, or nothing worth a wait for the disk), what is fetched in pieces
(`edge/update/fetching.py`), and the files of relay and portal, which import nothing of `edge`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
"""For its owner alone."""
READABLE = 0o644
"""For everybody on this machine; what it says is no secret."""
_MARK_BYTES = 4
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the new file is: numbers of user and group, -1 for whoever writes it."""

    user: int = -1
    group: int = -1
    needed: bool = True
    """False: where the system does not let the writer give it away, it stays the writer's."""


WRITER = Owner()


def write_whole(path: Path, data: bytes, *, mode: int, owner: Owner = WRITER) -> None:
    """Replace `path` by a file of `data`, with `mode` (permission bits, whatever the umask) and `owner`.

    A link at `path` is replaced, not followed. Raises OSError: then what was there stands whole, or, where only its folder could not be
    brought onto the disk, the new file does.
    """
    with whole_file(path, mode=mode, owner=owner) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path, *, mode: int, owner: Owner = WRITER) -> Iterator[BinaryIO]:
    """As `write_whole`, for what is written bit by bit. An exception within leaves what was there. Raises OSError."""
    with _part_of(path, mode, owner) as (part, file):
        yield file
        _onto_the_disk(file)
        part.replace(path)
    sync_folder(path.parent)


def write_first(path: Path, data: bytes, *, mode: int, owner: Owner = WRITER) -> bool:
    """As `write_whole`, where there is no file yet; what is there, or was quicker, stays. Whether this one is the file. Raises OSError."""
    with _part_of(path, mode, owner) as (part, file):
        file.write(data)
        _onto_the_disk(file)
        try:
            os.link(part, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """What was made, renamed and removed in it is on the disk. Raises OSError; where a file system knows no such thing, nothing."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


@contextmanager
def _part_of(path: Path, mode: int, owner: Owner) -> Iterator[tuple[Path, BinaryIO]]:
    """A part file of `path`, open, of `owner` and with `mode`; gone at the end."""
    _sweep(path)
    part, handle = _made(path)
    try:
        with os.fdopen(handle, "wb") as file:
            if owner != WRITER:
                try:
                    os.fchown(handle, owner.user, owner.group)
                except PermissionError:
                    if owner.needed:
                        raise
            os.fchmod(handle, mode)
            yield part, file
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _made(path: Path) -> tuple[Path, int]:
    """A new part file under a name of its own, locked where the file system has locks. Raises OSError."""
    for _ in range(_TRIES):
        part = path.with_name(f".{path.name}.{secrets.token_hex(_MARK_BYTES)}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        if _ours(handle):
            return part, handle
        os.close(handle)
        part.unlink(missing_ok=True)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))


def _ours(handle: int) -> bool:
    """Whether no other writer, who sweeps, was quicker than our lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: there nobody sweeps either
        return True
    return os.fstat(handle).st_nlink > 0


def _sweep(path: Path) -> None:
    """Part files of `path` whose writers are dead go. What cannot be told, or removed, stays: it is in nobody's way."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 2 * _MARK_BYTES}.part"):
        with contextlib.suppress(OSError):
            handle = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)
            finally:
                os.close(handle)


def _onto_the_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())

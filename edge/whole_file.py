"""Atomic file writes: write a part file in the same folder, fsync it, rename it into place.

A reader, or a start after a power cut, finds the old file or the new one, never half of one. The part file has an
unpredictable name and is always newly created: never through a symlink, never over an existing file. It gets its owner
and mode before its content, and is removed afterwards whatever happens. If the process is killed, the next write of the
same file removes the leftover part file: a part file in use is locked, and the system releases a dead process's locks.

Not written this way: pictures and the ballast (`edge/store`: there are thousands, or they are not worth waiting for the
disk), downloads in pieces (`edge/update/fetching.py`), and the files of relay and portal, which import nothing from `edge`.
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
"""Only the owner may read and write."""
READABLE = 0o644
"""Everybody on this machine may read it; the content is no secret."""
_MARK_BYTES = 4
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """Owner of the new file: user id and group id; -1 keeps the writer's own."""

    user: int = -1
    group: int = -1
    needed: bool = True
    """False: if the writer lacks permission to change the owner, the file stays the writer's. True: PermissionError."""


WRITER = Owner()


def write_whole(path: Path, data: bytes, *, mode: int, owner: Owner = WRITER) -> None:
    """Replace `path` with a file that holds `data`, with `mode` (permission bits, whatever the umask) and `owner`.

    A symlink at `path` is replaced, not followed. Raises OSError: then the old file is intact; if only the fsync of the
    folder failed, the new file is in place.
    """
    with whole_file(path, mode=mode, owner=owner) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path, *, mode: int, owner: Owner = WRITER) -> Iterator[BinaryIO]:
    """Like `write_whole`, for content written piece by piece. An exception inside keeps the old file. Raises OSError."""
    with _part_of(path, mode, owner) as (part, file):
        yield file
        _onto_the_disk(file)
        part.replace(path)
    sync_folder(path.parent)


def write_first(path: Path, data: bytes, *, mode: int, owner: Owner = WRITER) -> bool:
    """Like `write_whole`, but only if `path` does not exist yet. Returns whether this call created it. Raises OSError.

    A file that exists already, or that another writer creates first, stays.
    """
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
    """Bring created, renamed and removed entries of `folder` onto the disk. Raises OSError.

    Does nothing on a file system that cannot sync folders (EINVAL).
    """
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
    """Open a part file for `path` with `owner` and `mode`; remove it at the end."""
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
    """Create a part file with a unique name, locked if the file system supports locks. Raises OSError."""
    for _ in range(_TRIES):
        part = path.with_name(f".{path.name}.{secrets.token_hex(_MARK_BYTES)}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        if _ours(handle):
            return part, handle
        os.close(handle)
        part.unlink(missing_ok=True)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))


def _ours(handle: int) -> bool:
    """Lock the part file. False if another writer's sweep locked or removed it first."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks on this file system: no sweep removes anything there either
        return True
    return os.fstat(handle).st_nlink > 0


def _sweep(path: Path) -> None:
    """Remove part files of `path` whose writers are dead. If in doubt, or on an error, a part file stays: it does no harm."""
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

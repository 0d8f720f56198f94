"""One process of a kind per state folder: a lock that the kernel releases when its holder dies.

It is held twice: as a name in kernel memory, which no disk can refuse, and as a file lock, which also works between
containers. Whoever holds either of them excludes the other.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
from pathlib import Path
from typing import Self

from core.words.system import system_words
from relay import kernel_names

log = logging.getLogger(__name__)

DISK_FAILS = frozenset(
    {errno.EROFS, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
)
"""Disk errors that stop nobody: a worn SD card (full, broken or remounted read-only), or a folder of somebody else. A
folder that cannot exist (below a file) is a mistake in the config, and reported as one."""


class FolderTaken(Exception):
    """Another living process holds the lock. `pid` is its number as text, or empty if unknown."""

    def __init__(self, pid: str) -> None:
        self.pid = pid
        super().__init__(f"pid {pid}")


class FolderLock:
    """Holds `state_dir` until closed. The file shows the holder's pid to people.

    `on_disk`: also by the file. Without, for a folder that cannot exist any more, which nobody can hold by its file either.
    Raises FolderTaken; OSError if there can be no such folder.
    """

    def __init__(self, state_dir: str | Path, *, name: str, file_name: str, on_disk: bool = True) -> None:
        try:
            self._name = kernel_names.hold(state_dir, name)
        except kernel_names.NameTaken as taken:
            raise FolderTaken(str(taken.pid or "")) from None
        self._file: int | None = None
        try:
            if on_disk:
                self._lock_file(Path(state_dir) / file_name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._name is not None:
            self._name.close()
            self._name = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lock_file(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in DISK_FAILS:
                raise
            log.error("%s: %s; замок только в памяти", path, system_words(error))  # noqa: TRY400 - the disk, not us
            with contextlib.suppress(OSError):  # an existing file can be locked without writing to it
                self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 32).decode("ascii", "replace").strip()
            raise FolderTaken(pid if pid.isdecimal() else "") from None
        except OSError as error:  # a file system without locks: nobody is known to hold it
            log.error("%s: %s; замок только в памяти", path, system_words(error))  # noqa: TRY400 - the disk, not us
            return
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the pid in it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

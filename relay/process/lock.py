"""One relay process per `state_dir`: a lock that the kernel releases when its holder dies.

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

from core.words.language import say
from core.words.system import system_words
from relay import kernel_names
from relay.errors import RelayBusy, RelayError

log = logging.getLogger(__name__)

LOCK_NAME = "relay.lock"
NAME = "relay-lock"
DISK_FAILS = frozenset(
    {errno.EROFS, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
)
"""Disk errors that do not stop the barrier: a worn SD card (full, broken or remounted read-only), or a folder of
somebody else. A folder that cannot exist (below a file) is a mistake in the config, and reported as one."""


class StateLock:
    """Holds `state_dir` until closed. The file shows the holder's pid to people.

    `on_disk`: also by the file. Without, for a folder that cannot exist any more, which nobody can hold by its file either.
    """

    def __init__(self, state_dir: str | Path, *, on_disk: bool = True) -> None:
        path = Path(state_dir) / LOCK_NAME
        try:
            self._name = kernel_names.hold(state_dir, NAME)
        except kernel_names.NameTaken as taken:
            raise _busy(path, str(taken.pid or "?")) from None
        self._file: int | None = None
        try:
            if on_disk:
                self._lock_file(path)
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
                raise RelayError(f"{path}: {system_words(error)}") from None
            log.error("%s: %s; замок только в памяти", path, system_words(error))  # noqa: TRY400 - the disk, not us
            with contextlib.suppress(OSError):  # an existing file can be locked without writing to it
                self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy(path, os.read(self._file, 32).decode("ascii", "replace").strip()) from None
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the pid in it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)


def _busy(path: Path, pid: str) -> RelayBusy:
    return RelayBusy(say("{path}: уже работает другой gate relay (pid {pid})", path=path, pid=pid or "?"))

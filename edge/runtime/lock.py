"""One `gate run` per state_dir: a lock that the kernel releases when its owner dies."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from pathlib import Path

from core.errors import GateError
from core.words.system import system_words
from edge.language import say
from relay import kernel_names
from relay.process.lock import DISK_FAILS

FILE_NAME = "gate.lock"
NAME = "gate-lock"

log = logging.getLogger(__name__)


class AlreadyRunning(GateError, RuntimeError):
    """Another process holds the lock; `pid` is its number if it could be read."""

    def __init__(self, folder: Path, pid: str) -> None:
        self.pid = pid
        who = f" (pid {pid})" if pid else ""
        super().__init__(say("gate run уже работает{who}: {folder}", who=who, folder=folder))


class StateDirUnusable(GateError, OSError):
    """The state_dir cannot be created or written to."""

    def __init__(self, folder: Path, error: OSError) -> None:
        why = system_words(error)
        super().__init__(say("папка состояния {folder} не годится: {why}", folder=folder, why=why))

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class InstanceLock:
    """Held from construction until `release` or the end of the process.

    Held twice, like the lock in `relay.process.lock`: as an abstract socket in the kernel and as a file lock. So a card
    that is read-only, full or somebody else's stops no gate. A folder that cannot exist at all is a config error.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file: int | None = None
        try:
            self._name = kernel_names.hold(state_dir, NAME)
        except kernel_names.NameTaken as taken:
            raise AlreadyRunning(state_dir, str(taken.pid or "")) from None
        try:
            self._lock_file(state_dir)
        except BaseException:
            self._let_go()
            raise

    def release(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
        self._let_go()

    def _lock_file(self, state_dir: Path) -> None:
        path = state_dir / FILE_NAME
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in DISK_FAILS:
                raise StateDirUnusable(state_dir, error) from error
            log.error("%s: %s: замок в памяти", path, system_words(error))  # noqa: TRY400 - the disk, not us
            with contextlib.suppress(OSError):  # an existing file can be locked without writing to it
                self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 32).decode(errors="replace").strip()
            raise AlreadyRunning(state_dir, pid if pid.isdecimal() else "") from None
        with contextlib.suppress(OSError):  # on a full disk the lock holds without the pid in it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._name is not None:
            self._name.close()
            self._name = None

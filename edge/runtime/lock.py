"""One `gate run` for one state_dir: a lock that the kernel takes back when its owner dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from core.errors import GateError
from edge.language import say

FILE_NAME = "gate.lock"


class AlreadyRunning(GateError, RuntimeError):
    """Another process holds the lock; `pid` is its number where it could be read."""

    def __init__(self, folder: Path, pid: str) -> None:
        self.pid = pid
        who = f" (pid {pid})" if pid else ""
        super().__init__(say("gate run уже работает{who}: {folder}", who=who, folder=folder))


class StateDirUnusable(GateError, OSError):
    """The state_dir cannot be made or written."""

    def __init__(self, folder: Path, error: OSError) -> None:
        why = error.strerror or str(error)
        super().__init__(say("папка состояния {folder} не годится: {why}", folder=folder, why=why))

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class InstanceLock:
    """Held from construction to `release` or the end of the process."""

    def __init__(self, state_dir: Path) -> None:
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
            self._file = os.open(state_dir / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateDirUnusable(state_dir, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyRunning(state_dir, pid if pid.isdecimal() else "") from None
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the number in it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
        os.close(self._file)

"""One `gate run` per state_dir (`relay.folder_lock`)."""

from __future__ import annotations

from pathlib import Path

from core.errors import GateError
from core.words.system import system_words
from edge.language import say
from relay.folder_lock import FolderLock, FolderTaken

FILE_NAME = "gate.lock"
NAME = "gate-lock"


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


class InstanceLock(FolderLock):
    """Held until `close` or the end of the process. A card that is read-only, full or somebody else's stops no gate."""

    def __init__(self, state_dir: Path) -> None:
        try:
            super().__init__(state_dir, name=NAME, file_name=FILE_NAME)
        except FolderTaken as taken:
            raise AlreadyRunning(state_dir, taken.pid) from None
        except OSError as error:
            raise StateDirUnusable(state_dir, error) from error

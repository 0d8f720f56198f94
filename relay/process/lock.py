"""One relay process per `state_dir` (`relay.folder_lock`)."""

from __future__ import annotations

from pathlib import Path

from core.words.language import say
from core.words.system import system_words
from relay.errors import RelayBusy, RelayError
from relay.folder_lock import FolderLock, FolderTaken

LOCK_NAME = "relay.lock"
NAME = "relay-lock"


class StateLock(FolderLock):
    """Raises RelayBusy, or RelayError if there can be no such folder. `on_disk`: see `FolderLock`."""

    def __init__(self, state_dir: str | Path, *, on_disk: bool = True) -> None:
        path = Path(state_dir) / LOCK_NAME
        try:
            super().__init__(state_dir, name=NAME, file_name=LOCK_NAME, on_disk=on_disk)
        except FolderTaken as taken:
            pid = taken.pid or "?"
            raise RelayBusy(say("{path}: уже работает другой gate relay (pid {pid})", path=path, pid=pid)) from None
        except OSError as error:
            raise RelayError(f"{path}: {system_words(error)}") from None

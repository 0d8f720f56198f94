"""One relay process for one `state_dir`: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from relay.errors import RelayBusy, RelayError

LOCK_NAME = "relay.lock"


class StateLock:
    """Holds `state_dir` until closed; the file tells the holder's pid to people."""

    def __init__(self, state_dir: str | Path) -> None:
        path = Path(state_dir) / LOCK_NAME
        try:
            Path(state_dir).mkdir(mode=0o750, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RelayError(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise RelayBusy(f"{path}: уже работает другой gate relay (pid {holder or '?'})") from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""One relay process for one `state_dir`: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import socket
from pathlib import Path
from typing import Self

from core.language import say
from relay.errors import RelayBusy, RelayError

log = logging.getLogger(__name__)

LOCK_NAME = "relay.lock"
DISK_FAILS = frozenset({errno.EROFS, errno.ENOSPC, errno.EIO, errno.EDQUOT})
"""A worn SD card: full, broken, or remounted read-only. The barrier works on it all the same."""


class StateLock:
    """Holds `state_dir` until closed; the file tells the holder's pid to people."""

    def __init__(self, state_dir: str | Path) -> None:
        path = Path(state_dir) / LOCK_NAME
        try:
            Path(state_dir).mkdir(mode=0o750, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in DISK_FAILS:
                raise RelayError(f"{path}: {error.strerror}") from None
            log.error("%s: %s; замок только в памяти", path, error.strerror)  # noqa: TRY400 - the disk, not us
            self._file = _lock_in_memory(state_dir)
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise RelayBusy(
                say("{path}: уже работает другой gate relay (pid {holder})", path=path, holder=holder or "?")
            ) from None
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the number in it
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock_in_memory(state_dir: str | Path) -> int:
    """An abstract socket that nobody connects to: its name is free again when its holder is gone."""
    import hashlib  # noqa: PLC0415 - on a broken disk only; OFF waits for what is imported before

    name = hashlib.sha256(os.fsencode(os.path.realpath(state_dir))).hexdigest()[:32]
    link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        link.bind(f"\0okter-gate-relay-{name}")
    except OSError:
        link.close()
        raise RelayBusy(say("{state_dir}: уже работает другой gate relay", state_dir=state_dir)) from None
    return link.detach()

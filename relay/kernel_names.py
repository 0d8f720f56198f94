"""Names that need no disk: locks and sockets of a state folder in kernel memory (Linux abstract sockets).

They are for an SD card that is read-only, broken or owned by somebody else. The name derives from the folder's path,
vanishes with its holder, and needs neither /run nor /tmp. Such a name has no file permissions, so each side checks who
the other one is.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BACKLOG = 128


class NameTaken(Exception):
    """A living process that may own the folder holds the name. `pid` is its process id, or 0 if unknown."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(f"pid {pid}")


def address(state_dir: str | Path, purpose: str) -> str:
    """The name for `purpose` (`relay`, `gate`, `relay-lock`, …) of this folder, whichever path leads to it."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(state_dir))).hexdigest()[:32]
    return f"\0okter-gate-{purpose}-{digest}"


def hold(state_dir: str | Path, purpose: str) -> socket.socket | None:
    """Holds the name as a lock until the socket is closed. Raises NameTaken.

    Returns None if a stranger holds it, which any user of the machine can do. The lock then protects nothing, but must
    not stop a barrier.
    """
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.bind(address(state_dir, purpose))
    except OSError:
        link.close()
        pid = _holder(state_dir, purpose)
        if pid is None:
            return None
        raise NameTaken(pid) from None
    link.listen(BACKLOG)  # no connection is served; it only shows the next process who holds the name
    return link


def listen(state_dir: str | Path, purpose: str, *, backlog: int = BACKLOG) -> socket.socket:
    """A listening socket. Raises OSError if the name is taken. The caller decides whom to let in (`peer`)."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.bind(address(state_dir, purpose))
        link.listen(backlog)
    except OSError:
        link.close()
        raise
    return link


def connect(link: socket.socket, state_dir: str | Path, purpose: str) -> None:
    """Connects `link` to the name. Raises OSError; PermissionError if the listener is not trusted."""
    link.connect(address(state_dir, purpose))
    if not trusted(peer(link)[1], state_dir):
        raise PermissionError(f"{purpose}: another user listens")


def peer(link: socket.socket) -> tuple[int, int, int]:
    """Process id, user id and group id of the other end."""
    pid, uid, gid = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return pid, uid, gid


def trusted(uid: int, state_dir: str | Path) -> bool:
    """Whether this user may act as the folder's gate: root, ourselves, or the folder's owner."""
    if uid in {0, os.geteuid()}:
        return True
    try:
        return uid == Path(state_dir).stat().st_uid
    except OSError:
        return False


def _holder(state_dir: str | Path, purpose: str) -> int | None:
    with _client() as link:
        try:
            link.connect(address(state_dir, purpose))
            pid, uid, _ = peer(link)
        except OSError:  # bound but not listening yet, or the queue is full: somebody is there
            return 0
    return pid if trusted(uid, state_dir) else None


@contextmanager
def _client() -> Iterator[socket.socket]:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.setblocking(False)
    try:
        yield link
    finally:
        link.close()

"""Names that need no disk: locks and sockets of a state folder in the kernel's memory (Linux abstract sockets).

For a card that is read-only, broken or somebody else's: the name is made of the folder's path, is gone with its holder,
and needs neither /run nor /tmp. Such a name has no file permissions, so both sides look at who the other one is.
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
    """A living process that may own the folder holds the name; `pid` is its number, 0 where it is not known."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(f"pid {pid}")


def address(state_dir: str | Path, purpose: str) -> str:
    """The name for `purpose` (`relay`, `gate`, `relay-lock`, …) of this folder, however the folder is spelled."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(state_dir))).hexdigest()[:32]
    return f"\0okter-gate-{purpose}-{digest}"


def hold(state_dir: str | Path, purpose: str) -> socket.socket | None:
    """Hold the name as a lock until the socket is closed. Raises NameTaken.

    None where a stranger holds it (any user of the machine can): then it locks nothing, and must not stop a barrier.
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
    link.listen(BACKLOG)  # nobody is ever let in: it only lets a second one see who holds it
    return link


def listen(state_dir: str | Path, purpose: str, *, backlog: int = BACKLOG) -> socket.socket:
    """A listening socket. OSError where the name is taken. Whom to let in is the caller's part (`peer`)."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.bind(address(state_dir, purpose))
        link.listen(backlog)
    except OSError:
        link.close()
        raise
    return link


def connect(link: socket.socket, state_dir: str | Path, purpose: str) -> None:
    """Connect `link` to the name. Raises OSError, PermissionError when whoever listens is none of ours."""
    link.connect(address(state_dir, purpose))
    if not trusted(peer(link)[1], state_dir):
        raise PermissionError(f"{purpose}: another user listens")


def peer(link: socket.socket) -> tuple[int, int, int]:
    """Process, user and group at the other end."""
    pid, uid, gid = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return pid, uid, gid


def trusted(uid: int, state_dir: str | Path) -> bool:
    """Whether this user may stand for the gate of the folder: root, ourselves, or the folder's owner."""
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
        except OSError:  # bound and not yet listening, or full: somebody is there
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

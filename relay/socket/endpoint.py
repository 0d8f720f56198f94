"""Where the relay socket is, even below a directory whose path is too long for `sun_path` (107 bytes).

The socket is addressed through a descriptor of its directory, because `/proc/self/fd/N/relay.sock` is always short. If
the disk refuses a socket, a name in kernel memory is used instead (`relay.kernel_names`); clients try the file first.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from pathlib import Path

from core.words.language import say
from core.words.system import system_words
from relay import kernel_names
from relay.errors import RelayAbsent

SOCKET_NAME = "relay.sock"
NAME = "relay"
QUEUE_AGAIN_S = 0.005

log = logging.getLogger(__name__)


def socket_path(state_dir: str | Path) -> Path:
    """The socket file of the relay process that owns `state_dir`."""
    return Path(state_dir) / SOCKET_NAME


def connect(state_dir: str | Path, *, timeout_s: float) -> socket.socket:
    """A connected stream socket. Raises `RelayAbsent` if nobody listens."""
    try:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:  # out of descriptors: for now, as if nobody were there
        raise RelayAbsent(f"{socket_path(state_dir)}: {system_words(error)}") from None
    link.settimeout(timeout_s)
    try:
        _connect_to_file(link, state_dir, time.monotonic() + timeout_s)
    except OSError as error:
        if _connected_in_memory(link, state_dir):
            return link
        link.close()
        if isinstance(error, PermissionError):
            raise RelayAbsent(
                say(
                    "{socket_path}: нет прав: запустите от пользователя службы (sudo)",
                    socket_path=socket_path(state_dir),
                )
            ) from None
        raise RelayAbsent(
            say(
                "{socket_path}: gate relay не запущен ({strerror})",
                socket_path=socket_path(state_dir),
                strerror=system_words(error),
            )
        ) from None
    return link


def _connect_to_file(link: socket.socket, state_dir: str | Path, deadline: float) -> None:
    directory = os.open(state_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _connect(link, f"/proc/self/fd/{directory}/{SOCKET_NAME}", deadline)
    finally:
        os.close(directory)


def _connected_in_memory(link: socket.socket, state_dir: str | Path) -> bool:
    try:
        kernel_names.connect(link, state_dir, NAME)
    except OSError:
        return False
    return True


def _connect(link: socket.socket, address: str, deadline: float) -> None:
    while True:
        try:
            link.connect(address)
        except BlockingIOError:  # too many at once: unlike TCP, the kernel does not queue us
            if time.monotonic() > deadline:
                raise
            time.sleep(QUEUE_AGAIN_S)
        else:
            return


def listen(state_dir: str | Path, *, mode: int, backlog: int) -> socket.socket:
    """A listening, non-blocking socket with file permissions `mode`. It replaces a socket left by a dead process.

    The caller holds the lock of `state_dir`, so an existing socket file belongs to no living process. If the disk
    refuses the socket, it is in kernel memory, and access control is entirely up to the caller.
    """
    try:
        link = _listen_in_folder(state_dir, mode=mode, backlog=backlog)
    except OSError as error:
        log.error("сокет: %s: %s; теперь он в памяти", state_dir, system_words(error))  # noqa: TRY400 - the disk
        link = kernel_names.listen(state_dir, NAME, backlog=backlog)
    link.setblocking(False)
    return link


def _listen_in_folder(state_dir: str | Path, *, mode: int, backlog: int) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory = os.open(state_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        link.close()
        raise
    try:
        fresh = f"/proc/self/fd/{directory}/.{SOCKET_NAME}.new"
        Path(fresh).unlink(missing_ok=True)
        link.bind(fresh)
        Path(fresh).chmod(mode)
        link.listen(backlog)
        # It only gets its name now, so that no client meets a socket that does not listen yet.
        Path(fresh).replace(f"/proc/self/fd/{directory}/{SOCKET_NAME}")
    except OSError:
        link.close()
        raise
    finally:
        os.close(directory)
    return link


def identity(state_dir: str | Path) -> tuple[int, int] | None:
    """The file that clients of `state_dir` find under the socket's name; None if there is none."""
    try:
        found = socket_path(state_dir).lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

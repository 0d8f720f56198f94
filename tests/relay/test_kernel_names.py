"""Names in the kernel's memory: a lock and a door that need no disk."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from relay import kernel_names
from relay.errors import RelayAbsent
from relay.kernel_names import NameTaken
from relay.socket import endpoint


def unix() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def test_a_name_is_held_once_and_tells_by_whom(tmp_path: Path) -> None:
    """A second holder is told which process has it; it is free once that one has let go."""
    first = kernel_names.hold(tmp_path, "lock")
    assert first is not None
    with first, pytest.raises(NameTaken) as taken:
        kernel_names.hold(tmp_path, "lock")
    assert os.getpid() == taken.value.pid
    again = kernel_names.hold(tmp_path, "lock")
    assert again is not None
    again.close()


def test_a_stranger_who_holds_the_name_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any user of the machine can take the name: it must not stop a barrier."""
    first = kernel_names.hold(tmp_path, "lock")
    assert first is not None
    monkeypatch.setattr(kernel_names, "trusted", lambda uid, folder: False)
    with first:
        assert kernel_names.hold(tmp_path, "lock") is None


def test_a_name_that_is_bound_and_silent_is_somebody(tmp_path: Path) -> None:
    """Whoever has bound it and does not listen yet is not run over."""
    with unix() as silent:
        silent.bind(kernel_names.address(tmp_path, "lock"))
        with pytest.raises(NameTaken) as taken:
            kernel_names.hold(tmp_path, "lock")
    assert taken.value.pid == 0


def test_a_door_is_open_once(tmp_path: Path) -> None:
    """Two listeners at one name are an error, and each folder and purpose has a name of its own."""
    with kernel_names.listen(tmp_path, "relay") as door:
        with pytest.raises(OSError):
            kernel_names.listen(tmp_path, "relay")
        kernel_names.listen(tmp_path / "other", "relay").close()
        with unix() as link:
            kernel_names.connect(link, tmp_path, "relay")
            assert kernel_names.peer(link)[0] == os.getpid()
        assert door.fileno() >= 0


def test_nobody_speaks_to_a_stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who listens under the name must be root, ourselves or the owner of the folder; else it counts as nobody there."""
    monkeypatch.setattr(kernel_names, "trusted", lambda uid, folder: False)
    with kernel_names.listen(tmp_path, "relay"), unix() as link:
        with pytest.raises(PermissionError):
            kernel_names.connect(link, tmp_path, "relay")
        with pytest.raises(RelayAbsent):
            endpoint.connect(tmp_path, timeout_s=1)


def test_whom_a_folder_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root, ourselves, the owner; of a folder that is gone nobody else."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    owner = tmp_path.stat().st_uid
    assert kernel_names.trusted(0, tmp_path)
    assert kernel_names.trusted(4242, tmp_path)
    assert kernel_names.trusted(owner, tmp_path)
    assert not kernel_names.trusted(owner + 777, tmp_path)
    assert not kernel_names.trusted(owner + 777, tmp_path / "gone")


def test_a_client_finds_the_door_that_is_in_memory(tmp_path: Path) -> None:
    """Where the disk has no socket file, the name in memory is tried."""
    with kernel_names.listen(tmp_path, endpoint.NAME), endpoint.connect(tmp_path, timeout_s=1) as link:
        assert kernel_names.peer(link)[0] == os.getpid()


def test_a_folder_that_cannot_hold_a_socket_gets_one_in_memory(tmp_path: Path) -> None:
    """A disk that is read-only, full or gone does not close the door: clients find it in memory."""
    gone = tmp_path / "gone"
    with endpoint.listen(gone, mode=0o660, backlog=4):
        endpoint.connect(gone, timeout_s=1).close()
        assert endpoint.identity(gone) is None


def test_a_socket_file_that_cannot_be_made_leaves_no_descriptor(tmp_path: Path) -> None:
    """Something that cannot be replaced stands at the name: the door is in memory, and nothing leaks."""
    (tmp_path / endpoint.SOCKET_NAME).mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    endpoint.listen(tmp_path, mode=0o660, backlog=4).close()
    assert before == len(list(Path("/proc/self/fd").iterdir()))


def test_who_may_not_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rights is told apart from no relay, with its cure; no descriptors count as nobody there."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(endpoint, "_connect_to_file", refuse)
    with pytest.raises(RelayAbsent, match="нет прав"):
        endpoint.connect(tmp_path, timeout_s=1)

    def exhausted(*_: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    nothing_left = SimpleNamespace(socket=exhausted, AF_UNIX=socket.AF_UNIX, SOCK_STREAM=socket.SOCK_STREAM)
    monkeypatch.setattr(endpoint, "socket", nothing_left)
    with pytest.raises(RelayAbsent):
        endpoint.connect(tmp_path, timeout_s=1)


def test_a_crowd_at_the_door_is_waited_for_no_longer_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel does not queue a client of a full door: it is tried again, until the deadline."""

    class Full:
        tries = 0

        def connect(self, address: str) -> None:
            self.tries += 1
            raise BlockingIOError

    moments = iter([0.0, 1.0, 2.0, 3.1])
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(monotonic=lambda: next(moments), sleep=lambda seconds: None))
    full = Full()
    with pytest.raises(BlockingIOError):
        endpoint._connect(full, "x", deadline=3.0)
    assert full.tries == 4

"""A file is written whole: whatever fails, and whenever the process dies, what stands there is the old file or the new one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.whole_file import PRIVATE, READABLE, Owner, sync_folder, whole_file, write_first, write_whole

OLD, NEW = b"old " * 5000, b"new " * 9000
STEPS = ("open", "fchown", "fchmod", "fsync", "replace")
"""In the order in which they happen; `fsync` a second time for the folder."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_bytes(OLD)
    return path


def alone(file: Path) -> bool:
    return [file] == list(file.parent.iterdir())


def failing(monkeypatch: pytest.MonkeyPatch, step: str, fail: Callable[[], Any], *, after: int = 0) -> None:
    """From its call number `after` on, `step` fails."""
    where = Path if step == "replace" else os
    real, left = getattr(where, step), [after]

    def one(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        return fail() if left[0] < 0 else real(*given, **named)

    monkeypatch.setattr(where, step, one)


def raising(code: int) -> Callable[[], Any]:
    def fail() -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_the_mode_is_what_was_said(file: Path, umask: int) -> None:
    """Whatever the umask, and whatever the file of before had: a secret is never wider, what others need never narrower."""
    before = os.umask(umask)
    try:
        for mode in (PRIVATE, READABLE, 0o640):
            write_whole(file, NEW, mode=mode)
            assert (NEW, mode) == (file.read_bytes(), stat.S_IMODE(file.stat().st_mode))
    finally:
        os.umask(before)
    assert alone(file)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_leaves_the_old_file_and_nothing_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    """A full disk, a broken one, one that takes no writing: whoever wrote is told which."""
    with monkeypatch.context() as patch:
        failing(patch, step, raising(code))
        with pytest.raises(OSError, match=r".") as found:
            write_whole(file, NEW, mode=PRIVATE, owner=Owner(group=os.getegid()))
    assert code == found.value.errno
    assert OLD == file.read_bytes()
    assert alone(file)


def test_a_folder_that_cannot_be_brought_onto_the_disk_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file stands there whole, and that it will after a power cut is not claimed."""
    with monkeypatch.context() as patch:
        failing(patch, "fsync", raising(errno.EIO), after=1)
        with pytest.raises(OSError, match="error"):
            write_whole(file, NEW, mode=PRIVATE)
    assert NEW == file.read_bytes()
    assert alone(file)


def test_a_file_system_that_syncs_no_folders_is_no_failure(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says EINVAL: nothing more can be asked of it."""
    with monkeypatch.context() as patch:
        failing(patch, "fsync", raising(errno.EINVAL), after=1)
        write_whole(file, NEW, mode=PRIVATE)
    assert NEW == file.read_bytes()


def test_a_disk_that_is_full_halfway_leaves_the_old_file(file: Path) -> None:
    """The system itself refuses, in the middle of the content: a bound on the length of files stands for a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) - 5000, hard))
    try:
        with pytest.raises(OSError, match=r".") as found:
            write_whole(file, NEW, mode=PRIVATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert errno.EFBIG == found.value.errno
    assert OLD == file.read_bytes()
    assert alone(file)


@pytest.mark.parametrize("step", [*((name, 0) for name in STEPS), ("fsync", 1)], ids=lambda step: f"{step[0]}{step[1]}")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies_at_a_step_leaves_one_of_both(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[str, int], when: str
) -> None:
    """Nothing is tidied up then; the next write of the file does, and takes no other's part file."""
    other = file.parent / ".settings.json.bak"
    other.write_bytes(b"")
    name, number = step
    if child := os.fork():
        assert 9 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    else:
        where = Path if name == "replace" else os
        real, left = getattr(where, name), [number]

        def dying(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0 and when == "before":
                os._exit(9)
            found = real(*given, **named)
            if left[0] < 0:
                os._exit(9)
            return found

        monkeypatch.setattr(where, name, dying)
        with contextlib.suppress(BaseException):
            write_whole(file, NEW, mode=PRIVATE, owner=Owner(group=os.getegid()))
        os._exit(1)
    reached = (name, when) == ("replace", "after") or step == ("fsync", 1)
    assert (NEW if reached else OLD) == file.read_bytes()
    write_whole(file, b"next", mode=PRIVATE)
    assert b"next" == file.read_bytes()
    assert {file, other} == set(file.parent.iterdir())


def test_an_exception_of_the_writer_leaves_the_old_file(file: Path) -> None:
    """What is written bit by bit is given up as a whole."""

    def broken() -> Iterator[bytes]:
        yield NEW
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), whole_file(file, mode=PRIVATE) as out:
        out.writelines(broken())
    assert OLD == file.read_bytes()
    assert alone(file)


def test_nobody_sees_a_part_under_the_name(file: Path) -> None:
    """Until the last byte is on the disk the old file is what readers find."""
    with whole_file(file, mode=PRIVATE) as out:
        out.write(NEW)
        out.flush()
        assert OLD == file.read_bytes()
    assert NEW == file.read_bytes()


def test_no_link_is_followed(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at the file's own place, nor at the part file's, even where its name was guessed: another one is not written."""
    secret = tmp_path / "shadow"
    secret.write_bytes(OLD)
    file.unlink()
    file.symlink_to(secret)
    write_whole(file, NEW, mode=PRIVATE)
    assert (False, NEW, OLD) == (file.is_symlink(), file.read_bytes(), secret.read_bytes())
    monkeypatch.setattr("secrets.token_hex", lambda _: "0" * 8)
    laid = file.with_name(f".{file.name}.{'0' * 8}.part")
    for lay in (laid.symlink_to, laid.hardlink_to):
        lay(secret)
        with contextlib.suppress(FileExistsError):
            write_whole(file, b"third", mode=PRIVATE)
        assert OLD == secret.read_bytes()
        laid.unlink(missing_ok=True)


def test_a_part_that_is_being_written_is_left_to_its_writer(file: Path) -> None:
    """Two writers at once: each part is its own, and the file is that of whoever was last."""
    with whole_file(file, mode=PRIVATE) as slow:
        slow.write(b"slow")
        write_whole(file, b"quick", mode=PRIVATE)
        assert b"quick" == file.read_bytes()
    assert b"slow" == file.read_bytes()
    assert alone(file)


@pytest.mark.parametrize("swept", ["held", "gone"])
def test_a_part_that_is_swept_before_it_is_locked_is_made_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch, swept: str
) -> None:
    """Another writer that came between takes the name, not the write."""
    real, held = fcntl.flock, list[int]()

    def quicker(handle: int, how: int) -> None:
        if not held:
            (part,) = file.parent.glob(".settings.json.*.part")
            held.append(os.open(part, os.O_RDONLY))
            if swept == "held":
                real(held[0], fcntl.LOCK_EX)
            else:
                part.unlink()
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", quicker)
    write_whole(file, NEW, mode=PRIVATE)
    os.close(held[0])
    assert NEW == file.read_bytes()
    assert alone(file)


def test_whoever_takes_every_name_is_told_of_and_not_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A neighbour in the folder that locks each part at once keeps nobody for ever."""

    def never(*_: Any) -> None:
        raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", never)
    with pytest.raises(BlockingIOError):
        write_whole(file, NEW, mode=PRIVATE)
    assert OLD == file.read_bytes()
    assert alone(file)


def test_a_file_system_without_locks_takes_the_file_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a killed process left stays there."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: raising(errno.ENOLCK)())
    left = file.with_name(f".{file.name}.{'a' * 8}.part")
    left.write_bytes(b"torn")
    write_whole(file, NEW, mode=PRIVATE)
    assert NEW == file.read_bytes()
    assert left.exists()


def test_what_only_looks_like_a_part_stays(file: Path) -> None:
    """A folder or a link under such a name was made by no writer, nor was the part of another file by one of this."""
    names = [file.with_name(f".{file.name}.{mark * 8}.part") for mark in "ab"]
    names[0].mkdir()
    names[1].symlink_to(file)
    strange = file.with_name(f".{file.name}x.{'d' * 8}.part")  # of another file
    strange.write_bytes(b"")
    write_whole(file, NEW, mode=PRIVATE)
    assert {file, strange, *names} == set(file.parent.iterdir())


def test_the_first_one_stays(file: Path) -> None:
    """Of two who each make the file because there is none, one has made it, and both know which."""
    new = file.with_name("key")
    assert write_first(new, b"one", mode=PRIVATE)
    assert not write_first(new, b"two", mode=PRIVATE)
    assert (b"one", PRIVATE, 1) == (new.read_bytes(), stat.S_IMODE(new.stat().st_mode), new.stat().st_nlink)
    assert {file, new} == set(file.parent.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_who_was_named(file: Path) -> None:
    """Group alone, or both."""
    write_whole(file, NEW, mode=0o640, owner=Owner(group=54321))
    assert (0, 54321) == (file.stat().st_uid, file.stat().st_gid)
    write_whole(file, NEW, mode=0o640, owner=Owner(54321, 54322))
    assert (54321, 54322) == (file.stat().st_uid, file.stat().st_gid)


@pytest.mark.parametrize("wanted", [Owner(1, 1), Owner(1, 1, needed=False)])
def test_who_may_not_give_it_away_keeps_it_or_fails_as_was_said(
    file: Path, monkeypatch: pytest.MonkeyPatch, wanted: Owner
) -> None:
    """Where the owner is needed no file of another owner takes the place."""
    failing(monkeypatch, "fchown", raising(errno.EPERM))
    with pytest.raises(PermissionError) if wanted.needed else contextlib.nullcontext():
        write_whole(file, NEW, mode=PRIVATE, owner=wanted)
    assert (OLD if wanted.needed else NEW) == file.read_bytes()
    assert alone(file)


@pytest.mark.parametrize("place", ["no/folder", "file/in"])
def test_a_folder_that_is_none_is_an_error_of_the_system(tmp_path: Path, place: str) -> None:
    """As any other: no folder is made by the way."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"No such file|Not a directory"):
        write_whole(tmp_path / place, NEW, mode=PRIVATE)
    assert not (tmp_path / "no").exists()
    with pytest.raises(OSError, match=r"No such file|Not a directory"):
        sync_folder(tmp_path / place)


READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77
exec "$2" -c 'import sys; from pathlib import Path; from edge.whole_file import write_whole
try: write_whole(Path(sys.argv[1]) / "settings.json", b"new", mode=0o600)
except OSError as error: sys.exit(error.errno)' "$1"
"""


def test_a_folder_that_takes_no_writing(file: Path) -> None:
    """A worn card that the system has made read-only: its own word for it, and the old file."""
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*namespace, "sh", "-c", READ_ONLY, "sh", str(file.parent), sys.executable], capture_output=True, check=False
    )
    if done.returncode in {1, 77}:
        pytest.skip("no mount namespaces here")
    assert errno.EROFS == done.returncode, done.stderr
    assert OLD == file.read_bytes()
    assert alone(file)

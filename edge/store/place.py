"""Where the store lies: in the state folder, or in memory while that folder is not writable.

A worn card turns read-only. Then the list is copied into memory and everything works there as on disk: the cloud
changes the list, the journal is kept, commands run once. This lasts until the power goes, and an alarm reports it. Each
file is handled separately: if one cannot be written, the other stays where it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.words.system import system_words
from edge.language import say
from edge.store.database import may_be_there
from edge.store.good_copy import MARK, good_copies, once_had_a_list
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.passes import FILE_NAME as PASSES_FILE
from relay import kernel_names


@dataclass(frozen=True, slots=True)
class StorePlace:
    """The folders of the two files. `why` is empty while both are in the state folder."""

    passes: Path
    journal: Path
    why: str = ""

    @property
    def passes_file(self) -> Path:
        return self.passes / PASSES_FILE

    @property
    def journal_file(self) -> Path:
        return self.journal / JOURNAL_FILE


def settle(state_dir: Path) -> StorePlace:
    """Where a starting gate keeps its files. Creates and fills the folder in memory if one is needed."""
    with contextlib.suppress(OSError):
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    why = _closed(state_dir)
    wanted = [name for name in (PASSES_FILE, JOURNAL_FILE) if why or not _writable_file(state_dir / name)]
    memory = _make_memory(state_dir) if wanted else None
    if not wanted:
        _forget(state_dir)
    if memory is None:
        return StorePlace(state_dir, state_dir, why)
    why = why or f"{', '.join(wanted)}: {say('сюда нельзя писать')}"
    if PASSES_FILE in wanted:
        _copy_list(state_dir, memory)
    return StorePlace(
        passes=memory if PASSES_FILE in wanted else state_dir,
        journal=memory if JOURNAL_FILE in wanted else state_dir,
        why=why,
    )


def find(state_dir: Path) -> StorePlace:
    """Where a command finds the files. Changes nothing."""
    folder_is_open = os.access(state_dir, os.W_OK | os.X_OK)
    memory = next((folder for folder in _memories(state_dir) if _is_ours(folder, state_dir)), None)

    def of(name: str) -> Path:
        if memory is None or not may_be_there(memory / name):
            return state_dir
        return state_dir if folder_is_open and _writable_file(state_dir / name) else memory

    return StorePlace(of(PASSES_FILE), of(JOURNAL_FILE))


def _closed(folder: Path) -> str:
    """Why nothing can be written there; empty if it can, or if only space is missing."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder}: {say('сюда нельзя писать')}"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        full = shutil.disk_usage(folder).free < 1 << 16
        return "" if full else f"{folder}: {system_words(error)}"


def _writable_file(path: Path) -> bool:
    return not may_be_there(path) or os.access(path, os.W_OK)


def _memories(state_dir: Path) -> Iterable[Path]:
    """Candidate folders in memory, best first. /dev/shm is available even where systemd makes all else read-only."""
    name = kernel_names.address(state_dir, "store").removeprefix("\0")
    for folder in ("/dev/shm", os.environ.get("XDG_RUNTIME_DIR", "")):  # noqa: S108 - the owner is checked
        if folder:
            yield Path(folder) / name
    with contextlib.suppress(OSError):  # there may be no writable temporary folder
        yield Path(tempfile.gettempdir()) / name


def _make_memory(state_dir: Path) -> Path | None:
    for folder in _memories(state_dir):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_ours(folder, state_dir) and not _closed(folder):
                return folder
    return None


def _is_ours(folder: Path, state_dir: Path) -> bool:
    """Whether it is a real folder that nobody else made or may write to."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and kernel_names.trusted(found.st_uid, state_dir)
    )


def _copy_list(state_dir: Path, memory: Path) -> None:
    """Copy the list from disk, unless the one in memory is newer because the cloud has changed it since."""
    source, target = state_dir / PASSES_FILE, memory / PASSES_FILE
    if target.exists() and _newest(target) >= _newest(source):
        return
    for part in (target, _wal(target), target.with_name(f"{target.name}-shm")):
        part.unlink(missing_ok=True)
    there, copied = may_be_there(source) or once_had_a_list(source), False
    for part in (source, _wal(source), *good_copies(source)):
        with contextlib.suppress(OSError):
            shutil.copyfile(part, memory / part.name)
            copied = True
    if there and not copied:  # a list that cannot be read must not pass for an empty one
        (memory / MARK).touch(mode=0o600)


def _newest(database: Path) -> float:
    times = [0.0]
    for part in (database, _wal(database)):
        with contextlib.suppress(OSError):
            times.append(part.stat().st_mtime)
    return max(times)


def _wal(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def _forget(state_dir: Path) -> None:
    """The disk is writable again: delete what was kept in memory, which would only grow stale."""
    for folder in _memories(state_dir):
        if _is_ours(folder, state_dir):
            shutil.rmtree(folder, ignore_errors=True)

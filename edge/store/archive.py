"""Backup of a box in one file, written from a running gate and restored onto another box.

It holds the list, journal, pictures, cloud credential, persons, settings, camera acceptances and who is notified.

The file is a gzipped tar whose first member is a manifest with SHA-256 sums. Nothing is put in place before every sum
agrees, and no name other than those below is ever accepted. It contains the device token: to the cloud, whoever has the
file is this box.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import FileUnusable, GateError
from core.jsontext import read_json
from core.words.system import system_words
from edge.aim.record import FOLDER as ACCEPTANCES
from edge.credential import FILE_NAME as CREDENTIAL
from edge.language import say
from edge.neighbours.subscriptions import FILE_NAME as SUBSCRIPTIONS
from edge.neighbours.subscriptions import KEY_FILE as PUSH_KEY
from edge.persons_place import FILE_NAME as PERSONS
from edge.persons_place import check_writable, place_of
from edge.persons_place import write as write_persons
from edge.store.database import may_be_there, open_existing
from edge.store.errors import StoreError
from edge.store.good_copy import copied_seq, good_copies
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.passes import FILE_NAME as PASSES_FILE
from edge.store.passes import PassStore
from edge.store.place import find
from edge.store.read_only import ListRead, read_list
from edge.whole_file import PRIVATE, whole_file

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
CONFIG = "gate.toml"
FORMAT = 2
"""2 adds what `_is_since_2` names. An archive without any of it says 1, so that older versions can restore it."""
MOST_BYTES = 64 << 30
SNAPSHOTS = "snapshots"
_ACCEPTANCE = re.compile(r"acceptance/[A-Za-z0-9%_~-][A-Za-z0-9%._~-]{0,250}\.(json|jpg|html)")
_NOTIFIED = (SUBSCRIPTIONS, PUSH_KEY)
"""Browser subscriptions, and the push key they are bound to: they work with that key only."""
Told = Callable[[float, float], None]
"""Progress in bytes: done, total."""
_PICTURE = re.compile(r"snapshots/\d{4}-\d{2}-\d{2}/[A-Za-z0-9-]{1,64}(\.plate)?\.jpg")
_BLOCK = 1 << 20


class ArchiveInvalid(FileUnusable):
    """Not one of our archives, an incomplete one, or one of a newer version."""


class BoxBusy(GateError, RuntimeError):
    """The box is in use."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds."""

    made_at: datetime
    version: str
    passes: int | None
    """None if the list is not in it: there was none, or it could not be read."""
    pictures: int
    files: tuple[str, ...]


def write_archive(
    file: Path,
    *,
    state_dir: Path,
    config: Path,
    version: str,
    now: datetime,
    pictures: bool = True,
    told: Told = lambda _done, _whole: None,
) -> Contents:
    """Write the box into `file`, whole or not at all, readable by its owner only. Raises StoreError, FileUnusable."""
    place = find(state_dir)
    with tempfile.TemporaryDirectory() as scratch:
        members = {CONFIG: config}
        read = _list_of(place.passes_file)
        if read is not None and read.from_copy:
            members[PASSES_FILE] = _from_good_copy(place.passes_file, Path(scratch) / PASSES_FILE)
        elif read is not None and may_be_there(place.passes_file):
            members[PASSES_FILE] = _copy_of(place.passes_file, Path(scratch) / PASSES_FILE)
        if may_be_there(place.journal_file):
            members[JOURNAL_FILE] = _copy_of(place.journal_file, Path(scratch) / JOURNAL_FILE)
        beside = (
            (state_dir, CREDENTIAL),
            (place_of(state_dir).folder, PERSONS),
            *((state_dir, name) for name in _NOTIFIED),
        )
        members |= {name: folder / name for folder, name in beside if (folder / name).exists()}
        kept = ((f"{ACCEPTANCES}/{path.name}", path) for path in sorted((state_dir / ACCEPTANCES).glob("*")))
        members |= {name: path for name, path in kept if _is_ours(name)}
        if pictures:
            found = sorted(place.journal.glob("snapshots/*/*.jpg"))
            members |= {str(path.relative_to(place.journal)): path for path in found}
        try:
            with (
                whole_file(file, mode=PRIVATE) as raw,
                tarfile.open(fileobj=raw, mode="w:gz", compresslevel=5) as tar,
            ):
                contents = _fill(
                    tar, members, version=version, now=now, passes=None if read is None else len(read.passes), told=told
                )
        except OSError as error:
            raise FileUnusable(file, system_words(error)) from None
    return contents


def read_archive(file: Path, *, state_dir: Path, now: datetime, told: Told = lambda _done, _whole: None) -> Contents:
    """Put the archive's files into `state_dir`; what was there moves into a subfolder. The caller holds the locks.

    The settings are left there as `gate.toml.restored`, because only a person can say where they belong. Raises
    ArchiveInvalid. Raises PersonsNotOurs if only root may change the persons; nothing has been touched then.
    """
    with tempfile.TemporaryDirectory(dir=_made(state_dir), prefix=".restore-") as folder:
        fresh = Path(folder)
        contents = _unpack(file, fresh, told)
        persons = place_of(state_dir)
        if PERSONS in contents.files:
            check_writable(persons)
        aside = state_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
        aside.mkdir(mode=0o700)
        copied = copied_seq(state_dir / PASSES_FILE) or 0
        for name in (PASSES_FILE, JOURNAL_FILE, CREDENTIAL, SNAPSHOTS, ACCEPTANCES, *_NOTIFIED):
            if (fresh / name).exists():
                _swap(state_dir, name, aside, fresh)
        if (fresh / PERSONS).exists():
            if persons.file.exists():
                shutil.copy(persons.file, aside)
            write_persons(persons, (fresh / PERSONS).read_bytes())
        for copy in good_copies(state_dir / PASSES_FILE):
            copy.replace(aside / copy.name)
        if (fresh / CONFIG).exists():
            (fresh / CONFIG).replace(state_dir / f"{CONFIG}.restored")
    if PASSES_FILE in contents.files:
        _count_on(state_dir / PASSES_FILE, copied)
    return contents


def _list_of(file: Path) -> ListRead | None:
    """None if it is lost: the rest of the box is worth keeping all the same, and the contents tell of it."""
    try:
        return read_list(file)
    except StoreError as error:
        log.warning("%s", error)
        return None


def _from_good_copy(source: Path, target: Path) -> Path:
    """The list of the good copies of `source`, whose own file is lost or damaged."""
    for copy in good_copies(source):
        shutil.copyfile(copy, target.with_name(copy.name))
    with PassStore(target):
        return target


def _copy_of(source: Path, target: Path) -> Path:
    """A consistent copy of a database, its WAL included, while others write."""
    with contextlib.closing(open_existing(source)) as db, contextlib.closing(sqlite3.connect(target)) as copy:
        db.conn.backup(copy)
    return target


def _fill(
    tar: tarfile.TarFile, members: dict[str, Path], *, version: str, now: datetime, passes: int | None, told: Told
) -> Contents:
    sums: dict[str, str] = {}
    sizes = {name: path.stat().st_size for name, path in members.items() if path.exists()}
    done, whole = 0, 2 * sum(sizes.values())  # each file is read twice: for its sum and for the archive
    for name, path in list(members.items()):
        try:
            sums[name] = _sum_of(path)
        except FileNotFoundError:  # a picture that retention has deleted meanwhile
            del members[name]
        done += sizes.get(name, 0)
        told(done, whole)
    made_by = FORMAT if any(_is_since_2(name) for name in members) else 1
    manifest = {"format": made_by, "version": version, "made_at": now.isoformat(), "passes": passes or 0, "files": sums}
    _add(tar, MANIFEST, json.dumps(manifest, ensure_ascii=False).encode())
    for name, path in members.items():
        _add(tar, name, path.read_bytes())
        done += sizes.get(name, 0)
        told(done, whole)
    count = sum(name.startswith(f"{SNAPSHOTS}/") for name in members)
    return Contents(now, version, passes if PASSES_FILE in members else None, count, tuple(members))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def _unpack(file: Path, folder: Path, told: Told) -> Contents:
    try:
        with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:gz") as tar:
            whole = os.fstat(raw.fileno()).st_size
            return _members(tar, file, folder, lambda: told(raw.tell(), whole))
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ArchiveInvalid):
            raise
        why = system_words(error) if isinstance(error, OSError) and error.errno else say("не архив шлагбаума")
        raise ArchiveInvalid(file, why) from None


def _members(tar: tarfile.TarFile, file: Path, folder: Path, told: Callable[[], None]) -> Contents:
    first = tar.next()
    stream = tar.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if stream is None:
        raise ArchiveInvalid(file, say("нет описи: не архив шлагбаума"))
    manifest = read_json(stream.read(_BLOCK * 64))
    if manifest["format"] > FORMAT:
        raise ArchiveInvalid(file, say("архив более новой версии"))
    sums: dict[str, str] = dict(manifest["files"])
    total = 0
    while (entry := tar.next()) is not None:
        total += entry.size
        stream = tar.extractfile(entry) if entry.isreg() and entry.name in sums and _is_ours(entry.name) else None
        if stream is None or total > MOST_BYTES:
            raise ArchiveInvalid(file, say("лишнее в архиве: {name!r:.80}", name=entry.name))
        target = folder / entry.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(stream, out, _BLOCK)
        told()
        if _sum_of(target) != sums.pop(entry.name):
            raise ArchiveInvalid(file, say("{name}: контрольная сумма не сходится", name=entry.name))
    if sums:
        raise ArchiveInvalid(file, say("архив неполон"))
    names = tuple(manifest["files"])
    count = sum(name.startswith(f"{SNAPSHOTS}/") for name in names)
    made_at = datetime.fromisoformat(manifest["made_at"])
    passes = int(manifest["passes"]) if PASSES_FILE in names else None
    return Contents(made_at, str(manifest["version"])[:40], passes, count, names)


def _is_ours(name: str) -> bool:
    known = {CONFIG, PASSES_FILE, JOURNAL_FILE, CREDENTIAL, PERSONS}
    return name in known or _PICTURE.fullmatch(name) is not None or _is_since_2(name)


def _is_since_2(name: str) -> bool:
    return name in _NOTIFIED or _ACCEPTANCE.fullmatch(name) is not None


def _made(state_dir: Path) -> Path:
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileUnusable(state_dir, system_words(error)) from None
    return state_dir


def _swap(state_dir: Path, name: str, aside: Path, fresh: Path) -> None:
    for part in _parts(state_dir, name):
        part.replace(aside / part.name)
    (fresh / name).replace(state_dir / name)


def _parts(state_dir: Path, name: str) -> Iterator[Path]:
    for suffix in ("", "-wal", "-shm"):
        if (state_dir / (name + suffix)).exists():
            yield state_dir / (name + suffix)


def _count_on(path: Path, copied: int) -> None:
    """Make the restored list the newest: its change counter goes on from the larger of its own and the box's."""
    with PassStore(path) as store:
        store.begin_anew(beyond=copied)
        store.keep_good_copy()


def _sum_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()

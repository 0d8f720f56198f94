"""Backup and restore in one file: everything a portal needs, that is, its database, its own key and its pictures."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath

from sqlalchemy import make_url, select

from cloud import push
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.db.models import Territory
from cloud.settings import SECRET_FILE
from core.words.language import say

SQLITE_NAME = "okter.db"
DUMP_NAME = "okter.dump"
SNAPSHOTS = "snapshots"
CONTENTS = (SQLITE_NAME, DUMP_NAME, SECRET_FILE, SNAPSHOTS)


class BackupFailed(RuntimeError):
    """A backup could not be made or restored. The message is one line for the operator."""


def backup(data_dir: Path, url: str, target: Path) -> None:
    """Writes a consistent copy while the portal runs. `target` appears only once it is complete. Raises BackupFailed."""
    with tempfile.TemporaryDirectory(prefix="okter-backup-", dir=target.parent) as scratch:
        work = Path(scratch)
        if url.startswith("sqlite"):
            dump = work / SQLITE_NAME
            _copy_sqlite(Path(make_url(url).database or ""), dump)
        else:
            dump = work / DUMP_NAME
            _postgres(url, ["pg_dump", "--format=custom", f"--file={dump}"])
        whole = work / "whole.tar.gz"
        with tarfile.open(whole, "w:gz") as archive:
            archive.add(dump, dump.name)
            if (data_dir / SECRET_FILE).exists():
                archive.add(data_dir / SECRET_FILE, SECRET_FILE)
            for picture in sorted((data_dir / SNAPSHOTS).rglob("*.jpg")):
                _add_picture(archive, picture, str(picture.relative_to(data_dir)))
        whole.chmod(0o600)
        whole.replace(target)


def _add_picture(archive: tarfile.TarFile, picture: Path, name: str) -> None:
    """Adds a picture. If retention has deleted it in the meantime, that is no error."""
    try:
        file = picture.open("rb")
    except FileNotFoundError:
        return
    with file:
        archive.addfile(archive.gettarinfo(arcname=name, fileobj=file), file)


def restore(source: Path, data_dir: Path, url: str, *, replace: bool) -> None:
    """Restores a backup into an empty data folder or, with `replace`, over existing data. Raises BackupFailed.

    Every gate then fetches its whole list again, because changes it received after the backup no longer exist.
    """
    with tempfile.TemporaryDirectory(prefix="okter-restore-", dir=data_dir) as scratch:
        work = Path(scratch)
        try:
            with tarfile.open(source, "r:gz") as archive:
                _unpack(archive, work, source)
        except (tarfile.TarError, EOFError) as error:
            raise BackupFailed(
                say("{source}: не похоже на резервную копию ({error})", source=source, error=error)
            ) from error
        if url.startswith("sqlite"):
            _place_sqlite(work / SQLITE_NAME, Path(make_url(url).database or ""), source, replace=replace)
        else:
            if not (work / DUMP_NAME).is_file():
                raise BackupFailed(say("{source}: это копия базы SQLite, а указана PostgreSQL", source=source))
            wipe = ["--clean", "--if-exists"] if replace else []
            _postgres(
                url, ["pg_restore", "--no-owner", "--single-transaction", *wipe, "--dbname=", str(work / DUMP_NAME)]
            )
            _bring_up(url)
        for name in (SECRET_FILE, SNAPSHOTS):
            if (work / name).exists():
                _put(work / name, data_dir / name)
    _keep_owner(data_dir)


def _bring_up(url: str) -> None:
    """Migrates a restored database to this program's version and gives every territory's list a new epoch.

    The epoch is random rather than incremented: restoring a backup twice starts two different histories, and a gate that took
    its list from the first must not continue in the second.
    """
    database = Database(url)
    try:
        migrate(database.engine)
        with database.write() as session:
            for territory in session.scalars(select(Territory)):
                territory.pass_epoch = push.new_epoch()
    finally:
        database.close()


def _keep_owner(data_dir: Path) -> None:
    """When root restores, gives the files to the owner of the data folder, which is the portal's user."""
    if os.geteuid() != 0:
        return
    whole = data_dir.resolve()  # systemd may make the data folder a symbolic link
    owner = whole.stat()
    for path in whole.rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _unpack(archive: tarfile.TarFile, folder: Path, source: Path) -> None:
    """Writes the regular files of a backup, after checking their paths.

    It does not use tarfile's extraction filters, because Python 3.11.2 in Debian 12 does not have them yet.
    """
    for member in archive:
        path = PurePosixPath(member.name)
        if member.isdir():
            continue
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None or path.is_absolute() or ".." in path.parts or path.parts[0] not in CONTENTS:
            raise BackupFailed(say("{source}: в копии лишнее: {name!r}", source=source, name=member.name))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BackupFailed(say("{source}: базы нет", source=source))
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def _place_sqlite(found: Path, target: Path, source: Path, *, replace: bool) -> None:
    if not found.is_file():
        raise BackupFailed(say("{source}: это копия базы PostgreSQL, а указана SQLite", source=source))
    with closing(sqlite3.connect(found)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupFailed(say("{source}: база в копии повреждена", source=source))
    if target.exists() and not replace:
        raise BackupFailed(
            say("{target}: база уже есть; чтобы заменить её, остановите портал и добавьте --replace", target=target)
        )
    _bring_up(f"sqlite:///{found}")  # before anything is replaced: a newer program's database cannot be used
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    _put(found, target)


def _put(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)


def _postgres(url: str, command: list[str]) -> None:
    """Runs one of PostgreSQL's programs. The password is passed in the environment, where `ps` does not show it."""
    parsed = make_url(url)
    program = shutil.which(command[0])
    if program is None:
        raise BackupFailed(say("нет программы {command}: установите пакет postgresql-client", command=command[0]))
    facts = {
        "PGHOST": parsed.host or str(parsed.query.get("host", "")),
        "PGPORT": str(parsed.port or ""),
        "PGUSER": parsed.username or "",
        "PGPASSWORD": str(parsed.password or ""),
        "PGDATABASE": parsed.database or "",
    }
    environment = dict(os.environ) | {name: value for name, value in facts.items() if value}
    filled = [f"--dbname={parsed.database}" if word == "--dbname=" else word for word in command[1:]]
    done = subprocess.run(  # noqa: S603  # our own words; the URL's parts never reach a shell
        [program, *filled], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise BackupFailed(f"{command[0]}: {lines[-1] if lines else say('код {code}', code=done.returncode)}")

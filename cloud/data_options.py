"""The `--data` and `--database` options of the `okter` commands, and how they are resolved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import ArgumentError

from cloud.backup import SQLITE_NAME
from cloud.command_language import say
from cloud.db.engine import Database, database_url
from cloud.settings import SettingsInvalid

Command = Callable[..., Any]
DATABASES = ("sqlite:", "postgresql+psycopg:")


def default_data_dir() -> Path:
    """`$OKTER_DATA`, else the state directory that systemd gives the unit, else `./okter-data`."""
    named = os.environ.get("OKTER_DATA") or os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(named) if named else Path("okter-data")


def with_data(command: Command) -> Command:
    """Adds the `--data` and `--database` options to a command."""
    command = click.option("--database", help=say("URL PostgreSQL; без него SQLite в папке данных."))(command)
    return click.option(
        "--data", type=click.Path(path_type=Path), help=say("Папка данных (по умолчанию $OKTER_DATA или ./okter-data).")
    )(command)


def prepare(data: Path | None, database: str | None) -> tuple[Path, str]:
    """The data folder, created if needed with mode 0700, and the database's URL.

    Raises SettingsInvalid.
    """
    data_dir = (data or default_data_dir()).absolute()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    wrong = SettingsInvalid(say("--database: нужен адрес вида postgresql://user:password@host/name"))
    try:
        url = database_url(data_dir, database or os.environ.get("OKTER_DATABASE_URL"))
    except (ArgumentError, ValueError) as error:  # the URL holds a password: it is not repeated
        raise wrong from error
    if not url.startswith(DATABASES):
        raise wrong
    return data_dir, url


def prepare_existing(data: Path | None, database: str | None) -> tuple[Path, str]:
    """Like `prepare`, but for an existing portal. Without a database URL, the folder must contain the SQLite database.

    Otherwise it raises SettingsInvalid and writes nothing into the folder.
    """
    folder = (data or default_data_dir()).absolute()
    if not (database or os.environ.get("OKTER_DATABASE_URL") or (folder / SQLITE_NAME).is_file()):
        raise SettingsInvalid(
            say("{folder}: здесь нет базы портала; её папку называют --data или OKTER_DATA", folder=folder)
        )
    return prepare(data, database)


@contextmanager
def opened(data: Path | None, database: str | None) -> Iterator[Database]:
    """Opens the database of an existing portal."""
    _, url = prepare_existing(data, database)
    base = Database(url)
    try:
        yield base
    finally:
        base.close()

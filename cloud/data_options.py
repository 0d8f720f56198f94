"""Where a portal's data are: the options that every command of `okter` has, and what they name."""

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
    """`$OKTER_DATA`, else what systemd gives the unit, else a folder here."""
    named = os.environ.get("OKTER_DATA") or os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(named) if named else Path("okter-data")


def with_data(command: Command) -> Command:
    """The options that name the data."""
    command = click.option("--database", help=say("URL PostgreSQL; без него SQLite в папке данных."))(command)
    return click.option(
        "--data", type=click.Path(path_type=Path), help=say("Папка данных (по умолчанию $OKTER_DATA или ./okter-data).")
    )(command)


def prepare(data: Path | None, database: str | None) -> tuple[Path, str]:
    """The data folder, made if need be and closed to others, and the database's URL."""
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
    """As `prepare`, for a portal that is there already: whoever names the wrong folder is told, and it stays empty."""
    folder = (data or default_data_dir()).absolute()
    if not (database or os.environ.get("OKTER_DATABASE_URL") or (folder / SQLITE_NAME).is_file()):
        raise SettingsInvalid(
            say("{folder}: здесь нет базы портала; её папку называют --data или OKTER_DATA", folder=folder)
        )
    return prepare(data, database)


@contextmanager
def opened(data: Path | None, database: str | None) -> Iterator[Database]:
    """The database of a portal that is there."""
    _, url = prepare_existing(data, database)
    base = Database(url)
    try:
        yield base
    finally:
        base.close()

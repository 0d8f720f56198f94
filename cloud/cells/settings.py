"""The file that lists the cells, for the command that moves territories between them.

[cells.east]
env = "/etc/okter/east.env"        # the environment file of that portal's service

[cells.west]
env = "/etc/okter/west.env"

[moves]
key = "/etc/okter/moves"           # private Ed25519 key; without it, gates keep connecting to the old cell
directory = "postgresql://…"       # database of the directory, if there is one
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloud.db.engine import database_url
from cloud.pictures import BucketSettings, bucket_settings
from cloud.settings import SettingsInvalid, nats_servers, public_url
from core.words.language import say
from core.words.system import system_words

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class CellSettings:
    """How the move command reaches one cell."""

    name: str
    url: str
    """Its address for people and gates."""
    database_url: str = field(repr=False)
    data_dir: Path
    bucket: BucketSettings | None = None
    nats: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CellsFile:
    """The contents of the file."""

    path: Path
    cells: Mapping[str, CellSettings]
    key: Path | None = None
    directory: str = field(default="", repr=False)
    """URL of the directory's database; empty = there is none."""


def read_cells(path: Path) -> CellsFile:
    """Reads the file. Raises SettingsInvalid, which names the file and the key."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        open_to_others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError as error:
        raise SettingsInvalid(f"{path}: {system_words(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path}: {error}") from None
    if open_to_others & stat.S_IRWXO:
        raise SettingsInvalid(say("{path}: файл открыт всем; chmod 600 {path}", path=path))
    for name in found:
        if name not in {"cells", "moves"}:
            raise SettingsInvalid(say("{path}: {key}: такого раздела нет", path=path, key=name))
    named = _table(found, "cells", path)
    if len(named) < 2:
        raise SettingsInvalid(say("{path}: cells: нужны хотя бы две ячейки, [cells.ИМЯ] с ключом env", path=path))
    moves = _table(found, "moves", path)
    _known(moves, {"key", "directory"}, "moves", path)
    directory = _text(moves, "directory", "moves", path)
    return CellsFile(
        path,
        {name: _cell(name, _table(named, name, path), path) for name in named},
        Path(key) if (key := _text(moves, "key", "moves", path)) else None,
        database_url(path.parent, directory) if directory else "",
    )


def _cell(name: str, table: Mapping[str, Any], path: Path) -> CellSettings:
    where = f"cells.{name}"
    _known(table, {"env"}, where, path)
    file = Path(_text(table, "env", where, path))
    if not file.is_absolute():
        file = path.parent / file
    environment = read_environment(file)
    data_dir = Path(environment.get("OKTER_DATA", "")).absolute()
    for wanted in ("OKTER_PUBLIC_URL", "OKTER_DATA"):
        if not environment.get(wanted):
            raise SettingsInvalid(say("{path}: {key}: не задано", path=file, key=wanted))
    url = public_url(environment["OKTER_PUBLIC_URL"])
    if url.startswith("http:") and urlsplit(url).hostname not in LOOPBACK:
        raise SettingsInvalid(say("{path}: OKTER_PUBLIC_URL: гейты ходят в ячейку только по https://", path=file))
    return CellSettings(
        name=name,
        url=url,
        database_url=database_url(data_dir, environment.get("OKTER_DATABASE_URL") or None),
        data_dir=data_dir,
        bucket=bucket_settings(environment),
        nats=nats_servers(environment),
    )


def read_environment(path: Path) -> dict[str, str]:
    """`NAME=value` lines as in systemd's EnvironmentFile (systemd.exec(5)), but without line continuation."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = system_words(error) if isinstance(error, OSError) else say("это не текст")
        raise SettingsInvalid(f"{path}: {why}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise SettingsInvalid(say("{path}: строка {number}: нужно ИМЯ=значение", path=path, number=number))
        value = value.strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name.strip()] = value[1:-1] if quoted else value
    return found


def _table(found: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    value = found.get(name, {})
    if not isinstance(value, dict):
        raise SettingsInvalid(say("{path}: {key}: нужен раздел", path=path, key=name))
    return value


def _known(table: Mapping[str, Any], keys: set[str], where: str, path: Path) -> None:
    for name in table:
        if name not in keys:
            raise SettingsInvalid(say("{path}: {key}: такого ключа нет", path=path, key=f"{where}.{name}"))


def _text(table: Mapping[str, Any], name: str, where: str, path: Path) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise SettingsInvalid(say("{path}: {key}: нужен текст в кавычках", path=path, key=f"{where}.{name}"))
    return value

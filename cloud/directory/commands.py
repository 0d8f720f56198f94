"""`okter directory`: runs the directory, and registers a cell's existing territories in it."""

from __future__ import annotations

import os
from pathlib import Path

import click
import uvicorn
from sqlalchemy import select

from cloud.cells.settings import read_cells
from cloud.command_language import say
from cloud.db.engine import Database, database_url
from cloud.db.models import Gate, Territory, utc_now
from cloud.directory.app import create_directory
from cloud.directory.places import Places
from cloud.directory.settings import read_secret
from cloud.settings import SettingsInvalid


@click.group(help=say("Справочник: в какой ячейке какая территория."))
def directory() -> None:
    """The group; its commands follow."""


@directory.command("serve", help=say("Запустить справочник; ключ ячеек — файл OKTER_DIRECTORY_SECRET_FILE."))
@click.option(
    "--database", envvar="OKTER_DIRECTORY_DATABASE", help=say("URL PostgreSQL; без него SQLite в текущей папке.")
)
@click.option("--host", default="127.0.0.1", show_default=True, help=say("Адрес, на котором слушать."))
@click.option("--port", default=8010, show_default=True, type=click.IntRange(1, 65535))
def serve_directory(database: str | None, host: str, port: int) -> None:
    opened = Database(
        database_url(Path().absolute(), database) if database else f"sqlite:///{Path('directory.db').absolute()}"
    )
    app = create_directory(opened, read_secret(os.environ))
    print(say("Справочник: http://{host}:{port}", host=host, port=port), flush=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)


@directory.command("register", help=say("Записать в справочник территории ячейки, которые уже есть."))
@click.argument("cell")
@click.option("--cells", "file", required=True, envvar="OKTER_CELLS", type=click.Path(path_type=Path, dir_okay=False),
              help=say("Файл ячеек TOML; иначе $OKTER_CELLS."))  # fmt: skip
def register(cell: str, file: Path) -> None:
    named = read_cells(file)
    if cell not in named.cells:
        raise click.UsageError(say("{cell}: в {file} нет такой ячейки", file=file, cell=cell))
    if not named.directory:
        raise SettingsInvalid(say("{path}: moves.directory: не задано", path=file))
    opened, home = Database(named.directory), Database(named.cells[cell].database_url)
    places, url, taken = Places(opened), named.cells[cell].url, []
    with home.read() as session:
        codes = list(session.scalars(select(Territory.code).order_by(Territory.code)))
        tokens = session.execute(
            select(Territory.code, Gate.token_hash).join(Gate.territory).where(Gate.token_hash.is_not(None))
        ).all()
    for code in codes:
        if not places.claim(code, url, now=utc_now()):
            place = places.of_code(code)
            taken += [code] if place is None or place.cell_url != url else []
    for code, hashed in tokens:
        if code not in taken and hashed is not None:
            places.remember(code, [hashed])
    print(say("{cell}: территорий {n}", cell=cell, n=len(codes) - len(taken)))
    opened.close()
    home.close()
    if taken:
        raise SettingsInvalid(say("эти коды уже у другой ячейки: {codes}", codes=", ".join(taken)))

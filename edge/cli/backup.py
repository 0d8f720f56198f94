"""`gate backup` and `gate restore`: saves a box to one file and restores it from there."""

from __future__ import annotations

from pathlib import Path

import click

from edge import __version__
from edge.cli.options import print_json, with_config, with_json
from edge.cli.ownership import load_with_access
from edge.cli.progress import Progress
from edge.language import say
from edge.runtime.known_time import now_of
from edge.runtime.lock import AlreadyRunning, InstanceLock
from edge.store.archive import BoxBusy, Contents, read_archive, write_archive

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(help=say("Сложить коробку в один файл: список, журнал, снимки, привязку, приёмки."))
@FILE
@click.option("--no-pictures", is_flag=True, help=say("Без снимков: мал и быстр."))
@with_config
@with_json
def backup(file: Path, config_file: Path | None, *, no_pictures: bool, as_json: bool) -> None:
    """Works beside a running gate. The file holds the device token: it is made readable for its owner alone."""
    config = load_with_access(config_file)
    with Progress(file.name) as progress:
        contents = write_archive(
            file.absolute(),
            state_dir=config.state_dir,
            config=config.file,
            version=__version__,
            now=now_of(config.state_dir).wall,
            pictures=not no_pictures,
            told=progress.at,
        )
    _print_result(file, contents, as_json=as_json)
    if not as_json:
        print(say("В файле ключ привязки к облаку: храните его как пароль. Пароли камер из отдельных файлов не вошли."))


@click.command(help=say("Развернуть файл gate backup на этой коробке."))
@FILE
@with_config
@with_json
def restore(file: Path, config_file: Path | None, *, as_json: bool) -> None:
    """Refused while `gate run` works here. What was there stays beside it."""
    config = load_with_access(config_file)
    now = now_of(config.state_dir).wall
    try:
        lock = InstanceLock(config.state_dir)
    except AlreadyRunning as error:
        stop = say("сначала остановите gate run")
        raise BoxBusy(f"{error}; {stop}") from None
    try:
        with Progress(file.name) as progress:
            contents = read_archive(file, state_dir=config.state_dir, now=now, told=progress.at)
    finally:
        lock.close()
    _print_result(file, contents, as_json=as_json)
    if not as_json:
        kept = config.state_dir / "gate.toml.restored"
        print(
            say(
                "Настройки той коробки: {kept}; сравните с {file}. Прежнее — в before-restore-…",
                kept=kept,
                file=config.file,
            )
        )
        print(say("Две коробки с одной привязкой мешают друг другу: прежнюю выключите."))


def _print_result(file: Path, contents: Contents, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(file),
                "made_at": contents.made_at.isoformat(),
                "version": contents.version,
                "passes": contents.passes,
                "pictures": contents.pictures,
                "files": [name for name in contents.files if not name.startswith("snapshots/")],
            }
        )
        return
    made = f"{contents.made_at:%d.%m.%Y %H:%M} UTC"
    print(
        say(
            "{file}: {made}, пропусков {passes}, снимков {pictures}",
            file=file,
            made=made,
            passes="—" if contents.passes is None else contents.passes,
            pictures=contents.pictures,
        )
    )
    if contents.passes is None:
        print(say("внимание: {what}", what=say("списка пропусков в файле нет: его не было или он не прочитался")))

"""`gate config check|show|explain`: is the file right, what holds, what does a key mean."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import print_json, with_config, with_json
from edge.config import find_config, load
from edge.config.describe import all_keys, explain, matching, show
from edge.config.problems import nearest
from edge.language import say


@click.group(help=say("Настройки: проверить, показать, объяснить ключ."))
def config() -> None:
    """The group; its commands follow."""


@config.command(help=say("Проверить файл: каждая ошибка с файлом, строкой и ключом."))
@with_config
@with_json
def check(config_file: Path | None, *, as_json: bool) -> None:
    found = load(config_file, for_services=True)
    if as_json:
        print_json({"file": str(found.file), "ok": True, "lanes": [lane.name for lane in found.lanes]})
        return
    lanes = ", ".join(f"{lane.name} → {lane.barrier}" for lane in found.lanes)
    print(f"{found.file}: " + say("в порядке ({lanes})", lanes=lanes))


@config.command("show", help=say("Показать, что действует, со значениями по умолчанию."))
@with_config
def show_config(config_file: Path | None) -> None:
    found = load(config_file)
    print(f"# {found.file}")
    for line in show(found):
        print(line)


@config.command("explain", help=say("Объяснить ключ или таблицу; без имени — все."))
@click.argument("key", required=False)
@with_config
def explain_key(key: str | None, config_file: Path | None) -> None:
    if key is None:  # of the file only its name is said: the keys are the same in every one
        print(find_config(config_file))
        for item in all_keys():
            print(f"  {item.name:<28} {item.key.help}")
        return
    found = matching(key)
    if not found:
        near = nearest(key, [item.key.name for item in all_keys()] + [item.name for item in all_keys()])
        hint = say("; похоже на {near}", near=near) if near else ""
        raise click.UsageError(say("нет ключа {key}{hint}", key=key, hint=hint))
    print("\n\n".join(explain(item) for item in found))

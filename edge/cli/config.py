"""`gate config`: is the file valid, which settings are in force, what does a key mean; and changing a key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.errors import ConfigError
from edge import paths
from edge.cli.options import print_json, with_config, with_json
from edge.cli.who import whoever
from edge.config import find_config, load
from edge.config.choice import CHOOSABLE
from edge.config.describe import all_keys, explain, matching, show
from edge.config.edit import roll_back, set_value
from edge.config.live import Reloaded, is_live, restarts
from edge.config.narrow import serve
from edge.config.problems import nearest
from edge.language import say
from edge.rule_words import note_of, strength
from edge.runtime.control import ControlClient, GateAbsent


@click.group(help=say("Настройки: проверить, показать, объяснить ключ."))
def config() -> None:
    """The group of the commands below."""


@config.command(help=say("Проверить файл: каждая ошибка с файлом, строкой и ключом."))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@with_config
@with_json
def check(file: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    found = load(file or config_file, for_services=True)
    if as_json:
        print_json({"file": str(found.file), "ok": True, "lanes": [lane.name for lane in found.lanes]})
        return
    lanes = ", ".join(f"{lane.name} → {lane.barrier}" for lane in found.lanes)
    print(f"{found.file}: " + say("в порядке ({lanes})", lanes=lanes))


@config.command(
    "set",
    help=say(
        "Изменить ключ в файле: policy.open_confidence 0.9, lane.entry.zone «[0.1, 0.3, 0.9, 1.0]». Пояснения остаются;"
        " что не годится, не записывается."
    ),
)
@click.argument("key")
@click.argument("value")
@with_config
def set_key(key: str, value: str, config_file: Path | None) -> None:
    file = _own_file(config_file)
    before, after = set_value(file, key, value)
    if before == after:
        print(say("{key} = {value}: так и было", key=key, value=after))
        return
    print(f"{key}: {before or '—'} → {after}")
    taken = _applied(file)
    if is_live(key) and taken is not None and taken.live:
        print(say("действует сразу: gate run уже взял; вернуть: gate config rollback"))
    else:
        print(say("действует после перезапуска: {commands}; вернуть: gate config rollback", commands=_restarts(key)))


@config.command(help=say("Вернуть настройки, какими они были до последнего gate config set."))
@with_config
def rollback(config_file: Path | None) -> None:
    file = _own_file(config_file)
    kept = roll_back(file)
    print(say("{file}: прежние настройки вернулись, бывшие — в {kept}", file=file, kept=kept.name))
    taken = _applied(file)
    if taken is not None and taken.live:
        print(say("действует сразу: {keys}", keys=", ".join(taken.live)))
    waits = ("",) if taken is None else taken.restart
    if waits:
        print(say("действует после перезапуска: {commands}", commands=_restarts(*waits)))


@config.command(
    "serve-page",
    help=say("Записать один ключ по просьбе страницы (зовёт systemd: вопрос на входе, ответ на выходе)."),
)
@with_config
def serve_page(config_file: Path | None) -> None:
    serve(_own_file(config_file), sys.stdin.buffer, sys.stdout.buffer)


def _own_file(config_file: Path | None) -> Path:
    """The file to change: the user's own, never the default shipped with the program."""
    file = find_config(config_file).absolute()
    if file == paths.default_config():
        raise ConfigError(say("{file}: файл программы; скопируйте его: cp {file} /etc/okter-gate/gate.toml", file=file))
    return file


def _applied(file: Path) -> Reloaded | None:
    """What the gate running with this file applied; None if there is none or it could not read the file."""
    gate = ControlClient(load(file).state_dir)
    try:
        found = gate.reload(whoever()) if Path(gate.status().config) == file else None
    except GateAbsent:
        return None
    return None if found is None or found.error else found


def _restarts(*keys: str) -> str:
    """The command that restarts the services affected by these keys; an empty key means all services."""
    return "systemctl restart " + " ".join(dict.fromkeys(name for key in keys for name in restarts(key)))


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
    if key is None:  # only the file's name is printed: the keys are the same in every file
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
    for item in found:
        _tell_origin(item.name, config_file)


def _tell_origin(name: str, config_file: Path | None) -> None:
    """For a rule that the portal may choose: print who decides it at the gate running with this file."""
    if name not in CHOOSABLE:
        return
    print(f"  {strength()}")
    try:
        running = ControlClient(load(config_file).state_dir).status()
    except (ConfigError, GateAbsent):
        running = None
    if running is None or running.rules is None:
        print("  " + say("Что действует сейчас, неизвестно: gate run не отвечает."))
    else:
        print(f"  {note_of(name, running.rules)}")

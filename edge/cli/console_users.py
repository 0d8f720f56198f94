"""`gate console user`: who may use the guard's page, by name."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.cli.options import print_json, with_config, with_json
from edge.config import load
from edge.language import say
from edge.persons import Persons, Role, check_secret, parsed
from edge.persons_place import FILE_NAME, Old, old_of, place_of, settle, take_old


@click.group(help=say("Кто пользуется страницей охраны: имена, роли, PIN."))
def user() -> None:
    """The group of the commands below."""


@user.command("add", help=say("Добавить человека или дать ему новый PIN или пароль (спросят; или строкой на вход)."))
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.GUARD.value,
    show_default=True,
    help=say("guard — охрана, technician — техник: может добавлять пропуска на любой срок."),
)
@with_config
def add(name: str, role: str, config_file: Path | None) -> None:
    persons = _persons(config_file)
    secret = _typed_secret()
    person = persons.put(name, Role(role), secret)
    print(say("{name} ({role}): записан; начатые раньше сеансы окончены", name=person.name, role=person.role.value))


@user.command("list", help=say("Кто записан."))
@with_config
@with_json
def list_users(config_file: Path | None, *, as_json: bool) -> None:
    folder = load(config_file).state_dir
    found = Persons(folder).all()
    if place_of(folder).apart and old_of(folder) is Old.OTHER:
        _tell_other(folder)
    if not found and not as_json:
        print(say("Никто не записан: страница спрашивает общий пароль, если он задан."))
    for person in found:
        if as_json:
            print_json({"name": person.name, "role": person.role.value})
        else:
            print(f"{person.role.value:<12} {person.name}")


@user.command("remove", help=say("Убрать человека: его сеанс кончается сразу."))
@click.argument("name")
@with_config
def remove(name: str, config_file: Path | None) -> int:
    persons = _persons(config_file)
    if not persons.remove(name):
        print("gate: " + say("нет такого человека: {name}", name=name), file=sys.stderr)
        return 1
    print(say("{name}: убран", name=name))
    if not persons.wanted:
        print(say("Больше никто не записан: страница снова спрашивает общий пароль, если он задан."))
    return 0


@user.command(
    "settle",
    help=say("Переложить людей страницы в папку, где их меняет только root (делает установка); закончить прерванное."),
)
@click.option(
    "--take-old",
    "take_old_file",
    is_flag=True,
    help=say("Взять тех, кого записала прежняя версия программы: сначала посмотрите, кто это."),
)
@with_config
def settle_users(config_file: Path | None, *, take_old_file: bool) -> int:
    """For root. A file at the old place that differs from what was moved is used only with `take_old_file`."""
    folder = load(config_file).state_dir
    found = settle(folder)
    if take_old_file and found is Old.OTHER:
        take_old(folder, parsed)
        found = Old.LINK
    persons = Persons(folder)
    names = ", ".join(one.name for one in persons.all()) or say("никто")
    print(say("люди страницы: {folder}, записаны: {names}", folder=place_of(folder).folder, names=names))
    if found is Old.OTHER:
        _tell_other(folder)
        return 1
    return 0


def _tell_other(folder: Path) -> None:
    """Warn on standard error, so that lists for programs stay lists."""
    path = folder / FILE_NAME
    if path.is_symlink():  # there is nothing that could be taken
        told = say(
            "{path}: чужая ссылка; по ней людей не берут. "
            "Посмотрите, куда она ведёт, удалите её и повторите: sudo gate console user settle",
            path=path,
        )
    else:
        told = say(
            "{path}: людей меняли прежней версией программы или не она; они не действуют. "
            "Посмотрите файл; взять его: sudo gate console user settle --take-old",
            path=path,
        )
    print("gate: " + told, file=sys.stderr)


def _persons(config_file: Path | None) -> Persons:
    folder = load(config_file).state_dir
    folder.mkdir(parents=True, exist_ok=True)
    return Persons(folder)


def _typed_secret() -> str:
    """The secret, typed twice by a person or read once from a pipe. Never an argument: other users can see those."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    secret: str = click.prompt(say("PIN (от 6 цифр) или пароль"), hide_input=True)
    check_secret(secret)  # before it has to be typed again
    again: str = click.prompt(say("Ещё раз"), hide_input=True)
    if again != secret:
        raise click.UsageError(say("не совпало"))
    return secret

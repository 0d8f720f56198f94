"""`gate config show` and `explain`: the settings in words, with secrets hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from camera.redact import redact
from camera.settings import CameraSettings
from edge.config.keys import Key, keys_of
from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES, GateConfig, Lane
from edge.config.secrets import FILE_SUFFIX, HIDDEN
from edge.language import say


@dataclass(frozen=True, slots=True)
class Explained:
    """One key and the table it belongs to."""

    table: str
    many: bool
    key: Key

    @property
    def name(self) -> str:
        return f"{self.table}.{self.key.name}"


def all_keys() -> tuple[Explained, ...]:
    """Every key, in the order of the default file."""
    single = [Explained(table, False, key) for table, of in SINGLE_TABLES.items() for key in keys_of(of).values()]
    array = [Explained(table, True, key) for table, of in ARRAY_TABLES.items() for key in keys_of(of).values()]
    return (*single[: len(keys_of(SINGLE_TABLES["site"]))], *array, *single[len(keys_of(SINGLE_TABLES["site"])) :])


def matching(name: str) -> tuple[Explained, ...]:
    """The keys a technician may mean by `lane.camera`, `camera` or the name of a whole table."""
    typed = name.strip().lower()
    name = typed.strip("[]")
    table, _, last = name.partition(".")
    if table in ARRAY_TABLES and "." in last:  # `lane.entry.zone`, as `gate config set` takes it
        name = f"{table}.{last.rpartition('.')[2]}"
    keys = all_keys()
    of_table = tuple(item for item in keys if item.table == name)
    if of_table and (typed != name or name in ARRAY_TABLES):  # `barrier` names a table, and also a key of other tables
        return of_table
    if name.startswith("lane."):  # a [[lane]] may override what [camera] sets for all
        lane = tuple(item for item in keys if name == item.name)
        lane = lane or tuple(item for item in keys if item.name == f"camera.{name.removeprefix('lane.')}")
        return lane or _of_secret_file(name)
    exact = tuple(item for item in keys if name in {item.name, item.key.name})
    return exact or of_table or _of_secret_file(name)


def _of_secret_file(name: str) -> tuple[Explained, ...]:
    """The secret that `password_file` of the file is about: it is written there under that name."""
    secret = name.removesuffix(FILE_SUFFIX)
    return tuple(item for item in matching(secret) if item.key.secret) if secret != name else ()


def explain(item: Explained) -> str:
    """A paragraph about one key."""
    key = item.key
    place = f"[[{item.table}]]" if item.many else f"[{item.table}]"
    default = say("обязателен") if key.required else say("по умолчанию {default}", default=toml(key.default))
    lines = [f"{item.name}  {place}", f"  {key.help}", f"  {key.allowed}; {default}"]
    if key.secret:
        credential = f"{item.table}.{say('ИМЯ')}.{key.name}" if item.many else item.name
        lines.append(
            say(
                '  можно в отдельном файле: {name}{file_suffix} = "путь", или в systemd LoadCredential={credential}',
                name=key.name,
                file_suffix=FILE_SUFFIX,
                credential=credential,
            )
        )
    if item.table == "camera":
        lines.append(say("  можно повторить в [[lane]] для одного проезда"))
    return "\n".join(lines)


def toml(value: Any) -> str:
    """A value as it would be written in the file; for None the words for "not set"."""
    if value is None:
        return say("не задан")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, str | StrEnum | Path):
        return f'"{redact(str(value))}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def show(config: GateConfig) -> Iterator[str]:
    """The whole config in force, defaults included, as TOML with secrets hidden."""
    for table, declared in SINGLE_TABLES.items():
        yield f"[{table}]"
        yield from _shown(getattr(config, table), declared)
        yield ""
    for lane in config.lanes:
        yield "[[lane]]"
        yield from _lane(lane)
        yield ""
    for table, entries in (("barrier", config.barriers), ("input", config.inputs)):
        for entry in entries:
            yield f"[[{table}]]"
            yield from _shown(entry, ARRAY_TABLES[table])
            yield ""


def _lane(lane: Lane) -> Iterator[str]:
    for name in ("name", "title", "direction", "camera", "barrier"):
        yield f"{name} = {toml(getattr(lane, name))}"
    yield from _shown(lane.view, CameraSettings)


def _shown(settings: object, declared: type) -> Iterator[str]:
    for key in keys_of(declared).values():
        value = getattr(settings, key.name)
        if key.secret:
            yield f'{key.name} = "{HIDDEN}"' if value else f"# {key.name}: " + say("не задан")
        elif value is None:
            yield f"# {key.name}: " + say("не задан")
        else:
            yield f"{key.name} = {toml(value)}"

"""Reads one TOML table into one settings dataclass, by reflection; every fault goes into the report."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from edge.config.keys import Key, keys_of
from edge.config.problems import KeyPath, Report, nearest, unknown_key
from edge.config.secrets import FILE_SUFFIX, Secret, SecretPlaces
from edge.language import say

Settings = TypeVar("Settings")
_BAD = object()


def read_table(
    declared: type[Settings],
    raw: Mapping[str, object],
    *,
    where: KeyPath,
    report: Report,
    secrets: SecretPlaces,
    foreign: Collection[str] = (),
) -> Settings | None:
    """The dataclass made from `raw`, or None if a problem was reported. `foreign` keys are read by somebody else."""
    keys = keys_of(declared)
    before = len(report.problems)
    unknown = _unknown(keys, raw, where=where, report=report, foreign=foreign)
    values: dict[str, Any] = {}
    for key in keys.values():
        if key.name in raw:
            values[key.name] = _value(key, raw[key.name], where=(*where, key.name), report=report)
        elif key.secret and (secret := secrets.find(key.name, raw, where=where, report=report)) is not None:
            values[key.name] = secret
        elif key.required and key.name not in unknown:
            report.add(where, say("нет ключа {name}; нужно: {allowed}", name=key.name, allowed=key.allowed))
    if len(report.problems) > before:
        return None
    settings = declared(**values)
    for name, what in _own_problems(settings):
        report.add((*where, name), what)
    return settings


def _unknown(
    keys: Mapping[str, Key], raw: Mapping[str, object], *, where: KeyPath, report: Report, foreign: Collection[str]
) -> set[str]:
    """Report unknown keys; returns the known names that were probably meant."""
    meant: set[str] = set()
    known = [*keys, *(f"{key.name}{FILE_SUFFIX}" for key in keys.values() if key.secret), *foreign]
    for name in raw:
        if name not in known:
            report.add((*where, name), unknown_key(name, known))
            meant.add(nearest(name, known) or "")
    return meant


def _own_problems(settings: object) -> tuple[tuple[str, str], ...]:
    """Problems that the dataclass itself finds in its keys."""
    check = getattr(settings, "problems", None)
    return tuple(check()) if callable(check) else ()


def _value(key: Key, value: object, *, where: KeyPath, report: Report) -> Any:
    shown = "…" if key.secret else _as_toml(value)
    wrong = say("стоит {shown}, а нужно: {allowed}", shown=shown, allowed=key.allowed)
    converted = _convert(key.kind, value, base=report.file.parent)
    if converted is _BAD:
        report.add(where, wrong + _quote_hint(key, value))
        return None
    for number in _numbers(converted):
        too_low = key.low is not None and number < key.low
        if too_low or (key.high is not None and number > key.high) or not math.isfinite(number):
            report.add(where, wrong)
            return None
    if key.choices and any(text not in key.choices for text in _texts(converted)):
        report.add(where, wrong + _meant(_texts(converted), key.choices))
        return None
    return Secret(converted) if key.secret and isinstance(converted, str) else converted


def absolute(path: str, *, base: Path) -> Path:
    """The path that a config in the folder `base` names. Raises RuntimeError or ValueError for one that cannot be."""
    return (base / Path(path).expanduser()).resolve()


def _convert(kind: Any, value: object, *, base: Path) -> Any:
    if get_origin(kind) is tuple:
        return _convert_list(get_args(kind), value, base=base)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return _BAD
    if kind is str:
        return value
    if kind is Path:
        return absolute(value, base=base) if value else _BAD
    if isinstance(kind, type) and issubclass(kind, StrEnum) and value in tuple(kind):
        return kind(value)
    return _BAD


def _convert_list(kinds: tuple[Any, ...], value: object, *, base: Path) -> Any:
    if not isinstance(value, list):
        return _BAD
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        return _BAD
    converted = tuple(_convert(kind, item, base=base) for kind, item in zip(kinds, value, strict=True))
    return _BAD if any(item is _BAD for item in converted) else converted


def _numbers(value: Any) -> list[float]:
    if isinstance(value, tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _meant(texts: list[str], choices: tuple[str, ...]) -> str:
    near = [nearest(text, list(choices)) for text in texts if text not in choices]
    return say("; похоже на {near}", near=near[0]) if near and near[0] else ""


def _quote_hint(key: Key, value: object) -> str:
    if key.kind in {int, float, bool} and isinstance(value, str):
        return say(", без кавычек")
    near = nearest(value, [str(item) for item in key.kind]) if _is_enum(key.kind) and isinstance(value, str) else None
    return say("; похоже на {near}", near=near) if near else ""


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, dict):
        return say("таблица")
    return str(value)[:60]

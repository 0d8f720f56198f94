"""What a settings dataclass declares about its keys: type, range, unit, help. Used by the checks and by `explain`."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from core.setting import METADATA_KEY
from edge.language import either, say

_RUSSIAN_UNITS = {
    "s": "с",
    "min": "мин",
    "h": "ч",
    "days": "дней",
    "px": "пикс.",
    "deg": "°",
    "B": "байт",
    "MB": "МБ",
    "1/s": "кадров/с",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One setting, as declared by `core.setting.setting()`."""

    name: str
    kind: Any
    """Its type; for an optional key without the `None`."""
    optional: bool
    default: Any
    help_ru: str
    help_en: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    unit: str
    secret: bool

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def help(self) -> str:
        return either(self.help_ru, self.help_en)

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        words = _kind_words(self.kind)
        names = self.choices or _enum_values(self.kind)
        if names:
            words = say("одно из: ") + ", ".join(f'"{name}"' for name in names)
        if self.low is not None or self.high is not None:
            words += " " + _range_words(self.low, self.high)
        return f"{words} {either(_RUSSIAN_UNITS.get(self.unit, self.unit), self.unit)}".rstrip()


def keys_of(declared: type) -> Mapping[str, Key]:
    """The keys of a settings dataclass, in the order of its fields."""
    hints = get_type_hints(declared)
    found: dict[str, Key] = {}
    for declared_field in fields(declared):
        facts = declared_field.metadata.get(METADATA_KEY)
        if facts is not None:
            kind, optional = _without_none(hints[declared_field.name])
            found[declared_field.name] = Key(
                name=declared_field.name, kind=kind, optional=optional, default=declared_field.default, **facts
            )
    return found


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in {Union, types.UnionType}:
        inner = [part for part in get_args(hint) if part is not type(None)]
        assert len(inner) == 1, f"a setting has one type: {hint}"
        return inner[0], len(inner) < len(get_args(hint))
    return hint, False


def _enum_values(kind: Any) -> tuple[str, ...]:
    return tuple(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _kind_words(kind: Any) -> str:
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if inner[-1] is Ellipsis:
            return say("список: ") + _kind_words(inner[0])
        return say("список из {n}: ", n=len(inner)) + _kind_words(inner[0])
    return {
        bool: say("true или false"),
        int: say("целое число"),
        float: say("число"),
        str: say("строка в кавычках"),
        Path: say("путь в кавычках"),
    }.get(kind, str(kind))


def _range_words(low: float | None, high: float | None) -> str:
    if low is None:
        return say("не больше {high}", high=_digits(high))
    if high is None:
        return say("не меньше {low}", low=_digits(low))
    return say("от {low} до {high}", low=_digits(low), high=_digits(high))


def _digits(number: float | None) -> str:
    """The number as the file needs it: a whole number of bytes written as 1e+06 would be refused there."""
    if number is None:
        return ""
    return f"{number:.0f}" if float(number).is_integer() else f"{number:g}"

"""One declaration per setting: the config reader, `gate config explain`, the checks and the docs are derived from it.

A package declares its settings as a frozen dataclass whose fields are made by `setting()`. `edge.config` reads type,
range, unit and help from there, so they are written only once.
"""

from __future__ import annotations

from dataclasses import MISSING, field
from typing import Any

METADATA_KEY = "setting"


def setting(
    default: Any = MISSING,
    *,
    help_ru: str,
    help_en: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    unit: str = "",
    secret: bool = False,
) -> Any:
    """A dataclass field that is also a config key. Without a default the key is required.

    `low` and `high` are inclusive. A `secret` value is never printed. Mutable defaults are not allowed: use a tuple.
    """
    facts = {
        "help_ru": help_ru,
        "help_en": help_en,
        "low": low,
        "high": high,
        "choices": choices,
        "unit": unit,
        "secret": secret,
    }
    return field(default=default, metadata={METADATA_KEY: facts})

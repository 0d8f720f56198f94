"""Two languages: Russian text is its own key, English comes from the catalogue in `english.json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

Say = Callable[..., str]
ENGLISH: dict[str, str] = json.loads(Path(__file__).with_name("english.json").read_text(encoding="utf-8"))


class Language(StrEnum):
    """Russian first."""

    RU = "ru"
    EN = "en"


def translate(language: Language, text: str, **facts: object) -> str:
    """`text` in `language`, with `{name}` places filled from `facts`."""
    spoken = ENGLISH.get(text, text) if language is Language.EN else text
    return spoken.format(**facts) if facts else spoken


def speaker(language: Language) -> Say:
    """`translate` for one language, as templates and handlers use it."""

    def say(text: str, **facts: object) -> str:
        return translate(language, text, **facts)

    return say


def read_language(value: str | None) -> Language:
    """The language asked for; anything unknown is Russian."""
    return Language.EN if value == Language.EN else Language.RU

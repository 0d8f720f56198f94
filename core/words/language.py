"""The words people read, in two languages: a Russian text is its own key, and the catalogue has its English.

The catalogue is `core/words/english/`, one file a house, read when English is first asked for. Every layer can reach it, so
that a barrier process, a page and a command say one thing in one way. Places to fill have names: `{plate}`, `{risk:.1%}`.

What is declared once for both languages (settings, formats, rules) has both texts where it stands; `either` picks.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from types import MappingProxyType

CATALOGUES = ("gate", "okter", "portal", "relay")


class Language(StrEnum):
    """Russian first."""

    RU = "ru"
    EN = "en"


_spoken = Language.RU
_asked: ContextVar[Language | None] = ContextVar("language", default=None)


def speak(language: Language) -> None:
    """The language of this process from now on; told once, by whoever starts it."""
    global _spoken  # noqa: PLW0603 - one process speaks one language, but for pages that are asked in another
    _spoken = language
    if language is Language.EN:
        english()  # now, and not while a disk hangs and a button is pressed


@contextmanager
def speaking(language: Language | None) -> Iterator[None]:
    """Inside, texts are in `language`; None leaves it to the process. Holds for this context only."""
    token = _asked.set(language)
    try:
        yield
    finally:
        _asked.reset(token)


def spoken() -> Language:
    """The language that `say` speaks here and now."""
    return _asked.get() or _spoken


def say(text: str, /, **facts: object) -> str:
    """The Russian `text`, or its English where English is spoken, with its `{name}` places filled from `facts`."""
    return translate(spoken(), text, **facts)


def either(russian: str, english: str) -> str:
    """The one of two declared texts that is spoken."""
    return english if spoken() is Language.EN else russian


def quoted(text: str) -> str:
    """What somebody typed, between the marks of the language that is spoken."""
    return either(f"«{text}»", f"“{text}”")


def translate(language: Language, text: str, /, **facts: object) -> str:
    """`text` in `language`; without its English it stays Russian, which a test does not let happen."""
    found = english().get(text, text) if language is Language.EN else text
    return found.format(**facts) if facts else found


@cache
def english() -> Mapping[str, str]:
    """The whole catalogue: Russian text to English text."""
    whole: dict[str, str] = {}
    for name in CATALOGUES:
        try:
            whole |= json.loads(pkgutil.get_data("core.words", f"english/{name}.json") or b"{}")
        except (OSError, ValueError):  # a worn card: Russian words are better than no barrier
            continue
    return MappingProxyType(whole)


def read_language(value: str | None) -> Language:
    """The language asked for (`en`, `en_GB.UTF-8`, `English`); anything else is Russian."""
    return Language.EN if (value or "").strip().lower().startswith("en") else Language.RU

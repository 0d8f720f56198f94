"""The words people read, in two languages. A Russian text is its own key; the catalogue holds its English.

The catalogue is `core/words/english/`, with one file for each of `CATALOGUES`, read when English is first needed. Every
layer can use it, so that the barrier process, a page and a command say the same thing in the same way. Placeholders
have names: `{plate}`, `{risk:.1%}`.

What is declared once for both languages (settings, formats, rules) holds both texts where it is declared; `either`
picks one.
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
    """Sets the language of this process; called once, by whoever starts it."""
    global _spoken  # noqa: PLW0603 - one process speaks one language, but for pages that are asked in another
    _spoken = language
    if language is Language.EN:
        english()  # read it now, not while a disk hangs and a button is pressed


@contextmanager
def speaking(language: Language | None) -> Iterator[None]:
    """Inside, texts are in `language`; None means the language of the process. Holds for the current context only."""
    token = _asked.set(language)
    try:
        yield
    finally:
        _asked.reset(token)


def spoken() -> Language:
    """The language that `say` uses here and now."""
    return _asked.get() or _spoken


def say(text: str, /, **facts: object) -> str:
    """The Russian `text`, or its English translation if English is spoken, with `{name}` filled from `facts`."""
    return translate(spoken(), text, **facts)


def either(russian: str, english: str) -> str:
    """One of two declared texts, in the language spoken."""
    return english if spoken() is Language.EN else russian


def quoted(text: str) -> str:
    """What somebody typed, in the quotation marks of the language spoken."""
    return either(f"«{text}»", f"“{text}”")


def translate(language: Language, text: str, /, **facts: object) -> str:
    """`text` in `language`. Without a translation it stays Russian; a test sees to it that none is missing."""
    found = english().get(text, text) if language is Language.EN else text
    return found.format(**facts) if facts else found


@cache
def english() -> Mapping[str, str]:
    """The whole catalogue: Russian text to English text."""
    whole: dict[str, str] = {}
    for name in CATALOGUES:
        try:
            whole |= json.loads(pkgutil.get_data("core.words", f"english/{name}.json") or b"{}")
        except (OSError, ValueError):  # a worn SD card: Russian words are better than no barrier
            continue
    return MappingProxyType(whole)


def read_language(value: str | None) -> Language:
    """The language requested (`en`, `en_GB.UTF-8`, `English`); anything else means Russian."""
    return Language.EN if (value or "").strip().lower().startswith("en") else Language.RU

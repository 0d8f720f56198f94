"""The language of the words a person reads: Russian, or English where GATE_LANG says so or a page was asked in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ASKED: ContextVar[str | None] = ContextVar("language", default=None)


def say(ru: str, en: str) -> str:
    """The Russian text, or the English one where English is wanted."""
    wanted = _ASKED.get() or os.environ.get("GATE_LANG", "")
    return en if wanted.lower().startswith("en") else ru


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Inside, `say` speaks `language` ("ru", "en"); None leaves it to the environment. Holds for this context only."""
    token = _ASKED.set(language)
    try:
        yield
    finally:
        _ASKED.reset(token)

"""The portal's pages in two languages, from the catalogue of `core.words.language`."""

from __future__ import annotations

from collections.abc import Callable

from core.words.language import Language, read_language, translate

__all__ = ["Language", "Say", "read_language", "translate"]

Say = Callable[..., str]

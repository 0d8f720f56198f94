"""What every test starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.language import Language, speak


@pytest.fixture(autouse=True)
def russian() -> Iterator[None]:
    """A command that a test ran in English leaves no English to the next."""
    yield
    speak(Language.RU)

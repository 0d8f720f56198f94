"""Why the system refuses a file is told in the reader's language."""

from __future__ import annotations

import errno
import os

import pytest

from core.words.language import Language, speaking
from core.words.system import WORDS, system_words


@pytest.mark.parametrize("number", WORDS)
def test_no_system_words_in_a_russian_line(number: int) -> None:
    """What errno says is said in Russian, and in English where that is spoken."""
    error = OSError(number, os.strerror(number))
    with speaking(Language.RU):
        russian = system_words(error)
    with speaking(Language.EN):
        told = system_words(error)
    assert not russian.isascii()
    assert told.isascii()


def test_an_unknown_number_keeps_the_systems_words() -> None:
    """Better the system's own words than none."""
    assert system_words(OSError(errno.EXDEV, "Cross-device link")) == "Cross-device link"
    assert system_words(OSError("no number")) == "no number"

"""The words of the gate's processes: `core.words.language` in the language that GATE_LANG asks for.

Read on import, since the help of a command is made when its module is.
"""

from __future__ import annotations

import os

from core.words.language import Language, either, read_language, say, speak, speaking, spoken

__all__ = ["Language", "either", "read_language", "say", "speak_as_asked", "speaking", "spoken"]


def speak_as_asked() -> None:
    """Speak the language of the environment."""
    speak(read_language(os.environ.get("GATE_LANG")))


speak_as_asked()

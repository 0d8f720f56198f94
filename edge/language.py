"""Language of the gate's processes: `core.words.language`, set from GATE_LANG.

Read on import, because a command's help is made when its module is imported.
"""

from __future__ import annotations

import os

from core.words.language import Language, either, read_language, say, speak, speaking, spoken

__all__ = ["Language", "either", "read_language", "say", "speak_as_asked", "speaking", "spoken"]


def speak_as_asked() -> None:
    """Use the language that the environment asks for."""
    speak(read_language(os.environ.get("GATE_LANG")))


speak_as_asked()

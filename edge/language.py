"""The language of the words a person reads: Russian, or English where GATE_LANG says so."""

from __future__ import annotations

import os


def say(ru: str, en: str) -> str:
    """The Russian text; the English one under `GATE_LANG=en`."""
    return en if os.environ.get("GATE_LANG", "").lower().startswith("en") else ru

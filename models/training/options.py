"""Options that several commands share: a slip of the hand is refused before anything is trained or drawn."""

from __future__ import annotations

import argparse
import math


def positive_minutes(text: str) -> float:
    """An option's minutes, above 0 and with an end: a schedule over endless time never leaves its start."""
    minutes = float(text)
    if not 0 < minutes < math.inf:
        message = f"more than 0 minutes, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return minutes


def count(text: str) -> int:
    """An option's whole number, 0 too."""
    if not text.isdecimal():
        message = f"a whole number, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def positive_count(text: str) -> int:
    """An option's whole number, above 0."""
    if not text.isdecimal() or int(text) == 0:
        message = f"a whole number above 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)

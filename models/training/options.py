"""Options that several commands share: a slip of the hand is refused before anything is trained or drawn."""

from __future__ import annotations

import argparse
import math
from pathlib import Path


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


def folder(text: str) -> Path:
    """An option's folder, there or yet to be made. What is no folder is told before the work, not after it."""
    path = Path(text)
    there = next((p for p in (path, *path.parents) if p.exists()), None)
    if there is not None and not there.is_dir():
        message = f"a folder, and {there} is none"
        raise argparse.ArgumentTypeError(message)
    return path


def report_name(text: str) -> str:
    """An option's name for a file without its folder."""
    if not text or text != Path(text).name:
        message = f"a name without a folder, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return text

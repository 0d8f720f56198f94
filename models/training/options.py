"""Options that several commands share: a slip of the hand is refused before anything is trained or drawn."""

from __future__ import annotations

import argparse
import math
import shlex
from pathlib import Path

_LONGEST_NAME = 200
"""Bytes of a report's name. File systems take 255 with `-confusions.png` behind it."""


def positive(text: str) -> float:
    """An option's number, above 0 and with an end.

    A learning rate, seconds to wait, minutes of a schedule, which over endless time would never leave its start.
    """
    number = float(text)
    if not 0 < number < math.inf:
        message = f"a number above 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


def share(text: str) -> float:
    """An option's number from 0 up to 1, 1 itself left out."""
    number = float(text)
    if not 0 <= number < 1:
        message = f"a number from 0 to below 1, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


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


def seed(text: str) -> int:
    """An option's seed. Every generator that is seeded with it takes a number of 32 bits."""
    if not text.isdecimal() or len(text) > 10 or int(text) >= 1 << 32:
        message = f"a whole number from 0 to {(1 << 32) - 1}, not {text!r:.40}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def frame_side(text: str) -> int:
    """An option's width or height of a video, in pixels. Coders take even ones; in less there is no plate to see."""
    if not text.isdecimal() or len(text) > 4 or int(text) < 64 or int(text) % 2:
        message = f"an even number of pixels from 64 to 9998, not {text!r:.40}"
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
    if text in {"", ".", ".."} or text != Path(text).name:
        message = f"a name without a folder, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    if len(text.encode(errors="surrogateescape")) > _LONGEST_NAME:
        message = f"a name of up to {_LONGEST_NAME} bytes, not {text!r:.40}…"
        raise argparse.ArgumentTypeError(message)
    return text


def command_line(text: str) -> tuple[str, ...]:
    """An option's command, with its own options, as a shell would take it apart."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:  # a quotation without an end
        message = f"a command, not {text!r}: {error}"
        raise argparse.ArgumentTypeError(message) from error
    if not words or not words[0]:
        message = f"a command, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return words

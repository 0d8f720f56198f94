"""Options that several commands share: typing errors are refused before anything is trained or rendered."""

from __future__ import annotations

import argparse
import math
import shlex
from pathlib import Path

_LONGEST_NAME = 200
"""Limit for a report's name in bytes. File systems allow 255, including a suffix like `-confusions.png`."""


def positive(text: str) -> float:
    """Parse a finite number above 0.

    For a learning rate, a time-out, or the minutes of a schedule, which with infinite time would never leave its start.
    """
    number = float(text)
    if not 0 < number < math.inf:
        message = f"a number above 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


def share(text: str) -> float:
    """Parse a number from 0 up to but not including 1."""
    number = float(text)
    if not 0 <= number < 1:
        message = f"a number from 0 to below 1, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


def slant(text: str) -> float:
    """Parse an angle in degrees, above 0 and up to 60."""
    number = float(text)
    if not 0 < number <= 60:
        message = f"degrees above 0 and up to 60, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


def count(text: str) -> int:
    """Parse a whole number, 0 included."""
    if not text.isdecimal():
        message = f"a whole number, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def positive_count(text: str) -> int:
    """Parse a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        message = f"a whole number above 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def seed(text: str) -> int:
    """Parse a seed. All generators that use it accept 32-bit numbers."""
    if not text.isdecimal() or len(text) > 10 or int(text) >= 1 << 32:
        message = f"a whole number from 0 to {(1 << 32) - 1}, not {text!r:.40}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def frame_side(text: str) -> int:
    """Parse the width or height of a video in pixels. Encoders need even numbers; a smaller picture shows no plate."""
    if not text.isdecimal() or len(text) > 4 or int(text) < 64 or int(text) % 2:
        message = f"an even number of pixels from 64 to 9998, not {text!r:.40}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def folder(text: str) -> Path:
    """Parse a folder, existing or yet to be made. Anything else is refused before the work, not after it."""
    path = Path(text)
    there = next((p for p in (path, *path.parents) if p.exists()), None)
    if there is not None and not there.is_dir():
        message = f"a folder, and {there} is none"
        raise argparse.ArgumentTypeError(message)
    return path


def report_name(text: str) -> str:
    """Parse a file name without a folder."""
    if text in {"", ".", ".."} or text != Path(text).name:
        message = f"a name without a folder, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    if len(text.encode(errors="surrogateescape")) > _LONGEST_NAME:
        message = f"a name of up to {_LONGEST_NAME} bytes, not {text!r:.40}…"
        raise argparse.ArgumentTypeError(message)
    return text


def command_line(text: str) -> tuple[str, ...]:
    """Parse a command with its options, as a shell would split it."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:  # an unclosed quotation
        message = f"a command, not {text!r}: {error}"
        raise argparse.ArgumentTypeError(message) from error
    if not words or not words[0]:
        message = f"a command, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return words

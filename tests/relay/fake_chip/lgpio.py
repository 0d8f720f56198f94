"""A gpiochip in a folder, in place of lgpio, for real processes: levels outlive them, as they do on a Raspberry Pi.

`$FAKE_CHIP/levels` holds the level of each line, `$FAKE_CHIP/log` every claim and write with its time.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

FOLDER = Path(os.environ["FAKE_CHIP"])
SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = 32, 64, 128
BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
_modes: dict[int, int] = {}


class error(Exception):  # noqa: N801 - lgpio's own name
    """What lgpio raises."""


def _log(what: str, gpio: int, level: int) -> None:
    with (FOLDER / "log").open("a", encoding="ascii") as lines:
        lines.write(f"{time.monotonic():.4f} {what} {gpio} {level}\n")


def _path(gpio: int) -> Path:
    return FOLDER / f"line{gpio}"


def gpiochip_open(chip: int) -> int:
    return chip


def gpiochip_close(handle: int) -> None:
    pass


def gpio_claim_input(handle: int, gpio: int, flags: int = 0) -> None:
    _modes[gpio] = flags


def gpio_claim_output(handle: int, gpio: int, level: int = 0, flags: int = 0) -> None:
    _modes[gpio] = 2
    _log("claim", gpio, level)
    _path(gpio).write_text(str(level))


def gpio_get_mode(handle: int, gpio: int) -> int:
    return _modes.get(gpio, 0)


def gpio_read(handle: int, gpio: int) -> int:
    try:
        return int(_path(gpio).read_text() or 1)
    except FileNotFoundError:
        return int(_modes.get(gpio, 0) == SET_PULL_UP)


def gpio_write(handle: int, gpio: int, level: int) -> None:
    _log("write", gpio, int(level))
    _path(gpio).write_text(str(int(level)))


def gpio_set_debounce_micros(handle: int, gpio: int, micros: int) -> None:
    pass


def gpio_free(handle: int, gpio: int) -> None:
    _modes.pop(gpio, None)

"""Handles Ctrl-C of a training: the step is finished, a checkpoint is written, and one line says so."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

EXIT_CODE = 130
"""A shell's exit code for a program ended by Ctrl-C."""


@dataclass(slots=True)
class Interrupt:
    """Whether the user asked to stop."""

    asked: bool = False


@contextmanager
def awaited() -> Iterator[Interrupt]:
    """Note the first Ctrl-C instead of interrupting a step; a second one ends the program as usual."""
    interrupt = Interrupt()

    def note(_number: int, _frame: object) -> None:
        interrupt.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def left_to_the_trainer() -> Iterator[None]:
    """Processes started within ignore Ctrl-C, which a terminal sends to all of them: the trainer handles it.

    This holds from their first instruction on; one interrupted during its imports would end the training. It works for
    newly started processes; a forked one calls `leave_to_the_trainer` itself. Main thread only.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # unlike a handler, this survives `exec`
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def leave_to_the_trainer(*_: object) -> None:
    """For a process forked off a trainer: ignore Ctrl-C, which the trainer handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_interrupted(checkpoint: Path) -> NoReturn:
    """Print how to resume the training, and exit."""
    print(f"interrupted; {checkpoint} is written, --resume goes on from it", file=sys.stderr)
    raise SystemExit(EXIT_CODE)

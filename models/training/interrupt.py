"""Ctrl-C of a training: the step is finished, a checkpoint is written, and one line says so."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

EXIT_CODE = 130
"""What a shell makes of a program that Ctrl-C ended."""


@dataclass(slots=True)
class Interrupt:
    """Whether somebody asked for the end."""

    asked: bool = False


@contextmanager
def awaited() -> Iterator[Interrupt]:
    """Note the first Ctrl-C instead of being torn out of a step; a second one ends the program as ever."""
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
    """What is started within does not hear Ctrl-C, which a terminal sends to all of them: it is the trainer's to answer.

    From its first instruction on: one that is torn out of its imports would end the training. For processes that are
    started anew; one that is forked off says `leave_to_the_trainer` itself. Main thread only.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # survives `exec`, as no handler does
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def leave_to_the_trainer(*_: object) -> None:
    """In a process that was forked off a trainer: Ctrl-C is the trainer's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_interrupted(checkpoint: Path) -> NoReturn:
    """Say where the training goes on from and end."""
    print(f"interrupted; {checkpoint} is written, --resume goes on from it", file=sys.stderr)
    raise SystemExit(EXIT_CODE)

"""Runs a command for its output lines, which may be endless, may stop coming, and may not be text at all."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import IO, Final, Self

LONGEST_LINE: Final = 4_000_000
"""In bytes. A picture's answers take a few hundred."""
MOST_BYTES: Final = 64_000_000
"""For all lines of one run, in bytes: many times what its pictures can need, yet quick to read to the end."""
_PIECE: Final = 1 << 16


class Running:
    """A command from start to end: iterate over its lines, then ask for `exit_code`. Its stdin is `told`, or empty.

    Raises RuntimeError, in one line with the command, if it cannot be started, prints no new line for `silence_s`
    seconds, or prints without end. Leaving the `with` block ends it and all its child processes.
    """

    def __init__(self, command: Sequence[str], *, silence_s: float, told: IO[bytes] | None = None) -> None:
        self._command = command
        self._silence_s = silence_s
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                command, stdin=told or subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0
            )
        except (OSError, ValueError) as error:  # ValueError: a zero byte in a name
            message = f"the reader cannot be started: {error}"
            raise RuntimeError(message) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.close()

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def lines(self) -> Iterator[str]:
        """Each line without its end; the last one even if it was cut off."""
        rest, printed = b"", 0
        until = time.monotonic() + self._silence_s
        while piece := self._piece(until):
            printed += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            if whole:
                until = time.monotonic() + self._silence_s
            if len(rest) > LONGEST_LINE or printed > MOST_BYTES:
                raise self._failure("prints without end")
            yield from (line.decode("utf-8", "replace") for line in whole)
        yield rest.decode("utf-8", "replace")

    def exit_code(self) -> int:
        """Its exit code, negative for a signal."""
        try:
            return self._process.wait(self._silence_s)
        except subprocess.TimeoutExpired:
            raise self._failure(f"did not end within {self._silence_s:g} seconds of its last line") from None

    def _piece(self, until: float) -> bytes:
        """The next output; empty at the end of the output."""
        ready, _, _ = select.select([self._output], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise self._failure(f"printed no line for {self._silence_s:g} seconds")
        return os.read(self._output.fileno(), _PIECE)

    def _failure(self, what: str) -> RuntimeError:
        return RuntimeError(f"the reader {what}: {shlex.join(self._command)}")

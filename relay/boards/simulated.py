"""A simulated board: the default driver, and the fake of the seam in tests.

It records every change of its contacts with its time, and can be told to fail in every way that real boards do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.words.language import say
from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact, Transcript
from relay.errors import BoardLost, BoardMisset, BoardSilent


@dataclass(slots=True)
class SimulatedMetal:
    """The relay itself. It keeps its level when the process that drives it dies or is replaced."""

    levels: dict[int, bool] = field(default_factory=dict)
    changes: list[tuple[float, int, bool]] = field(default_factory=list)
    """Time (monotonic), channel and new level of every change."""
    commands: list[tuple[float, int, str]] = field(default_factory=list)
    contacts: dict[int, bool] = field(default_factory=dict)
    """The board's inputs."""
    lost: bool = False
    silent: bool = False
    welded: bool = False
    """The contact does not open any more, and the board reports that."""
    hang: threading.Event | None = None
    """If set, each `switch(on=True)` blocks after the contact has closed, until the event is set."""
    log: Path | None = None
    """Each change is appended here: `TIME CHANNEL on|off`."""

    def drive(self, channel: int, *, on: bool) -> None:
        if self.welded and not on:
            return
        if self.levels.get(channel, False) != on:
            now = time.monotonic()
            self.changes.append((now, channel, on))
            if self.log is not None:
                with self.log.open("a", encoding="ascii") as lines:
                    lines.write(f"{now:.4f} {channel} {'on' if on else 'off'}\n")
        self.levels[channel] = on

    def drive_for(self, channel: int, seconds: float) -> None:
        """Closes the contact and opens it again by itself."""
        self.drive(channel, on=True)
        timer = threading.Timer(seconds, lambda: self.drive(channel, on=False))
        timer.daemon = True
        timer.start()


class SimulatedBoard:
    """A `Board` over `SimulatedMetal`."""

    def __init__(
        self,
        metal: SimulatedMetal | None = None,
        *,
        times_pulses: bool = False,
        reads_back: bool = True,
        transcript: Transcript | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.metal = SimulatedMetal() if metal is None else metal
        self._times_pulses = times_pulses
        self._reads_back = reads_back
        self._now = now
        self._transcript = transcript or Transcript()

    @property
    def times_pulses(self) -> bool:
        return self._times_pulses

    @property
    def reads_back(self) -> bool:
        return self._reads_back

    @property
    def reply_s(self) -> float:
        return 0.0

    def open(self, channels: tuple[int, ...]) -> None:
        for channel in channels:
            self.switch(channel, on=False)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self._present()
        self._note(channel, "on" if on else "off")
        self.metal.drive(channel, on=on)
        if on and self.metal.hang is not None:
            self.metal.hang.wait()
        return NO_ACKNOWLEDGEMENT

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        if not self._times_pulses:
            raise BoardMisset(say("эта плата сама импульс не отмеряет"))
        self._present()
        self._note(channel, f"pulse {seconds}")
        self.metal.drive_for(channel, seconds)
        return NO_ACKNOWLEDGEMENT

    def contact(self, channel: int) -> Contact:
        self._present()
        if self.metal.silent or not self._reads_back:
            return Contact.UNKNOWN
        return Contact.ON if self.metal.levels.get(channel, False) else Contact.OFF

    def check(self) -> None:
        self._present()

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        self._present()
        if self.metal.silent:
            raise BoardSilent(say("плата не ответила о входах"))
        return {number: self.metal.contacts.get(number, False) for number in numbers}

    def close(self) -> None:
        pass

    def abandon(self) -> None:
        pass

    def _present(self) -> None:
        if self.metal.lost:
            raise BoardLost(say("платы нет"))

    def _note(self, channel: int, command: str) -> None:
        self.metal.commands.append((self._now(), channel, command))
        self._transcript.sent(f"{channel} {command}".encode())

"""Emulated relay boards on pseudo-terminals: a driver sends them exactly what the wire would carry.

Each records every write with its time, and every change of its relays. Like real hardware, it keeps the levels of its
relays while programs come, go and are killed. For tests, and for trials at a desk: `python -m relay.tools.emulators
lcus`.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import select
import struct
import sys
import tempfile
import threading
import time
import tty
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from relay.boards.modbus import crc


@dataclass(frozen=True, slots=True)
class Change:
    """A relay of the board has moved."""

    at: float
    channel: int
    on: bool


@dataclass(slots=True)
class Emulator(ABC):
    """Base: the pseudo-terminal, its thread and the relays. `port` is what a driver opens.

    `port` is a unique name that disappears with the board. The number of a pseudo-terminal is reused, so a driver still
    looking for an unplugged board would send its OFF to a stranger.
    """

    channels: int = 1
    silent: bool = False
    """Accepts commands, but never answers."""
    deaf: bool = False
    """Accepts nothing and never answers: a cable that is not plugged into the board."""
    garble: bool = False
    """Every answer has a flipped bit."""
    lost_of_100: int = 0
    """How many of a hundred answers are lost on the wire, at random."""
    welded: bool = False
    """Relays that are on stay on."""
    writes: list[tuple[float, bytes]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    levels: dict[int, bool] = field(default_factory=dict)
    contacts: dict[int, bool] = field(default_factory=dict)
    """The board's inputs."""
    port: str = ""
    _master: int = -1
    _slave: int = -1
    _thread: threading.Thread | None = None
    _wake: tuple[int, int] = (-1, -1)
    _timers: dict[int, float] = field(default_factory=dict)
    _over: bool = False
    _chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable on purpose
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> Self:
        """Plugs the board in. After `unplug`, it gets a new port."""
        self._over = False
        self._wake = os.pipe()
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        name = Path(tempfile.mkdtemp(prefix="board-")) / "port"
        name.symlink_to(os.ttyname(self._slave))
        self.port = str(name)
        self._thread = threading.Thread(target=self._serve, name="emulator", daemon=True)
        self._thread.start()
        return self

    def unplug(self) -> None:
        """Removes the device; the relays keep their levels."""
        self._over = True
        Path(self.port).unlink()
        Path(self.port).parent.rmdir()
        os.write(self._wake[1], b".")
        if self._thread is not None:
            self._thread.join()
        for file in (self._master, self._slave, *self._wake):
            os.close(file)

    def settle(self) -> None:
        """Returns when everything written to the port so far has been read."""
        while True:
            with self._reading:
                ready, _, _ = select.select([self._master], [], [], 0)
            if not ready:
                return
            time.sleep(0.001)

    def on_times(self, channel: int = 1) -> list[tuple[float, float | None]]:
        """When the relay closed and opened; None if it has not opened yet."""
        spans: list[tuple[float, float | None]] = []
        for change in self.changes:
            if change.channel != channel:
                continue
            if change.on:
                spans.append((change.at, None))
            elif spans:
                spans[-1] = (spans[-1][0], change.at)
        return spans

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def take(self, data: bytes) -> bytes:
        """Obeys the complete commands in `data` and returns the rest. Boards override `command_length` and `obey`."""
        while data:
            length = self.command_length(data)
            if length == 0:
                data = data[1:]
                continue
            if len(data) < length:
                return data
            command, data = data[:length], data[length:]
            if not self.deaf:
                self.say(self.obey(command))
        return data

    @abstractmethod
    def command_length(self, data: bytes) -> int:
        """Length in bytes of the command at the start of `data`; 0 if there is none."""

    @abstractmethod
    def obey(self, command: bytes) -> bytes:
        """Moves relays and returns the answer."""

    def say(self, answer: bytes) -> None:
        if answer and not self.silent and self._chance.random() * 100 >= self.lost_of_100:
            if self.garble:
                answer = bytes((answer[0] ^ 0x55, *answer[1:]))
            os.write(self._master, answer)

    def drive(self, channel: int, *, on: bool, for_s: float | None = None) -> None:
        """Moves a relay. With `for_s`, the board moves it back by itself."""
        self._timers.pop(channel, None)
        if on and for_s is not None:
            self._timers[channel] = time.monotonic() + for_s
        if self.welded and not on:
            return
        if self.levels.get(channel, False) is not on:
            self.changes.append(Change(time.monotonic(), channel, on))
        self.levels[channel] = on

    def _serve(self) -> None:
        pending = b""
        while not self._over:
            now = time.monotonic()
            for channel in [item for item, end in self._timers.items() if now >= end]:
                self.drive(channel, on=False)
            rest = min((end - now for end in self._timers.values()), default=None)
            ready, _, _ = select.select([self._master, self._wake[0]], [], [], rest)
            if self._master in ready:
                with self._reading:
                    try:
                        data = os.read(self._master, 4096)
                    except OSError:
                        return
                    self.writes.append((time.monotonic(), data))
                    pending = self.take(pending + data)


@dataclass(slots=True)
class LcusEmulator(Emulator):
    """`read_back`: `ascii`, `binary`, `op05` or `none`. ASCII answers lag one question behind, as seen in the field."""

    read_back: str = "none"
    stale: bool = True
    _previous: dict[int, bool] = field(default_factory=dict)

    def command_length(self, data: bytes) -> int:
        if data[0] == 0xFF:
            return 1
        return 4 if data[0] == 0xA0 else 0

    def obey(self, command: bytes) -> bytes:
        if command == b"\xff":
            return self._all()
        channel, op = command[1], command[2]
        if command[3] != sum(command[:3]) & 0xFF or not 1 <= channel <= self.channels:
            return b""
        if op in {0, 1}:
            self.drive(channel, on=op == 1)
        elif op == 5 and self.read_back == "op05":
            state = int(self.levels.get(channel, False))
            return bytes((0xA0, channel, state, (0xA0 + channel + state) & 0xFF))
        return b""

    def _all(self) -> bytes:
        numbers = range(1, self.channels + 1)
        levels = {number: self.levels.get(number, False) for number in numbers}
        if self.read_back == "binary":
            return bytes(levels.values())
        if self.read_back != "ascii":
            return b""
        shown, self._previous = (self._previous if self.stale and self._previous else levels), levels
        return b"".join(b"CH%d: %s\r\n" % (number, b"ON " if shown[number] else b"OFF") for number in numbers)


@dataclass(slots=True)
class KmtronicEmulator(Emulator):
    """Boards with one or two channels answer one by one, those with four or eight all at once."""

    def command_length(self, data: bytes) -> int:
        return 3 if data[0] == 0xFF else 0

    def obey(self, command: bytes) -> bytes:
        channel, op = command[1], command[2]
        if self.channels > 2 and channel == 9 and op == 0:
            return bytes(self.levels.get(number, False) for number in range(1, self.channels + 1))
        if not 1 <= channel <= self.channels:
            return b""
        if op == 3 and self.channels <= 2:
            return bytes((0xFF, channel, int(self.levels.get(channel, False))))
        if op in {0, 1}:
            self.drive(channel, on=op == 1)
        return b""


@dataclass(slots=True)
class ModbusEmulator(Emulator):
    """`dialect`: as in `relay.boards.modbus`."""

    dialect: str = "waveshare"
    unit: int = 1

    def command_length(self, data: bytes) -> int:
        if data[0] != self.unit:
            return 0
        if len(data) < 2:
            return 8
        if data[1] == 16:
            return 9 + data[6] if len(data) > 6 else 9
        return 8

    def obey(self, command: bytes) -> bytes:
        if crc(command[:-2]) != command[-2:]:
            return b""
        function, address, value = struct.unpack(">BHH", command[1:6])
        first = 1 if self.dialect == "0100" else 0
        on_value = 0x0100 if self.dialect == "0100" else 0xFF00
        match function:
            case 1 | 2:
                return self._bits(function, address - (first if function == 1 else 0), value)
            case 5 if self.dialect == "waveshare" and 0x0200 <= address < 0x0220:
                self.drive(address - 0x0200 + 1, on=True, for_s=value / 10)
            case 5 if value in {0, on_value}:
                self.drive(address - first + 1, on=value == on_value)
            case 16 if self.dialect == "lctech" and (address - 3) % 5 == 0 and command[7:9] == b"\x00\x04":
                self.drive((address - 3) // 5 + 1, on=True, for_s=struct.unpack(">H", command[9:11])[0] / 10)
                body = command[:6]
                return body + crc(body)
            case _:
                return self._refuse(function, 1)
        return command

    def _bits(self, function: int, start: int, count: int) -> bytes:
        """Answers with as many bits as requested; a board has no more than it has relays, in whole bytes."""
        if start < 0 or count < 1 or start + count > (self.channels + 7) // 8 * 8:
            return self._refuse(function, 2)
        source = self.levels if function == 1 else self.contacts
        bits = sum(1 << place for place in range(count) if source.get(start + place + 1, False))
        size = (count + 7) // 8
        body = bytes((self.unit, function, size)) + bits.to_bytes(size, "little")
        return body + crc(body)

    def _refuse(self, function: int, code: int) -> bytes:
        body = bytes((self.unit, function | 0x80, code))
        return body + crc(body)


@dataclass(slots=True)
class NumatoEmulator(Emulator):
    """Echoes, answers, prompts. Relays count from 0."""

    def command_length(self, data: bytes) -> int:
        return data.find(b"\r") + 1 or len(data) + 1

    def obey(self, command: bytes) -> bytes:
        text = command.decode("ascii", "replace").strip()
        answer = ""
        if found := re.fullmatch(r"(relay|gpio) (on|off|read) ([0-9A-V])", text):
            number = int(found[3], 36)
            if found[1] == "gpio":
                answer = "0" if self.contacts.get(number, False) else "1"
            elif found[2] == "read":
                answer = "on" if self.levels.get(number, False) else "off"
            else:
                self.drive(number, on=found[2] == "on")
        shown = f"{answer}\n\r" if answer else ""
        return f"{text}\n\r{shown}>".encode()


KINDS: dict[str, type[Emulator]] = {
    "lcus": LcusEmulator,
    "kmtronic": KmtronicEmulator,
    "modbus": ModbusEmulator,
    "numato": NumatoEmulator,
}


def main() -> None:
    """Plugs in one board and prints what happens to it until interrupted."""
    parser = argparse.ArgumentParser(description="A relay board on a pseudo-terminal.")
    parser.add_argument("kind", choices=sorted(KINDS))
    kind = parser.parse_args().kind
    with KINDS[kind](channels=2) as board:
        print(f'driver = "{kind}"\nport = "{board.port}"', flush=True)
        shown = 0
        try:
            while True:
                for change in board.changes[shown:]:
                    print(f"{change.at:.3f} relay {change.channel} {'on' if change.on else 'off'}", flush=True)
                    shown += 1
                time.sleep(0.05)
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()

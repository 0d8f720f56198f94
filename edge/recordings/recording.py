"""The file: JSON that a person can read before sending it. It has no addresses, passwords or pictures."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from camera.stream_facts import StreamFacts
from core.errors import FileUnusable
from core.words.language import say
from core.words.outcomes import Outcome
from edge.whole_file import READABLE, write_whole

FORMAT: Final = 1
LONGEST: Final = 262_144
"""Maximum file size in bytes: a hundred times what a recording takes."""


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """One barrier tried once: its settings by name, and the bytes exchanged."""

    driver: str
    settings: Mapping[str, str]
    """Keys of `[[barrier]]` that determine the bytes; no addresses."""
    health: str
    outcome: str
    contact: str
    """State of the contact after the trial, as the board reports it."""
    timed_by: str
    said: tuple[str, ...]
    """→ what was sent, ← what came back."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file."""

    about: Literal["board", "stream"]
    marking: str
    """The inscription on the device; its owner enters it."""
    by: str
    """Who tried it."""
    day: str
    emulated: bool
    """Tried on an emulation, not on the device itself."""
    gate: str
    machine: str
    board: BoardFacts | None = None
    stream: StreamFacts | None = None
    format: int = field(default=FORMAT)

    @property
    def good(self) -> bool:
        """Whether the trial succeeded."""
        if self.board is not None:
            return self.board.health == "ok" and self.board.outcome == Outcome.DONE and self.board.contact != "on"
        return self.stream is not None and self.stream.packets > 0


def of_today(
    *,
    marking: str,
    by: str,
    day: date,
    emulated: bool,
    board: BoardFacts | None = None,
    stream: StreamFacts | None = None,
) -> Recording:
    """A recording made on this machine."""
    try:
        gate = version("okter-gate")
    except PackageNotFoundError:
        gate = "?"
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    about: Literal["board", "stream"] = "board" if board is not None else "stream"
    return Recording(about, marking, by, day.isoformat(), emulated, gate, machine, board, stream)


def write(path: Path, recording: Recording) -> None:
    """Write the whole file or nothing. Raises FileUnusable."""
    text = json.dumps(asdict(recording), indent=1, ensure_ascii=False) + "\n"
    try:
        write_whole(path, text.encode(), mode=READABLE)
    except OSError as error:
        raise FileUnusable(path, str(error.strerror or error)) from error


def read(path: Path) -> Recording:
    """Read one file. Raises FileUnusable, saying what is wrong in it."""
    try:
        data = path.read_bytes()[: LONGEST + 1]
    except OSError as error:
        raise FileUnusable(path, str(error.strerror or error)) from error
    if len(data) > LONGEST:
        raise FileUnusable(path, say("слишком велик для записи разговора"))
    try:
        held = msgspec.json.decode(data, type=Recording)
    except msgspec.MsgspecError as error:
        raise FileUnusable(path, str(error)) from error
    if held.format != FORMAT:
        raise FileUnusable(path, say("запись другого вида: {format}", format=held.format))
    return held


def settings_of(barrier: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Those settings of a barrier that determine the bytes sent."""
    found = {name: getattr(barrier, name, None) for name in names}
    return {name: str(value) for name, value in found.items() if value not in {None, ""}}

"""Readers as commands: anything that takes picture files and prints the JSON lines of `gate read`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.core.geometry import Box

OURS = (sys.executable, "-c", "from edge.cli import main; main()", "read", "--json")
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """One plate that a reader says it sees."""

    text: str
    confidence: float
    accepted: bool
    format_id: str | None
    box: Box | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything said of one picture, and the milliseconds it took (None where the reader does not tell)."""

    plates: tuple[Answer, ...]
    ms: float | None


def command_of(reader: str | None, *, crop: bool) -> tuple[str, ...]:
    """The command line of `reader`, or of our own."""
    if reader is None:
        return (*OURS, "--crop") if crop else OURS
    return tuple(shlex.split(reader))


def ask(command: Sequence[str], files: Iterable[Path]) -> dict[str, Answers]:
    """Run the reader over `files`; the answers by file name. A file it could not use has no entry."""
    names = [str(file) for file in files]
    answers: dict[str, Answers] = {}
    for at in range(0, len(names), _CHUNK):
        done = subprocess.run([*command, *names[at : at + _CHUNK]], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            message = f"the reader printed no JSON (exit code {done.returncode}): {shlex.join(command)}"
            raise RuntimeError(message)
        answers.update(_answer(json.loads(line)) for line in lines)
    return answers


def _answer(line: dict[str, object]) -> tuple[str, Answers]:
    plates = line.get("plates", [])
    ms = line.get("ms")
    return Path(str(line["file"])).name, Answers(
        tuple(_plate(plate) for plate in plates) if isinstance(plates, list) else (),
        sum(ms.values()) if isinstance(ms, dict) else None,
    )


def _plate(plate: dict[str, object]) -> Answer:
    box = plate.get("box")
    return Answer(
        text=str(plate.get("text") or ""),
        confidence=float(str(plate.get("confidence") or 0.0)),
        accepted=bool(plate.get("accepted")),
        format_id=str(plate["format"]) if plate.get("format") else None,
        box=Box(*box) if isinstance(box, list) else None,
    )

"""Readers as commands: anything that takes picture files and prints the JSON lines of `gate read`."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from core.geometry import Box
from models.training.evaluate.running import Running

OURS = (sys.executable, "-c", "from edge.cli import main; main()", "read", "--json")
TIMEOUT_S = 600.0
"""So long a reader may say nothing: many times what any takes for a picture, and for its start."""
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
    error: str = ""
    """Why the reader could not use the picture; empty where it could."""


def command_of(reader: Sequence[str] | None, *, crop: bool, live: bool = False) -> tuple[str, ...]:
    """The command line of `reader`, or of our own: told that each picture is a plate, or to look once as at a video."""
    if reader is None:
        return (*OURS, *(["--crop"] if crop else []), *(["--live"] if live else []))
    return tuple(reader)


def ask(command: Sequence[str], files: Iterable[Path], *, timeout_s: float = TIMEOUT_S) -> dict[Path, Answers]:
    """Run the reader over `files`; the answers by the path that was passed, one for every file.

    A line belongs to the file whose path it names; a path that nobody passed goes by its bare name where only one file
    is called so. A file that the reader could not use (its line has an `error`) is answered with nothing but that, and
    then the reader may end with an exit code other than 0. A file without any line raises RuntimeError: the reader died,
    and what it never looked at is no picture without a plate. So does any other exit code, a reader that cannot be
    started, says nothing for `timeout_s` or prints without end, and a line about a file that makes no sense.
    """
    asked = list(dict.fromkeys(files))
    often = Counter(file.name for file in asked)
    by_name = {file.name: file for file in asked if often[file.name] == 1}
    answers: dict[Path, Answers] = {}
    with tqdm(total=len(asked), unit="picture", mininterval=5, delay=1) as bar:
        for at in range(0, len(asked), _CHUNK):
            chunk = asked[at : at + _CHUNK]
            known = set(chunk)
            with Running([*command, *map(str, chunk)], silence_s=timeout_s) as reader:
                for line in objects(reader.lines(), command):
                    named = Path(str(line["file"]))
                    file = named if named in known else by_name.get(named.name, named)
                    if file in known:
                        bar.update(file not in answers)
                        answers[file] = understood(line, file, command)
                code = reader.exit_code()
            _check_end(chunk, answers, code=code, command=command)
    return answers


def _check_end(chunk: Sequence[Path], answers: dict[Path, Answers], *, code: int, command: Sequence[str]) -> None:
    """Raises RuntimeError where pictures of `chunk` are without an answer, or the exit code tells of a failure of its own."""
    missing = [file for file in chunk if file not in answers]
    if missing:
        message = (
            f"the reader left {len(missing)} of {len(chunk)} pictures without a JSON line "
            f"(exit code {code}), the first {missing[0]}: {shlex.join(command)}"
        )
        raise RuntimeError(message)
    if code and not any(answers[file].error for file in chunk):
        message = f"the reader ended with exit code {code}: {shlex.join(command)}"
        raise RuntimeError(message)


def objects(lines: Iterable[str], command: Sequence[str]) -> Iterator[dict[str, object]]:
    """The JSON objects that name a file. Other text is passed over, and so is a line that a dying reader broke off.

    Raises RuntimeError of JSON that Python takes for an attack: deep nesting, numbers of thousands of digits.
    """
    for line in lines:
        if line.startswith("{"):
            try:
                told = json.loads(line)
            except json.JSONDecodeError:
                continue
            except (ValueError, RecursionError) as error:
                message = f"what the reader says cannot be read: {error}: {shlex.join(command)}"
                raise RuntimeError(message) from error
            if "file" in told:
                yield told


def understood(line: dict[str, object], file: Path, command: Sequence[str]) -> Answers:
    """What one line says of `file`. Raises RuntimeError where it makes no sense."""
    try:
        return _answers(line)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        message = f"what the reader says of {file} makes no sense: {error}: {shlex.join(command)}"
        raise RuntimeError(message) from error


def _answers(line: dict[str, object]) -> Answers:
    """Raises ValueError or TypeError of what is no answer: a wrong confidence would quietly become a wrong figure."""
    plates = line.get("plates") or []
    ms = line.get("ms")
    if not isinstance(plates, list) or not all(isinstance(plate, dict) for plate in plates):
        message = f"plates is no list of objects: {plates!r:.80}"
        raise ValueError(message)
    error = str(line.get("error") or "")
    return Answers(tuple(_plate(plate) for plate in plates), sum(ms.values()) if isinstance(ms, dict) else None, error)


def _plate(plate: dict[str, object]) -> Answer:
    confidence, accepted = float(str(plate.get("confidence") or 0.0)), plate.get("accepted") or False
    if not 0 <= confidence <= 1:
        message = f"confidence is no number from 0 to 1: {confidence}"
        raise ValueError(message)
    if not isinstance(accepted, bool):
        message = f"accepted is neither true nor false: {accepted!r}"
        raise TypeError(message)
    return Answer(
        text=str(plate.get("text") or ""),
        confidence=confidence,
        accepted=accepted,
        format_id=str(plate["format"]) if plate.get("format") else None,
        box=_box(plate.get("box")),
    )


def _box(said: object) -> Box | None:
    if said is None:
        return None
    numbers = isinstance(said, list) and all(isinstance(v, int | float) and math.isfinite(v) for v in said)
    if not isinstance(said, list) or not numbers or len(said) != 4:
        message = f"box is no [x, y, w, h]: {said!r:.80}"
        raise ValueError(message)
    return Box(*said)

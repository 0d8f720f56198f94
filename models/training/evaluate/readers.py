"""Readers as commands: anything that accepts picture files and prints the JSON lines of `gate read`."""

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
"""A reader may be silent this long: many times what any needs for its start or for a picture."""
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """One plate reported by a reader."""

    text: str
    confidence: float
    accepted: bool
    format_id: str | None
    box: Box | None


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers for one picture, and the milliseconds taken (None if the reader does not report them)."""

    plates: tuple[Answer, ...]
    ms: float | None
    error: str = ""
    """Why the reader could not use the picture; empty if it could."""


def command_of(reader: Sequence[str] | None, *, crop: bool, live: bool = False) -> tuple[str, ...]:
    """The command line of `reader`, or of ours with options for crops and for one look, as at a video frame."""
    if reader is None:
        return (*OURS, *(["--crop"] if crop else []), *(["--live"] if live else []))
    return tuple(reader)


def ask(command: Sequence[str], files: Iterable[Path], *, timeout_s: float = TIMEOUT_S) -> dict[Path, Answers]:
    """Run the reader over `files`; returns the answers by the given path, one entry per file.

    A line belongs to the file whose path it names; an unknown path is matched by its bare name if only one file has
    that name. If the reader could not use a file (its line has an `error`), the entry has only that, and the reader may
    then exit with a code other than 0.

    Raises RuntimeError for a file without any line, since the reader died and an unread picture is not one without a
    plate. The same for any other exit code, a reader that cannot be started, is silent for `timeout_s` or prints
    without end, and for a malformed line about a file.
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
    """Raises RuntimeError if pictures of `chunk` have no answer, or if the exit code signals another failure."""
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
    """The JSON objects that name a file. Other text is skipped, as is a line cut off by a dying reader.

    Raises RuntimeError for JSON that Python rejects as hostile: deep nesting, numbers with thousands of digits.
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
    """The answers in one line about `file`. Raises RuntimeError if it is malformed."""
    try:
        return _answers(line)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        message = f"what the reader says of {file} makes no sense: {error}: {shlex.join(command)}"
        raise RuntimeError(message) from error


def _answers(line: dict[str, object]) -> Answers:
    """Raises ValueError or TypeError for a malformed answer: a wrong confidence would silently spoil the figures."""
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

"""Runs any reader as a command: one path per line in, its answer as a line out.

There are two ways to answer, both as plain text on standard output:

- `json` (the usual one): one object per picture, as printed by `gate read --json`: `{"file": PATH, "plates": [{"text":
  "A123BC77", "confidence": 0.98, "accepted": true}]}`. In any order; lines that are not objects are skipped.
- `lines`: one line per picture, in the order of the paths: `PLATE`, or `PLATE<TAB>CONFIDENCE`, or empty for no plate.

`accepted` means that the reader is sure enough to open. A reader without that notion counts as sure from a confidence
given by whoever runs it (`--accept-at`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from core.plates.canonical import PlateInvalid, canonical
from models.training.evaluate.readers import Answer, objects, understood
from models.training.evaluate.running import Running

WAYS: Final = ("json", "lines")
SILENCE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Said:
    """One plate that a reader reports in a picture."""

    text: str
    """Canonical if possible, otherwise as it came: spaces and the alphabet of the letters do not count as errors."""
    confidence: float
    accepted: bool


def ask(
    command: Sequence[str], folder: Path, names: Sequence[str], *, way: str = "json", silence_s: float = SILENCE_S
) -> dict[str, tuple[Said, ...]]:
    """The answers of `command` for each of `names` below `folder`, by name, in order.

    Raises RuntimeError, in one line, if the reader cannot be started, fails, hangs, or leaves a picture without an
    answer.
    """
    files = {str(folder / name): name for name in names}
    with tempfile.TemporaryFile() as paths:
        paths.write("".join(f"{file}\n" for file in files).encode())
        paths.seek(0)
        with Running(command, silence_s=silence_s, told=paths) as reader:
            answers = _objects(reader, files, command) if way == "json" else _plain(reader, names)
            found = dict(tqdm(answers, total=len(names), unit="picture", desc="read", mininterval=5, delay=1))
            code = reader.exit_code()
    missing = [name for name in names if name not in found]
    if missing or code:
        message = f"the reader ended with exit code {code} and left {len(missing)} of {len(names)} pictures unanswered"
        raise RuntimeError(message + (f", the first {missing[0]}" if missing else ""))
    return {name: found[name] for name in names}


def _objects(
    reader: Running, files: Mapping[str, str], command: Sequence[str]
) -> Iterator[tuple[str, tuple[Said, ...]]]:
    for line in objects(reader.lines(), command):
        name = files.get(str(line["file"]))
        if name is not None:
            answers = understood(line, Path(str(line["file"])), command)
            yield name, tuple(_canonical_answer(plate) for plate in answers.plates if plate.text)


def _plain(reader: Running, names: Sequence[str]) -> Iterator[tuple[str, tuple[Said, ...]]]:
    for at, line in enumerate(reader.lines()):
        if at >= len(names):
            if line.strip():
                message = f"the reader says more than it was asked: line {at + 1} of {len(names)}: {line!r:.60}"
                raise RuntimeError(message)
            continue
        text, _, sure = line.strip("\r").partition("\t")
        try:
            confidence = float(sure) if sure.strip() else 1.0
        except ValueError:
            confidence = -1.0
        if not 0 <= confidence <= 1:
            message = f"line {at + 1} of the reader: after the tab stands no number from 0 to 1: {sure!r:.40}"
            raise RuntimeError(message)
        yield names[at], (_canonical_answer(Answer(text, confidence, False, None, None)),) if text.strip() else ()


def _canonical_answer(answer: Answer) -> Said:
    try:
        text = canonical(answer.text)
    except PlateInvalid:
        text = answer.text
    return Said(text, answer.confidence, answer.accepted)

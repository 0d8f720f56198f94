"""The local list as a file. `core.passes.passcsv` reads its text; here are its bytes, its name in errors, and export.

Repeated rows are one pass; one plate with several periods is several passes. If the table has a column for the object,
its text is put before the note.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from core.errors import FileUnusable
from core.passes.pass_list import Pass, PassSource
from core.passes.passcsv import PassRow, RowProblem, TableInvalid, read_passes
from core.words.system import system_words
from edge.language import say

COLUMNS = ("plate", "valid_from", "valid_until", "note", "hours", "kind")
_PLAIN = COLUMNS[:4]
MOST_BYTES = 64 * 1024 * 1024
_NOTE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class PassFile:
    """The content of a file: good rows, bad rows, and how many rows repeated another."""

    path: Path
    passes: tuple[Pass, ...]
    problems: tuple[RowProblem, ...]
    repeated: int

    def problem_lines(self) -> str:
        """The problems, one line each: `FILE:LINE: column: what`."""
        return "\n".join(f"{self.path}:{item.line}: {item.column}: {item}" for item in self.problems)

    def whole(self) -> tuple[Pass, ...]:
        """The passes of a file without errors. Raises PassFileInvalid."""
        if self.problems:
            raise PassFileInvalid(self)
        return self.passes


class PassFileInvalid(FileUnusable, ValueError):
    """A list with bad rows; nothing of it was used."""

    def __init__(self, file: PassFile) -> None:
        super().__init__(file.path, say("ошибок: {n}", n=len(file.problems)))
        self.file = file

    def __str__(self) -> str:
        return self.file.problem_lines()


def read_pass_file(path: Path, zone: tzinfo, *, source: PassSource = PassSource.LOCAL) -> PassFile:
    """Read a list; bad rows are in `problems`. Raises FileUnusable if it is not a table at all."""
    try:
        table = read_passes(_bytes(path), zone)
    except TableInvalid as error:
        raise FileUnusable(path, str(error), line=error.line) from error
    found: dict[tuple[object, ...], Pass] = {}
    repeated = 0
    for row in table.rows:
        key = (row.plate, row.valid_from, row.valid_until, row.hours, row.kind)
        repeated += key in found
        found.setdefault(key, _pass(row, source))
    return PassFile(path, tuple(found.values()), table.problems, repeated)


def _pass(row: PassRow, source: PassSource) -> Pass:
    note = ", ".join(text for text in (row.object, row.note) if text)
    note = "".join(char for char in note if char.isprintable())[:_NOTE_LENGTH]
    return Pass(
        f"csv:{row.line}", row.plate, row.valid_from, row.valid_until, source=source, note=note,
        one_time=row.kind == "once", blocked=row.kind == "block", hours=row.hours,
    )  # fmt: skip


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        why = {
            "FileNotFoundError": say("такого файла нет"),
            "IsADirectoryError": say("это папка, а нужен файл"),
            "PermissionError": say("нет права читать"),
        }.get(type(error).__name__, system_words(error))
        raise FileUnusable(path, why) from error
    if len(raw) > MOST_BYTES:
        raise FileUnusable(path, say("больше 64 МБ; это не список"))
    return raw


def write_passes(passes: Iterable[Pass], zone: tzinfo) -> str:
    """The list as CSV text that `read_pass_file` reads back as the same passes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    passes = list(passes)
    plain = not any(one.one_time or one.blocked or one.hours for one in passes)
    writer.writerow(_PLAIN if plain else COLUMNS)
    for one in passes:
        moments = ["" if at is None else at.astimezone(zone).isoformat() for at in (one.valid_from, one.valid_until)]
        row = [one.plate, *moments, one.note]
        if not plain:
            kind = "block" if one.blocked else "once" if one.one_time else ""
            row += ["" if one.hours is None else one.hours.words(), kind]
        writer.writerow(row)
    return out.getvalue()

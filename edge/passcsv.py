"""The pass list as a CSV file: `plate,valid_from,valid_until,note`. Every bad row is told, with its line and column.

The header may be left out or be in another order; a BOM, semicolons (Excel in Russia) and empty lines are fine.
The same row twice is one pass; one plate with several periods is several passes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from core.errors import FileUnusable
from core.passes import Pass, PassSource
from core.plates import PlateInvalid, canonical
from edge.language import say
from edge.periods import MomentInvalid, beginning, end

COLUMNS = ("plate", "valid_from", "valid_until", "note")
MOST_BYTES = 64 * 1024 * 1024
_NOTE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class RowProblem:
    line: int
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class PassFile:
    """What a file held: its good rows, its bad ones, and how many rows said the same as another."""

    path: Path
    passes: tuple[Pass, ...]
    problems: tuple[RowProblem, ...]
    repeated: int

    def told(self) -> str:
        """The problems, one line each: `FILE:LINE: column: what`."""
        return "\n".join(f"{self.path}:{item.line}: {item.column}: {item.what}" for item in self.problems)

    def whole(self) -> tuple[Pass, ...]:
        """The passes of a file without a fault. Raises PassFileInvalid."""
        if self.problems:
            raise PassFileInvalid(self)
        return self.passes


class PassFileInvalid(FileUnusable, ValueError):
    """A list with bad rows; nothing of it was taken."""

    def __init__(self, file: PassFile) -> None:
        super().__init__(file.path, say("ошибок: {n}", n=len(file.problems)))
        self.file = file

    def __str__(self) -> str:
        return self.file.told()


def read_pass_file(path: Path, zone: tzinfo, *, source: PassSource = PassSource.LOCAL) -> PassFile:
    """Read a list; bad rows are in `problems`. Raises FileUnusable when it is no text at all."""
    rows = list(_rows(path))
    order = _column_order(rows[0][1]) if rows else None
    header = rows[0][0] if rows else 1
    if order is not None:
        rows = rows[1:]
    problems = [RowProblem(header, name, _unknown_column()) for name in order or () if name and name not in COLUMNS]
    found: dict[tuple[object, ...], Pass] = {}
    repeated = 0
    for line, cells in rows:
        one = _read_row(line, cells, order or COLUMNS, zone=zone, source=source, problems=problems)
        if one is not None:
            key = (one.plate, one.valid_from, one.valid_until)
            repeated += key in found
            found.setdefault(key, one)
    return PassFile(path, tuple(found.values()), tuple(problems), repeated)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line (from 1) and cells of every row that is not empty."""
    text = _text(path)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileUnusable(path, say("не CSV: {error}", error=error), line=line) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        why = {
            "FileNotFoundError": say("такого файла нет"),
            "IsADirectoryError": say("это папка, а нужен файл"),
            "PermissionError": say("нет права читать"),
        }.get(type(error).__name__, error.strerror or str(error))
        raise FileUnusable(path, why) from error
    if len(raw) > MOST_BYTES:
        raise FileUnusable(path, say("больше 64 МБ; это не список"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileUnusable(path, say("не UTF-8; сохраните как «CSV UTF-8»"), line=line) from error


def _column_order(cells: list[str]) -> tuple[str, ...] | None:
    """The columns as the header has them; None when the first row is no header."""
    names = tuple(cell.lower() for cell in cells)
    return names if "plate" in names else None


def _unknown_column() -> str:
    names = ", ".join(COLUMNS)
    return say("нет такого столбца; есть: {names}", names=names)


def _read_row(
    line: int,
    cells: list[str],
    order: tuple[str, ...],
    *,
    zone: tzinfo,
    source: PassSource,
    problems: list[RowProblem],
) -> Pass | None:
    before = len(problems)
    if len(cells) > len(order) and any(cells[len(order) :]):
        what = say("столбцов {n}, а нужно {n2}", n=len(cells), n2=len(order))
        problems.append(RowProblem(line, order[-1], what))
    values = dict(zip(order, cells, strict=False))
    plate = ""
    try:
        plate = canonical(values.get("plate", ""))
    except PlateInvalid as error:
        problems.append(RowProblem(line, "plate", str(error)))
    moments = {}
    for column, read in (("valid_from", beginning), ("valid_until", end)):
        try:
            moments[column] = read(values.get(column, ""), zone)
        except MomentInvalid as error:
            problems.append(RowProblem(line, column, str(error)))
    start, stop = moments.get("valid_from"), moments.get("valid_until")
    if start is not None and stop is not None and stop <= start:
        problems.append(RowProblem(line, "valid_until", say("срок кончается раньше, чем начинается")))
    if len(problems) > before:
        return None
    note = "".join(char for char in values.get("note", "") if char.isprintable())[:_NOTE_LENGTH]
    return Pass(id=f"csv:{line}", plate=plate, valid_from=start, valid_until=stop, source=source, note=note)


def write_passes(passes: Iterable[Pass], zone: tzinfo) -> str:
    """The list as CSV text that `read_pass_file` reads back as the same passes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in passes:
        moments = ["" if at is None else at.astimezone(zone).isoformat() for at in (one.valid_from, one.valid_until)]
        writer.writerow([one.plate, *moments, one.note])
    return out.getvalue()

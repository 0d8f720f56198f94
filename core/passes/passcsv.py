"""A list of passes as a table: the format of `gate passes import`, `gate replay --passes` and the portal's import.

Bytes in, rows out; every bad row is reported with line and column. It accepts what spreadsheets write: commas,
semicolons or tabs (or what `sep=` says); UTF-8, UTF-16 or Windows-1251, with or without a byte order mark; headers in
English or Russian in any order; empty lines. An unknown column is an error: otherwise a misnamed period column would
mean no period.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import MappingProxyType

from core.passes.periods import ALLOWED, NOT_A_MOMENT, MomentInvalid, beginning, end
from core.passes.schedule import NOT_HOURS, Schedule, ScheduleInvalid, written
from core.plates.canonical import FAULTS, PlateInvalid, canonical
from core.words.language import quoted, say

COLUMNS = ("plate", "valid_from", "valid_until", "note", "object", "hours", "kind")
UNNAMED = COLUMNS[:5]
"""The columns of a table without a header."""
HEADERS = MappingProxyType(
    {
        **{name: name for name in COLUMNS},
        **dict.fromkeys(("номер", "номер автомобиля", "номер машины", "госномер", "гос. номер", "грз"), "plate"),
        **dict.fromkeys(("с", "от", "начало", "дата начала", "действует с"), "valid_from"),
        **dict.fromkeys(
            ("по", "до", "конец", "окончание", "дата окончания", "действует по", "действует до"), "valid_until"
        ),
        **dict.fromkeys(("примечание", "пометка", "комментарий"), "note"),
        **dict.fromkeys(("часы", "дни и часы", "расписание"), "hours"),
        **dict.fromkeys(("вид", "тип"), "kind"),
        **dict.fromkeys(("объект", "идентификатор объекта", "квартира", "участок"), "object"),
    }
)
"""Column names as people write them, in lower case."""
KINDS = MappingProxyType(
    {
        "": "",
        **dict.fromkeys(("once", "one_time", "разовый", "один въезд"), "once"),
        **dict.fromkeys(("block", "blocked", "запрет", "запрещён", "запрещен"), "block"),
    }
)
"""Values of `kind` as people write them: what a pass may be besides a lasting permission."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LINE_ENDS = frozenset("\t\n\r")


class TableInvalid(ValueError):
    """Bytes that are not a table of passes. `text` is a key of the catalogue; `line` is set if known."""

    def __init__(self, text: str, *, line: int | None = None, **facts: object) -> None:
        self.text = text
        self.line = line
        self.facts = facts
        super().__init__(text)

    def __str__(self) -> str:
        return say(self.text, **self.facts)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row. `text` is a key of the catalogue."""

    line: int
    column: str
    """As the file's header names it, else our own name."""
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    cell: str = ""
    """The cell's content, unless the text already says it."""

    def __str__(self) -> str:
        told = say(self.text, **self.facts)
        return f"{quoted(self.cell)}: {told}" if self.cell else told


@dataclass(frozen=True, slots=True)
class PassRow:
    """One valid row. The period is half-open, in UTC; None = open."""

    line: int
    plate: str
    """Canonical."""
    typed: str
    valid_from: datetime | None
    valid_until: datetime | None
    note: str
    object: str
    hours: Schedule | None = None
    kind: str = ""
    """`once`, `block` or empty."""


@dataclass(frozen=True, slots=True)
class PassTable:
    rows: tuple[PassRow, ...]
    problems: tuple[RowProblem, ...]


def read_passes(data: bytes, zone: tzinfo, *, header_needed: bool = False) -> PassTable:
    """The rows of a table. Days without a time are whole days in `zone`. Raises TableInvalid if it is not a table."""
    lines = _cells(text_of(data))
    first = next(lines, None)
    if first is None:
        return PassTable((), ())
    names = [HEADERS.get(" ".join(name.lower().split()), name) for name in first[1]]
    if "plate" not in names:
        if header_needed:
            raise TableInvalid(
                "в первой строке нужны названия столбцов: номер, с, по, примечание, объект, часы, вид", line=first[0]
            )
        names, shown, rest = list(UNNAMED), list(UNNAMED), [first, *lines]
    else:
        shown, rest = first[1], list(lines)
    problems = [
        RowProblem(first[0], name, "нет такого столбца; есть: номер, с, по, примечание, объект, часы, вид")
        for name in names
        if name and name not in COLUMNS
    ]
    problems += [
        RowProblem(first[0], name, "столбец назван дважды")
        for name in COLUMNS
        if names.count(name) > 1
    ]  # fmt: skip
    rows = []
    for line, cells in rest:
        row = _read_row(line, cells, names, dict(zip(names, shown, strict=True)), zone=zone, problems=problems)
        if row is not None:
            rows.append(row)
    return PassTable(tuple(rows), tuple(problems))


def text_of(data: bytes) -> str:
    """The text of a table, in any encoding that spreadsheets write. Raises TableInvalid if it is not text."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    for name in (encoding,) if encoding else ("utf-8", "cp1251"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if any(char < " " and char not in _LINE_ENDS for char in text):
            break
        return text
    raise TableInvalid("не похоже на таблицу CSV")


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number (from 1) and cells of every row that is not empty."""
    first, _, _ = text.partition("\n")
    first = first.strip()
    told = first.lower().startswith("sep=") and len(first) == len("sep=") + 1
    delimiter = first[-1] if told else _delimiter(text)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in table:
            if any(cell.strip() for cell in cells) and not (told and line == 1):
                yield line, [cell.strip() for cell in cells]
            line = table.line_num + 1
    except csv.Error as error:
        raise TableInvalid("не CSV: {error}", line=line, error=error) from error


def _delimiter(text: str) -> str:
    """The separator of the first line that is not empty."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def _read_row(
    line: int,
    cells: Sequence[str],
    names: Sequence[str],
    shown: Mapping[str, str],
    *,
    zone: tzinfo,
    problems: list[RowProblem],
) -> PassRow | None:
    before = len(problems)
    if any(cells[len(names) :]):
        counts = {"found": len(cells), "wanted": len(names)}
        problems.append(RowProblem(line, shown[names[-1]], "столбцов {found}, а нужно {wanted}", counts))
    values = dict(zip(names, cells, strict=False))
    typed, plate = values.get("plate", ""), ""
    try:
        plate = canonical(typed)
    except PlateInvalid as error:
        problems.append(RowProblem(line, shown["plate"], FAULTS[error.fault], error.facts, cell=error.text))
    moments = {}
    for column, read in (("valid_from", beginning), ("valid_until", end)):
        try:
            moments[column] = read(values.get(column, ""), zone)
        except MomentInvalid as error:
            what = {"text": error.text, "allowed": ALLOWED}
            problems.append(RowProblem(line, shown.get(column, column), NOT_A_MOMENT, what))
    hours, kind = None, KINDS.get(values.get("kind", "").lower())
    try:
        hours = written(values.get("hours", ""), zone)
    except ScheduleInvalid as error:
        problems.append(RowProblem(line, shown.get("hours", "hours"), NOT_HOURS, {"typed": error.text}))
    if kind is None:
        problems.append(RowProblem(line, shown.get("kind", "kind"), "можно: once, block или пусто", {}, values["kind"]))
    if kind == "block" and hours is not None:
        problems.append(RowProblem(line, shown.get("hours", "hours"), "у запрета часов не бывает"))
    start, stop = moments.get("valid_from"), moments.get("valid_until")
    if start is not None and stop is not None and stop <= start:
        problems.append(
            RowProblem(line, shown.get("valid_until", "valid_until"), "срок кончается раньше, чем начинается")
        )
    if len(problems) > before:
        return None
    return PassRow(line, plate, typed, start, stop, values.get("note", ""), values.get("object", ""), hours, kind or "")

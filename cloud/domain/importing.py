"""Passes from a CSV file: all of them, or none and a list of what is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.domain.passes import PassRequest, read_note
from cloud.domain.periods import PeriodFields, read_period
from cloud.odd_plates import read_typed, warnings
from cloud.plates import PlateInvalid

MOST_ROWS = 5000
MOST_PROBLEMS = 20
COLUMNS = ("plate", "valid_from", "valid_until", "note", "object")
RUSSIAN_COLUMNS = {"номер": "plate", "номер автомобиля": "plate", "с": "valid_from", "по": "valid_until",
                   "примечание": "note", "объект": "object", "идентификатор объекта": "object"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line; `text` is a key of the catalogue."""

    line: int
    text: str
    facts: Mapping[str, object]


def read_passes(
    body: bytes, zone: ZoneInfo, *, now: datetime, sure: bool = False
) -> tuple[list[PassRequest], list[Problem]]:
    """The rows of `plate,valid_from,valid_until,note,object`, with commas or semicolons, UTF-8 or Windows-1251.

    A plate that was hardly meant so is a problem too, unless somebody has said that they are `sure`.
    """
    if not body:
        raise Invalid("file", "Выберите файл.")
    wanted: list[PassRequest] = []
    problems: list[Problem] = []
    for line, row in _rows(body):
        if len(wanted) >= MOST_ROWS:
            raise Invalid("file", "В файле больше {n} строк.", n=MOST_ROWS)
        try:
            plate = read_typed(row.get("plate", ""))
            if not sure:
                problems += [Problem(line, text, facts) for text, facts in warnings(plate)]
            start, start_time = _parts(row.get("valid_from", ""), zone)
            end, end_time = _parts(row.get("valid_until", ""), zone)
            period = read_period(PeriodFields(start, end, start_time, end_time), zone, now=now)
            label = read_object(row.get("object", ""), required=False)
            wanted.append(PassRequest(plate, period, False, label, read_note(row.get("note", ""))))
        except PlateInvalid as error:
            problems.append(Problem(line, error.reason, {}))
        except Invalid as error:
            problems.append(Problem(line, error.text, error.facts))
        if len(problems) >= MOST_PROBLEMS:
            break
    if not wanted and not problems:
        raise Invalid("file", "В файле нет ни одной заявки.")
    return wanted, problems


def _rows(body: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    text = _text(body)
    first, _, _ = text.partition("\n")
    table = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        names = [cell.strip().lower() for cell in next(table, [])]
        names = [RUSSIAN_COLUMNS.get(name, name) for name in names]
        if "plate" not in names:
            raise Invalid(
                "file",
                "В первой строке файла должны быть названия столбцов: plate, valid_from, valid_until, note, object.",
            )
        for cells in table:
            if any(cell.strip() for cell in cells):
                yield table.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=False))
    except csv.Error:
        raise Invalid("file", "Файл не похож на таблицу CSV.") from None


def _text(body: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid("file", "Файл не похож на таблицу CSV.")


def _parts(value: str, zone: ZoneInfo) -> tuple[str, str]:
    """Day and time in `zone` of `2026-12-31`, `31.12.2026`, `2026-12-31T18:00`, `31.12.2026 18:00`.

    A moment with its offset, as `gate passes export` writes it, is the same moment here.
    """
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            value = moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
    day, _, clock = value.replace("T", " ").partition(" ")
    return day, clock.strip()[:8]

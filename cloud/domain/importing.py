"""Imports passes from a file: all of them, or none and a list of problems. The table format: `core.passes.passcsv`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.domain.passes import PassRequest, read_note
from cloud.domain.periods import Period, check_period
from cloud.odd_plates import read_typed, warnings
from core.passes.passcsv import PassRow, TableInvalid
from core.passes.passcsv import read_passes as read_table

MOST_ROWS = 20_000
MOST_PROBLEMS = 20
TOLD_EACH = 500
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at a line and column (empty: the whole file); `text` is a catalogue key."""

    line: int
    column: str
    text: str
    facts: Mapping[str, object]
    cell: str = ""


def read_passes(
    body: bytes,
    zone: ZoneInfo,
    *,
    now: datetime,
    sure: bool = False,
    told: Callable[[int, int], None] = lambda checked, rows: None,  # noqa: ARG005  # names of its contract
) -> tuple[list[PassRequest], list[Problem]]:
    """The rows of `plate,valid_from,valid_until,note,object,hours,kind`, and at most `MOST_PROBLEMS` problems.

    An unlikely plate is a problem too, unless the person has confirmed it (`sure`). `told` hears how many rows of how
    many are checked, and may raise. Raises Invalid for a file that cannot be accepted whatever its rows are.
    """
    if not body:
        raise Invalid("file", "Выберите файл.")
    try:
        table = read_table(body, zone, header_needed=True)
    except TableInvalid as error:
        facts = {"line": error.line, **error.facts}
        return [], [Problem(error.line or 1, "", error.text, facts)]
    if len(table.rows) > MOST_ROWS:
        raise Invalid("file", "В файле больше {n} строк: загрузите его частями.", n=MOST_ROWS)
    problems = [Problem(one.line, one.column, one.text, one.facts, one.cell) for one in table.problems]
    wanted: list[PassRequest] = []
    told(0, len(table.rows))
    for number, row in enumerate(table.rows, start=1):
        if number % TOLD_EACH == 0:
            told(number, len(table.rows))
        try:
            request = _request(row, now=now)
            if not sure:
                odd = warnings(request.plate)
                problems += [Problem(row.line, "plate", text, facts, row.typed) for text, facts in odd]
            wanted.append(request)
        except Invalid as error:
            problems.append(Problem(row.line, error.field, error.text, error.facts))
    if not wanted and not problems:
        raise Invalid("file", "В файле нет ни одной заявки.")
    return wanted, sorted(problems, key=lambda one: one.line)[:MOST_PROBLEMS]


def _request(row: PassRow, *, now: datetime) -> PassRequest:
    period = Period(row.valid_from, row.valid_until)
    if row.kind == "block":
        raise Invalid("kind", "Запрет вносится на странице «Запреты».")
    check_period(period, now=now)
    label = read_object(row.object, required=False)
    hours = "" if row.hours is None else row.hours.text()
    return PassRequest(read_typed(row.typed), period, row.kind == "once", label, read_note(row.note), hours=hours)

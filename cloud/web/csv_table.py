"""CSV for spreadsheets: UTF-8 with a BOM, and no cell that would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV; a cell that starts like a formula gets an apostrophe."""
    table = io.StringIO()
    csv.writer(table).writerows([[_tame(cell) for cell in row] for row in rows])
    return table.getvalue()


def _tame(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell

"""CSV tables beside pictures and clips, read with their line numbers so that a fault can be named."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from edge.core.errors import FileUnusable


def read_table(path: Path, *, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Each row with the number of its line; a cell that is not there is empty.

    Raises FileUnusable where the file cannot be read or a `needed` column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:  # spreadsheets write a byte order mark
            table = csv.DictReader(lines, restval="")
            columns = table.fieldnames or ()
            rows = [(table.line_num, row) for row in table]
    except OSError as error:
        raise FileUnusable(path, error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnusable(path, f"no CSV file in UTF-8: {error}") from error
    missing = [name for name in needed if name not in columns]
    if missing:
        raise FileUnusable(path, f"no column {' and '.join(missing)}", line=1)
    return rows

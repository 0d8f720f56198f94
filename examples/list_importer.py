"""A list from somebody else's program, as the table that `gate passes import` takes.

    python -m examples.list_importer theirs.json > passes.csv && sudo gate passes import passes.csv

Theirs is `[{"car": "а123вс 77", "to": "31.12.2026", "flat": "12"}, …]`. A list is taken whole or not at all: the first line
that cannot be read ends the program, and `gate` checks all of it once more.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import datetime
from pathlib import Path

from core.plates.canonical import canonical


class Unreadable(ValueError):
    """A line of theirs that is no pass; the message names it."""


def table(theirs: str) -> str:
    """CSV with the columns of `gate passes import`. Raises Unreadable."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["plate", "valid_from", "valid_until", "note"])
    for number, row in enumerate(json.loads(theirs), start=1):
        try:
            plate = canonical(str(row["car"]))
            until = datetime.strptime(row["to"], "%d.%m.%Y").date().isoformat() if row.get("to") else ""  # noqa: DTZ007
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"line {number}: {row}: {error}") from error
        if not plate:
            raise Unreadable(f"line {number}: {row}: no plate")
        writer.writerow([plate, "", until, f"flat {row.get('flat', '-')}"])
    return out.getvalue()


if __name__ == "__main__":
    try:
        sys.stdout.write(table(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except Unreadable as unreadable:
        sys.exit(f"{sys.argv[1]}: {unreadable}")

"""What happened since last time, for a program that runs every minute: no visit is lost, and none is handed over twice.

    python -m examples.journal_consumer /var/lib/okter-gate seen.txt

The mark is written after the visits have been handed over: a crash between the two repeats some. It is a mark of ids, not
a time, because the clock of a box without a network may be set back.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.decision.record import VisitRecord
from edge.store.journal import Journal
from edge.store.place import find

LOOK_BACK = 1000
"""More visits than come between two runs, however long the program was away."""


def fresh(state_dir: Path, mark: Path) -> list[VisitRecord]:
    """Visits that were not handed over yet, oldest first. The journal is only read; the gate may be running."""
    seen = set(_ids(mark))
    with Journal(find(state_dir).journal_file, to_read=True) as journal:
        records = [visit.record for visit in journal.visits(limit=LOOK_BACK)]
    return [record for record in records if record.visit_id not in seen]


def remember(records: list[VisitRecord], mark: Path) -> None:
    """These have been handed over. Written beside and put in place, so that a power cut leaves the old mark or the new."""
    ids = [*_ids(mark), *(record.visit_id for record in records)][-2 * LOOK_BACK :]
    fresh_mark = mark.with_name(f"{mark.name}.new")
    fresh_mark.write_text("\n".join(ids), encoding="utf-8")
    fresh_mark.replace(mark)


def _ids(mark: Path) -> list[str]:
    return mark.read_text(encoding="utf-8").split() if mark.exists() else []


if __name__ == "__main__":
    found = fresh(Path(sys.argv[1]), Path(sys.argv[2]))
    for one in found:
        print(one.first.wall.isoformat(), one.lane, one.plate or "-", one.decision, one.reason)
    remember(found, Path(sys.argv[2]))

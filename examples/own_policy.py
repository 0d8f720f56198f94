"""Your own rule against the visits of the past: whom would it have let in, and whom not, had it been in force?

    python -m examples.own_policy /var/lib/okter-gate

The rule here: by night only what was read with more certainty. What it would change is listed, nothing is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from core.decision.record import Verdict, VisitRecord
from core.rules.policy import Direction
from core.words.reasons import Reason
from edge.store.journal import Journal
from edge.store.place import find

BY_PLATE = frozenset({Reason.PASS_VALID, Reason.LOCAL_LIST})
Rule = Callable[[VisitRecord], bool]
"""Whether a visit that was opened for by its plate may be; exits and hands are nobody's to refuse."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many openings by plate the rule would have kept, and those that it would have refused."""

    kept: int
    refused: tuple[VisitRecord, ...]


def stricter_by_night(record: VisitRecord, *, zone: ZoneInfo, at_least: float = 0.999) -> bool:
    """From 23 to 6 a plate must be read with `at_least` so much certainty."""
    hour = record.first.wall.astimezone(zone).hour
    return 6 <= hour < 23 or record.confidence >= at_least


def backtest(records: Iterable[VisitRecord], rule: Rule) -> Compared:
    """The rule over every entry that was opened by its plate."""
    entries = [
        one
        for one in records
        if one.direction is Direction.ENTRY and one.decision is Verdict.OPEN and one.reason in BY_PLATE
    ]
    refused = tuple(one for one in entries if not rule(one))
    return Compared(len(entries) - len(refused), refused)


if __name__ == "__main__":
    with Journal(find(Path(sys.argv[1])).journal_file, to_read=True) as journal:
        past = [visit.record for visit in journal.visits(limit=100_000)]
    found = backtest(past, lambda one: stricter_by_night(one, zone=ZoneInfo("Europe/Moscow")))
    print(f"kept {found.kept}, refused {len(found.refused)}")
    for visit in found.refused:
        print(visit.first.wall.isoformat(), visit.plate, f"{visit.confidence:.4f}")

"""The journal as a table with columns of your own, for an accountant: who came when, and how long it took to let him in.

python -m examples.journal_to_csv /var/lib/okter-gate 2026-12-01 > december.csv
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from core.words.reasons import reason_words
from edge.store.journal import Journal
from edge.store.place import find

COLUMNS = ("date", "time", "lane", "plate", "opened", "why", "seconds to decide")


def rows(state_dir: Path, *, since: datetime, zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    """A row a visit, in the site's own time, oldest first. «?» is what is not known."""
    with Journal(find(state_dir).journal_file, to_read=True) as journal:
        visits = journal.visits(since=since, limit=1_000_000)
    for one in (visit.record for visit in visits):
        local = one.first.wall.astimezone(zone)
        waited = "?" if one.decided is None else f"{one.decided.mono - one.first.mono:.1f}"
        sure = "" if one.clock_trusted else " ?"
        yield (
            f"{local:%Y-%m-%d}",
            f"{local:%H:%M:%S}{sure}",
            one.lane,
            one.display or one.masked or "?",
            "yes" if one.opened else "no",
            reason_words(one.reason),
            waited,
        )


if __name__ == "__main__":
    moscow = ZoneInfo("Europe/Moscow")
    first = datetime.fromisoformat(sys.argv[2]).replace(tzinfo=moscow)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    writer.writerows(rows(Path(sys.argv[1]), since=first, zone=moscow))

"""What a starting gate is told about the time before: recent visits from the journal, and what was opened.

If the journal is absent, broken or slow, only this memory is lost: the barrier may then open once more for a car that
stood there through the restart.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from core.decision.record import VisitRecord
from core.rules.visit import ENTRY, EXIT
from edge.store.errors import StoreError
from edge.store.journal import Journal

MOST = 500
"""Number of records read, the newest."""

MOST_OPENINGS = 10_000
"""Number of openings remembered, the newest. Written and not acknowledged yet are one or two."""

log = logging.getLogger(__name__)


def told_before(journal_file: Path, now: datetime) -> tuple[VisitRecord, ...]:
    """The records recent enough for their openings to matter still, oldest first."""
    if not journal_file.exists():
        return ()
    since = now - timedelta(seconds=max(ENTRY.standing_unseen_s, EXIT.standing_unseen_s))
    try:
        with Journal(journal_file, to_read=True) as journal:
            return tuple(visit.record for visit in journal.visits(since=since, limit=MOST))
    except (StoreError, ValueError) as error:
        log.warning("прежние открытия не прочитаны: %s", error)
        return ()


def openings_before(journal_file: Path) -> frozenset[str]:
    """The request ids of openings that the journal has: the relay process may tell of them once more."""
    if not journal_file.exists():
        return frozenset()
    try:
        with Journal(journal_file, to_read=True) as journal:
            return journal.openings.known(most=MOST_OPENINGS)
    except StoreError as error:
        log.warning("прежние открытия не прочитаны: %s", error)
        return frozenset()

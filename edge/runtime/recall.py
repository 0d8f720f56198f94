"""What a gate that starts is told of the time before: whom it had opened for, from the journal.

A journal that is absent, broken or slow costs this memory and nothing else: then a car that stood through the restart
may be opened for once more.
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
"""Records looked at; the newest."""

log = logging.getLogger(__name__)


def told_before(journal_file: Path, now: datetime) -> tuple[VisitRecord, ...]:
    """The records of the time in which an opening still says something, oldest first."""
    if not journal_file.exists():
        return ()
    since = now - timedelta(seconds=max(ENTRY.standing_unseen_s, EXIT.standing_unseen_s))
    try:
        with Journal(journal_file, to_read=True) as journal:
            return tuple(visit.record for visit in journal.visits(since=since, limit=MOST))
    except (StoreError, ValueError) as error:
        log.warning("прежние открытия не прочитаны: %s", error)
        return ()

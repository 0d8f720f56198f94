"""What a starting gate is told about the time before: recent visits from the journal, and what was opened.

If the journal is absent, broken or slow, only this memory is lost: the barrier may then open once more for a car that
stood there through the restart.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.decision.record import VisitRecord
from core.rules.visit import ENTRY, EXIT
from edge.store.errors import StoreError
from edge.store.journal import Journal
from relay.protocol import EventKind

MOST = 500
"""Number of records read, the newest."""

MOST_OPENINGS = 10_000
"""Number of openings remembered, the newest. Written and not acknowledged yet are one or two."""

ACTED = f"relay_{EventKind.ACTED.value}"
"""Kind of the notices about what a barrier did."""

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


@dataclass(frozen=True, slots=True)
class OpeningsBefore:
    """What the journal knows of the openings that the relay process told an earlier `gate run`."""

    events: frozenset[str] = frozenset()
    """Ids of the events: the relay process may send them once more."""
    requests: frozenset[str] = frozenset()
    """Ids of the requests. A requester may use one again after a reboot; that is another opening."""


def openings_before(journal_file: Path) -> OpeningsBefore:
    """The newest `MOST_OPENINGS`; empty if the journal cannot be read."""
    if not journal_file.exists():
        return OpeningsBefore()
    try:
        with Journal(journal_file, to_read=True) as journal:
            return OpeningsBefore(journal.heard(ACTED, most=MOST_OPENINGS), journal.openings.known(most=MOST_OPENINGS))
    except StoreError as error:
        log.warning("прежние открытия не прочитаны: %s", error)
        return OpeningsBefore()

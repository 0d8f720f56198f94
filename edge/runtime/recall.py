"""What a starting gate is told about the time before: recent visits from the journal, and what was opened.

If the journal is absent, broken or slow, only this memory is lost: the barrier may then open once more for a car that
stood there through the restart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from core.decision.record import VisitRecord
from core.rules.visit import ENTRY, EXIT
from edge.store.database import may_be_there
from edge.store.errors import StoreError
from edge.store.journal import Journal
from relay.protocol import EventKind

T = TypeVar("T")

MOST_VISITS = 500
"""Number of records read, the newest."""

MOST_OPENINGS = 10_000
"""Number of openings remembered, the newest. Written and not acknowledged yet are one or two."""

ACTED = f"relay_{EventKind.ACTED.value}"
"""Kind of the notices about what a barrier did."""

log = logging.getLogger(__name__)


def told_before(journal_file: Path, now: datetime) -> tuple[VisitRecord, ...]:
    """The records recent enough for their openings to matter still, oldest first."""
    since = now - timedelta(seconds=max(ENTRY.standing_unseen_s, EXIT.standing_unseen_s))
    return _read(
        journal_file,
        lambda journal: tuple(visit.record for visit in journal.visits(since=since, limit=MOST_VISITS)),
        otherwise=(),
    )


@dataclass(frozen=True, slots=True)
class OpeningsBefore:
    """What the journal knows of the openings that the relay process told an earlier `gate run`."""

    events: frozenset[str] = frozenset()
    """Ids of the events: the relay process may send them once more."""
    requests: frozenset[str] = frozenset()
    """Ids of the requests. A requester may use one again after a reboot; that is another opening."""


def openings_before(journal_file: Path) -> OpeningsBefore:
    """The newest `MOST_OPENINGS`; empty if the journal cannot be read."""
    return _read(
        journal_file,
        lambda journal: OpeningsBefore(
            journal.notice_ids(ACTED, most=MOST_OPENINGS), journal.openings.known(most=MOST_OPENINGS)
        ),
        otherwise=OpeningsBefore(),
    )


def _read(journal_file: Path, read: Callable[[Journal], T], *, otherwise: T) -> T:
    """What `read` finds in the journal; `otherwise` if there is none, or none that can be read."""
    if not may_be_there(journal_file):
        return otherwise
    try:
        with Journal(journal_file, to_read=True) as journal:
            return read(journal)
    except (StoreError, OSError, ValueError) as error:
        log.warning("прежние открытия не прочитаны: %s", error)
        return otherwise

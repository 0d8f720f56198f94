"""Turns a journal record into the event sent to the cloud. Pure."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Literal

from core.decision.record import VisitRecord
from core.decision.trace import Rule
from core.decision.why import sentence
from core.words.outcomes import ASKED
from core.words.reasons import Reason
from sync.wire import GateEvent

MOST_LINES = 64
MOST_CHARS = 200
MOST_COMMANDS = 16
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def gate_event(record: VisitRecord, *, zone: tzinfo) -> GateEvent:
    """The event of a finished visit. Its id is the visit's, so sending it repeatedly makes no second event.

    `zone`: the site's time zone, used for times in the reasons.
    """
    at = record.decided or record.last
    # the pass used by an earlier visit of the same car, if this visit could not be read
    used = next((dict(step.facts)["pass"] for step in record.trace if step.rule == Rule.CONSUMED), None)
    pass_id = used or record.pass_id
    return GateEvent(
        id=record.visit_id,
        kind="opening" if record.opened and not record.frames else "visit",
        at=at.wall,
        clock_trusted=record.clock_trusted,
        lane=_fitting(record.lane, 64) or None,
        plate=_fitting(record.plate or "", 16) or None,
        format=record.format if record.plate else None,
        confidence=min(1.0, max(0.0, record.confidence)),
        decision=record.decision.value,
        opened=_opened(record),
        reason=record.reason.value,
        pass_id=pass_id if pass_id and len(pass_id) <= 36 else None,
        consumed=used is not None,
        list_cursor=_cursor(record.list_version),
        trace=tuple(_fitting(sentence(step, zone=zone)[0], MOST_CHARS) for step in record.trace[:MOST_LINES]),
        detail=_fitting(record.masked or "", MOST_CHARS),
        commands=_commands(record),
        snapshot=record.best_frame is not None,
    )


def _opened(record: VisitRecord) -> Literal["yes", "no", "unconfirmed"] | None:
    """What came of its openings. None: nobody asked to open, as while the barrier is held open."""
    if record.opened and not record.unconfirmed:
        return "yes"
    if record.opened or any(opening.outcome == ASKED for opening in record.openings):
        return "unconfirmed"
    return "no" if record.openings else None


def _commands(record: VisitRecord) -> tuple[str, ...]:
    """The ids of the cloud commands among its openings, as the cloud assigned them."""
    ids = (opening.request_id for opening in record.openings if opening.reason is Reason.CLOUD_COMMAND)
    return tuple(one for one in dict.fromkeys(ids) if _UUID.fullmatch(one))[:MOST_COMMANDS]


def _fitting(text: str, most: int) -> str:
    """One printable line within the API contract's length limits."""
    return "".join(symbol if symbol.isprintable() else " " for symbol in text)[:most]


def _cursor(version: str) -> str | None:
    """The list's version, if it is a cursor from the cloud."""
    plain = version.replace("-", "").replace(".", "").replace("_", "")
    return version if 0 < len(version) <= 64 and plain.isascii() and plain.isalnum() else None

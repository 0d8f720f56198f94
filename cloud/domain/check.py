"""The operator's question: may this plate enter now? Answered by the gate's own rule (`core.decision.standing`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Pass, Territory
from cloud.domain.passes import is_live
from core.decision.standing import standing_of
from core.instant import Instant
from core.passes import pass_list as core_passes
from core.passes.pass_list import PassList
from core.passes.schedule import NEVER, Schedule, ScheduleInvalid, kept
from core.rules.policy import Policy
from core.words.reasons import Reason

_MOST_FOUND = 200
"""A plate may have hundreds of expired passes; those that can decide come first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, its reason as a catalogue key, and the deciding pass (None = there is no pass for this plate)."""

    allowed: bool
    reason: str
    deciding: Pass | None


def check_plate(session: Session, territory: Territory, plate: str, *, now: datetime) -> Verdict:
    """Decide for the canonical `plate`. The portal has the list itself and a clock; neither can be out of date."""
    started = Pass.valid_from.is_(None) | (Pass.valid_from <= now)
    weight = case(
        (Pass.blocked & Pass.deleted_at.is_(None), 0), (is_live(now) & started, 1), (is_live(now), 2), else_=3
    )
    rows = session.scalars(
        select(Pass)
        .options(joinedload(Pass.owner))
        .where(Pass.territory_id == territory.id, Pass.plate == plate)
        .order_by(weight, Pass.created_at.desc())
        .limit(_MOST_FOUND)
    ).all()
    standing = standing_of(plate, PassList(_as_the_gate(rows)), Instant(0.0, now, wall_trusted=True), policy=Policy())
    item = standing.item if standing.reason is not Reason.NO_PASS else None
    deciding = None if item is None else next(row for row in rows if row.id == item.id)
    return Verdict(standing.opens, standing.word, deciding)


def hours_of(row: Pass) -> Schedule | None:
    """The days and hours of a pass, as the gate interprets them."""
    if not row.hours or row.blocked:
        return None
    try:
        return kept(row.hours)
    except ScheduleInvalid:
        return NEVER


def _as_the_gate(rows: Sequence[Pass]) -> Iterator[core_passes.Pass]:
    """The passes as a gate with the whole list sees them; a pass that no gate can read is left out."""
    for row in rows:
        try:
            yield core_passes.Pass(
                row.id,
                row.plate,
                row.valid_from,
                row.valid_until,
                one_time=row.one_time,
                blocked=row.blocked,
                revoked=row.deleted_at is not None,
                used=row.one_time and row.used_at is not None,
                hours=hours_of(row),
            )
        except ValueError:
            continue

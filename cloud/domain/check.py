"""The operator's question: may this plate enter now? The same order of reasons as at the gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Pass, Territory
from cloud.domain.passes import is_live


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, its reason, and the pass that decided (None = nobody ever filed one)."""

    allowed: bool
    reason: str
    deciding: Pass | None


def check_plate(session: Session, territory: Territory, plate: str, *, now: datetime) -> Verdict:
    """Decide for the canonical `plate`: blocked beats everything, then any pass that holds now."""
    # The rows that can decide come first: a plate may have hundreds of passes that are over.
    started = Pass.valid_from.is_(None) | (Pass.valid_from <= now)
    weight = case(
        (Pass.blocked & Pass.deleted_at.is_(None), 0), (is_live(now) & started, 1), (is_live(now), 2), else_=3
    )
    passes = list(
        session.scalars(
            select(Pass)
            .options(joinedload(Pass.owner))
            .where(Pass.territory_id == territory.id, Pass.plate == plate)
            .order_by(weight, Pass.created_at.desc())
            .limit(200)
        )
    )
    answers = [(_reason(row, now=now), row) for row in passes]
    for reason in ("blocked", "pass_valid", "pass_not_started", "pass_used", "pass_revoked", "pass_expired"):
        for found, row in answers:
            if found == reason:
                return Verdict(reason == "pass_valid", reason, row)
    return Verdict(allowed=False, reason="no_pass", deciding=None)


def _reason(row: Pass, *, now: datetime) -> str:
    if row.blocked:
        return "blocked" if row.deleted_at is None else "no_pass"
    if row.deleted_at is not None:
        return "pass_revoked"
    if row.used_at is not None:
        return "pass_used"
    if row.valid_until is not None and row.valid_until <= now:
        return "pass_expired"
    if row.valid_from is not None and row.valid_from > now:
        return "pass_not_started"
    return "pass_valid"

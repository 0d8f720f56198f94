"""The risk of a territory's list: the chance that it opens for a stranger, as by `gate passes risk` (ADR 61)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.db.models import Pass, Territory
from cloud.domain.check import hours_of
from cloud.domain.limits import Limit
from cloud.domain.passes import is_live
from core.decision.standing import stand
from core.instant import Instant
from core.passes import pass_list as core_passes
from core.passes.risk import ListRisk, list_risk
from core.reading.confusions import MEASURED

LOOKS = Limit("list-risk", 30, timedelta(hours=1))
"""How often one person may compute it: 100,000 plates take seconds of one core."""


def plates_of(session: Session, territory: Territory, *, now: datetime) -> tuple[list[str], list[str]]:
    """The plates that may enter now, and the listed plates that may not."""
    by_plate: dict[str, list[core_passes.Pass]] = defaultdict(list)
    for row in session.scalars(select(Pass).where(Pass.territory_id == territory.id, is_live(now))):
        try:
            item = core_passes.Pass(
                row.id, row.plate, row.valid_from, row.valid_until,
                one_time=row.one_time, blocked=row.blocked, hours=hours_of(row),
            )  # fmt: skip
        except ValueError:  # unreadable for a gate too
            continue
        by_plate[item.plate].append(item)
    admitted: list[str] = []
    closed: list[str] = []
    for plate, items in by_plate.items():
        (admitted if stand(items, Instant(0.0, now, wall_trusted=True)).opens else closed).append(plate)
    return admitted, closed


def risk_of(admitted: list[str], closed: list[str]) -> ListRisk:
    """The risk of such a list, based on the measured confusions."""
    return list_risk(admitted, closed, MEASURED)

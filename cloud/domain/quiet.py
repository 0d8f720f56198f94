"""Quiet hours: when a person does not want to be disturbed, which notices they still want then, what is held (ADR 180)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cloud.db.models import HeldNotice, Kind, Membership, Outcome
from cloud.domain.errors import Invalid

DAY_MIN = 24 * 60
USUAL = "23:00", "07:00"
"""What the form suggests to a person without quiet hours."""
MOST_HELD = 100
"""Most notices held for one membership; a newer one displaces the oldest, and the page shows that."""
WISHES = {
    Kind.REFUSED: "tell_refused",
    Kind.ARRIVED: "tell_arrived",
    Kind.PASSED: "tell_arrived",
    Kind.ON_FOOT: "tell_arrived",
    Kind.LEFT: "tell_left",
    Kind.ENDING: "tell_ending",
    Kind.JOINING: "tell_joining",
}
LOUD = {
    Kind.REFUSED: "loud_refused",
    Kind.CALL: "loud_call",
    Kind.ARRIVED: "loud_arrived",
    Kind.PASSED: "loud_arrived",
    Kind.ON_FOOT: "loud_arrived",
    Kind.LEFT: "loud_left",
    Kind.ENDING: "loud_ending",
    Kind.JOINING: "loud_joining",
}


@dataclass(frozen=True, slots=True)
class Hours:
    """Quiet hours in minutes of the territory's day. They may end on the next day; they never last the whole day."""

    first_min: int
    until_min: int

    def ends(self, zone: ZoneInfo, now: datetime) -> datetime | None:
        """The end (UTC) of the quiet hours that contain `now`; None if `now` is outside them."""
        local = now.astimezone(zone)
        minute = local.hour * 60 + local.minute
        overnight = self.first_min > self.until_min
        if overnight:
            quiet, tomorrow = minute >= self.first_min or minute < self.until_min, minute >= self.first_min
        else:
            quiet, tomorrow = self.first_min <= minute < self.until_min, False
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if tomorrow else 0)
        end = datetime.combine(day, time(*divmod(self.until_min, 60)), zone)
        # When clocks are set back, one hour occurs twice: during its second occurrence, take the second end.
        return next((at for fold in (0, 1) if (at := end.replace(fold=fold).astimezone(UTC)) > now), now)

    def texts(self) -> tuple[str, str]:
        """Start and end as a form shows them."""
        return tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.first_min, self.until_min))  # type: ignore[return-value]


def read_hours(first: str, until: str) -> Hours:
    """Parse both times. Raises `Invalid`."""
    hours = Hours(_minute("quiet_from", first), _minute("quiet_until", until))
    if hours.first_min == hours.until_min:
        raise Invalid("quiet_until", "Тихие часы должны когда-то кончаться: укажите другое время.")
    return hours


def _minute(field: str, typed: str) -> int:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?", typed.strip(), re.ASCII)
    if found is None:
        raise Invalid(field, "Укажите время, например 23:00.")
    return int(found[1]) * 60 + int(found[2])


def hours_of(member: Membership) -> Hours | None:
    if member.quiet_from is None or member.quiet_until is None:
        return None
    return Hours(member.quiet_from, member.quiet_until)


def ends(member: Membership, now: datetime) -> datetime | None:
    """When the person's current quiet hours end; None if there are none now."""
    hours = hours_of(member)
    return None if hours is None else hours.ends(ZoneInfo(member.territory.timezone), now)


def is_loud(member: Membership, kind: Kind) -> bool:
    """Whether the person wants this kind of notice at any hour."""
    return kind in LOUD and bool(getattr(member, LOUD[kind]))


def silent(member: Membership, kind: Kind, now: datetime) -> datetime | None:
    """Until when this kind of notice must be held; None if it may be sent now."""
    return None if is_loud(member, kind) else ends(member, now)


def hold(
    session: Session, member: Membership, kind: Kind, facts: dict[str, str], *, now: datetime, **refs: Any
) -> bool:
    """Hold a notice until the quiet hours end, if they apply now to its kind. True: it is held, so do not send it now.

    `refs`: the columns of `HeldNotice` that refer to its subject.
    """
    until = silent(member, kind, now)
    if until is None:
        return False
    session.add(HeldNotice(member_id=member.id, kind=kind, facts=facts, at=now, due_at=until, **refs))
    session.flush()
    newest = select(HeldNotice.id).where(HeldNotice.member_id == member.id, HeldNotice.closed_at.is_(None))
    crowded = list(session.scalars(newest.order_by(HeldNotice.id.desc()).offset(MOST_HELD)))
    if crowded:
        session.execute(
            update(HeldNotice).where(HeldNotice.id.in_(crowded)).values(closed_at=now, outcome=Outcome.CROWDED)
        )
    return True

"""Passes: adding, changing and ending them. Every change takes the next revision and notifies the gates at commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Account, ObjectQuota, Pass, Territory, Unwelcome
from cloud.domain import limits
from cloud.domain.errors import Invalid, Rule, RuledOut
from cloud.domain.limits import Limit
from cloud.domain.objects import object_key
from cloud.domain.periods import Period, days_of
from cloud.plates import TypedPlate
from core.passes import schedule

LONGEST_NOTE = 200
PLATES_A_LOOK = 500


@dataclass(frozen=True, slots=True)
class PassRequest:
    """A checked form."""

    plate: TypedPlate
    period: Period
    one_time: bool
    object_label: str
    note: str = ""
    blocked: bool = False
    hours: str = ""
    """Stored form of `core.passes.schedule`; empty = always."""


def read_note(typed: str) -> str:
    note = " ".join(typed.split())
    if len(note) > LONGEST_NOTE:
        raise Invalid("note", "Примечание слишком длинное.")
    return note


def read_hours(typed: str, zone: ZoneInfo) -> str:
    """The stored form of days and hours as typed by a person; empty for always."""
    try:
        found = schedule.written(typed, zone)
    except schedule.ScheduleInvalid as error:
        raise Invalid("hours", schedule.NOT_HOURS, typed=error.text) from None
    return "" if found is None else found.text()


def check_hours(hours: str, period: Period, *, now: datetime) -> None:
    """Reject a schedule without a moment in the period, such as Mondays in a pass that ends on a Sunday."""
    first = max(now, period.start) if period.start is not None else now
    if not hours or period.end is None or schedule.kept(hours).holds(first):
        return
    begins = schedule.kept(hours).next_begin(first)
    if begins is None or begins >= period.end:
        raise Invalid("hours", "В этот период таких дней и часов нет.")


def zone_of(territory: Territory) -> ZoneInfo:
    return ZoneInfo(territory.timezone)


def is_live(now: datetime) -> ColumnElement[bool]:
    """SQL condition: neither withdrawn, nor used up, nor expired."""
    return Pass.deleted_at.is_(None) & Pass.used_at.is_(None) & (Pass.valid_until.is_(None) | (Pass.valid_until > now))


def live(pass_: Pass, *, now: datetime) -> bool:
    return pass_.deleted_at is None and pass_.used_at is None and (pass_.valid_until is None or pass_.valid_until > now)


def find(session: Session, territory: Territory, pass_id: str) -> Pass | None:
    row = session.get(Pass, pass_id)
    return row if row is not None and row.territory_id == territory.id else None


def file(
    session: Session,
    territory: Territory,
    wanted: PassRequest,
    *,
    owner: Account | None,
    filed_by: Account,
    limited: bool,
    now: datetime,
) -> Pass:
    """Add a pass; the same one added twice (a double click) counts once. `limited` applies the manager's limits."""
    same = session.scalar(
        select(Pass).where(
            Pass.territory_id == territory.id,
            Pass.plate == wanted.plate.canonical,
            Pass.object_key == object_key(wanted.object_label),
            Pass.owner_id == (None if owner is None else owner.id),
            Pass.one_time == wanted.one_time,
            Pass.blocked == wanted.blocked,
            Pass.valid_from == wanted.period.start,
            Pass.valid_until == wanted.period.end,
            Pass.hours == wanted.hours,
            is_live(now),
        )
    )
    if same is not None:
        return same
    check_open(territory)
    if not wanted.blocked and owner is not None:
        _check_welcome(session, territory, wanted.plate, owner)
    if limited:
        check_haste(session, territory, filed_by, now=now)
    row = Pass(territory_id=territory.id, created_at=now, filed_by_id=filed_by.id, owner_id=owner.id if owner else None)
    _fill(session, territory, row, wanted, limited=limited, now=now)
    session.add(row)
    return row


def change(
    session: Session,
    territory: Territory,
    row: Pass,
    wanted: PassRequest,
    *,
    by: Account,
    limited: bool,
    now: datetime,
) -> None:
    """Change a pass's plate, period or object. It counts as an addition for the limits: each plate is one more car."""
    if row.deleted_at is not None or row.used_at is not None:
        raise Invalid("", "Эта заявка уже завершена. Её можно повторить.")
    if row.owner is not None:
        _check_welcome(session, territory, wanted.plate, row.owner)
    if limited:
        check_haste(session, territory, by, now=now)
    _fill(session, territory, row, wanted, limited=limited, now=now)


def end(session: Session, row: Pass, *, now: datetime) -> None:
    """Withdraw a pass; the gates drop it at once."""
    if row.deleted_at is None:
        row.deleted_at = now
        row.rev = push.next_rev(session, row.territory_id)
        push.passes_changed(session, row.territory_id)


def end_passes_of(session: Session, territory_id: int, account_id: int, *, now: datetime) -> None:
    """Withdraw the passes that a person owns, when they leave."""
    rows = session.scalars(
        select(Pass).where(
            Pass.territory_id == territory_id,
            Pass.owner_id == account_id,
            Pass.deleted_at.is_(None),
        )
    )
    bury(session, territory_id, list(rows), now=now)


def bury(session: Session, territory_id: int, rows: Sequence[Pass], *, now: datetime) -> None:
    """Turn passes into tombstones, all with one step of the counter and one notification."""
    if not rows:
        return
    for row, rev in zip(rows, push.next_revs(session, territory_id, len(rows)), strict=True):
        row.deleted_at, row.rev = now, rev
    push.passes_changed(session, territory_id)


def file_all(
    session: Session, territory: Territory, wanted: Sequence[PassRequest], *, owner: Account, now: datetime
) -> int:
    """Add many passes of one owner, except those that exist already; returns how many were added.

    The territory stays locked from the look for existing ones on, so that the same file filed twice at once counts once.
    It needs one query of the existing ones per few hundred plates, one insert, one step of the counter and one
    notification, so that thousands of rows hold the database lock for only tenths of a second.
    """
    check_open(territory)
    session.execute(select(Territory.id).where(Territory.id == territory.id).with_for_update())
    known = {_likeness(_likely(row)) for row in _live_of(session, territory, owner, wanted, now=now)}
    rows = []
    for one in wanted:
        values = _values(one)
        if (likeness := _likeness(values)) not in known:
            known.add(likeness)
            rows.append(values)
    if not rows:
        return 0
    filed = {"territory_id": territory.id, "owner_id": owner.id, "filed_by_id": owner.id, "created_at": now}
    for row, rev in zip(rows, push.next_revs(session, territory.id, len(rows)), strict=True):
        row.update(filed, id=str(uuid4()), rev=rev)
    session.execute(insert(Pass), rows)
    push.passes_changed(session, territory.id)
    return len(rows)


def _live_of(
    session: Session, territory: Territory, owner: Account, wanted: Sequence[PassRequest], *, now: datetime
) -> Iterator[Pass]:
    plates = sorted({one.plate.canonical for one in wanted})
    for first in range(0, len(plates), PLATES_A_LOOK):
        yield from session.scalars(
            select(Pass).where(
                Pass.territory_id == territory.id,
                Pass.plate.in_(plates[first : first + PLATES_A_LOOK]),
                Pass.owner_id == owner.id,
                is_live(now),
            )
        )


LIKENESS = ("plate", "object_key", "one_time", "blocked", "valid_from", "valid_until", "hours")


def _likely(row: Pass) -> dict[str, Any]:
    return {name: getattr(row, name) for name in LIKENESS}


def _likeness(values: Mapping[str, Any]) -> tuple[object, ...]:
    """Key that is equal for two passes of one owner which count as one: the second was a double click."""
    return tuple(values[name] for name in LIKENESS)


def _fill(
    session: Session, territory: Territory, row: Pass, wanted: PassRequest, *, limited: bool, now: datetime
) -> None:
    key = object_key(wanted.object_label)
    if limited:
        _check_limits(session, territory, row, wanted, key, now=now)
    _copy(row, wanted)
    row.rev = push.next_rev(session, territory.id)
    push.passes_changed(session, territory.id)


def _copy(row: Pass, wanted: PassRequest) -> None:
    for name, value in _values(wanted).items():
        setattr(row, name, value)


def _values(wanted: PassRequest) -> dict[str, Any]:
    return {
        "plate": wanted.plate.canonical,
        "plate_display": wanted.plate.display,
        "valid_from": wanted.period.start,
        "valid_until": wanted.period.end,
        "ending_told_at": None,
        "one_time": wanted.one_time,
        "blocked": wanted.blocked,
        "note": wanted.note,
        "hours": wanted.hours,
        "object_label": wanted.object_label,
        "object_key": object_key(wanted.object_label),
    }


def check_open(territory: Territory) -> None:
    """Raise RuledOut if the manager has closed the territory: no passes are added then."""
    if territory.closed_at is not None:
        raise RuledOut(Rule.TERRITORY_CLOSED)


def _check_welcome(session: Session, territory: Territory, plate: TypedPlate, owner: Account) -> None:
    query = select(Unwelcome.id).where(
        Unwelcome.territory_id == territory.id,
        Unwelcome.account_id == owner.id,
        Unwelcome.plate == plate.canonical,
    )
    if session.scalar(query) is not None:
        raise RuledOut(Rule.PLATE_UNWELCOME, field="plate", name=owner.name)


def check_haste(session: Session, territory: Territory, by: Account, *, now: datetime) -> None:
    most = territory.filings_per_hour
    if most is not None and not limits.use(
        session, Limit("filing", most, timedelta(hours=1)), f"{territory.id}:{by.id}", now=now
    ):
        raise RuledOut(Rule.FILING_LIMIT, n=most)


def _check_limits(
    session: Session, territory: Territory, row: Pass, wanted: PassRequest, key: str, *, now: datetime
) -> None:
    longest = territory.longest_period_days
    days = days_of(wanted.period, zone_of(territory), now=now)
    if longest is not None and (days is None or days > longest):
        raise RuledOut(Rule.PERIOD_LIMIT, field="valid_until", n=longest)
    own = select(ObjectQuota.most).where(ObjectQuota.territory_id == territory.id, ObjectQuota.object_key == key)
    most = session.scalar(own) if key else None
    most = territory.passes_per_object if most is None else most
    if most is None:
        return
    session.execute(select(Territory.id).where(Territory.id == territory.id).with_for_update())
    count = session.scalar(
        select(func.count()).where(
            Pass.territory_id == territory.id,
            Pass.object_key == key,
            Pass.blocked.is_(False),
            Pass.id != (row.id or ""),
            is_live(now),
        )
    )
    if (count or 0) >= most:
        raise RuledOut(Rule.PASS_LIMIT, n=most)

"""Passes: filing, changing and ending them. Every change takes the next revision and tells the gates at commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Account, Pass, Territory
from cloud.domain.errors import Invalid
from cloud.domain.objects import object_key
from cloud.domain.periods import Period, days_of
from cloud.plates import TypedPlate

LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class PassRequest:
    """A checked form."""

    plate: TypedPlate
    period: Period
    one_time: bool
    object_label: str
    note: str = ""
    blocked: bool = False


def read_note(typed: str) -> str:
    note = " ".join(typed.split())
    if len(note) > LONGEST_NOTE:
        raise Invalid("note", "Примечание слишком длинное.")
    return note


def zone_of(territory: Territory) -> ZoneInfo:
    return ZoneInfo(territory.timezone)


def is_live(now: datetime) -> ColumnElement[bool]:
    """SQL: neither ended, nor spent, nor run out."""
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
    """Add a pass; the same pass filed twice (a double press) is one. `limited` applies the manager's limits."""
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
            is_live(now),
        )
    )
    if same is not None:
        return same
    row = Pass(territory_id=territory.id, created_at=now, filed_by_id=filed_by.id, owner_id=owner.id if owner else None)
    _fill(session, territory, row, wanted, limited=limited, now=now)
    session.add(row)
    return row


def change(
    session: Session, territory: Territory, row: Pass, wanted: PassRequest, *, limited: bool, now: datetime
) -> None:
    """Give a pass another plate, period or object."""
    if row.deleted_at is not None or row.used_at is not None:
        raise Invalid("", "Эта заявка уже завершена. Её можно повторить.")
    _fill(session, territory, row, wanted, limited=limited, now=now)


def end(session: Session, row: Pass, *, now: datetime) -> None:
    """Withdraw a pass; the gates forget it at once."""
    if row.deleted_at is None:
        row.deleted_at = now
        row.rev = push.next_rev(session, row.territory_id)
        push.passes_changed(session, row.territory_id)


def end_passes_of(session: Session, territory_id: int, account_id: int, *, now: datetime) -> None:
    """Withdraw what a person filed for themselves, when they leave."""
    rows = session.scalars(
        select(Pass).where(
            Pass.territory_id == territory_id,
            Pass.owner_id == account_id,
            Pass.deleted_at.is_(None),
        )
    )
    for row in rows:
        end(session, row, now=now)


def _fill(
    session: Session, territory: Territory, row: Pass, wanted: PassRequest, *, limited: bool, now: datetime
) -> None:
    key = object_key(wanted.object_label)
    if limited:
        _check_limits(session, territory, row, wanted, key, now=now)
    row.plate, row.plate_display = wanted.plate.canonical, wanted.plate.display
    row.valid_from, row.valid_until = wanted.period.start, wanted.period.end
    row.one_time, row.blocked, row.note = wanted.one_time, wanted.blocked, wanted.note
    row.object_label, row.object_key = wanted.object_label, key
    row.rev = push.next_rev(session, territory.id)
    push.passes_changed(session, territory.id)


def _check_limits(
    session: Session, territory: Territory, row: Pass, wanted: PassRequest, key: str, *, now: datetime
) -> None:
    longest = territory.longest_period_days
    days = days_of(wanted.period, zone_of(territory), now=now)
    if longest is not None and (days is None or days > longest):
        raise Invalid("valid_until", "На этой территории период не длиннее {n} дн.", n=longest)
    most = territory.passes_per_object
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
        raise Invalid("", "На один объект можно подать не больше {n} действующих заявок.", n=most)

"""All gates of a person or of the portal: counted, filtered and listed worst first, page by page.

A page takes three statements, whatever the number of gates: counts per standing, counts per version, and the rows. An
account's gates are found through its memberships and `ix_gates_territory_id`, so no rows of other tenants are read. There is
deliberately no index on `last_seen_at`: every report of every gate would have to update it (ADR 140).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from cloud.db.models import Gate, Membership, MemberState, Role, Territory
from cloud.domain.gates import has_told
from cloud.fleet.standing import (
    SILENT_AFTER,
    WORST_FIRST,
    Finding,
    Grade,
    Standing,
    findings,
    read_report,
    standing_of,
)
from sync import wire

PAGE = 50
MOST_TERRITORIES = 500
"""Territories offered in the filter. Beyond that, a territory is selected by typing its code."""
KEPT_ORDER = timedelta(hours=1)
_CURSOR = re.compile(r"(\d{1,12})\.(\d)\.(\d{1,18})")
_LIST = re.compile(r"(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class FleetSearch:
    """Filters; empty = all. `account_id` None = every gate of the portal. `after`: `FleetPage.next` of the page before."""

    account_id: int | None = None
    territory: str = ""
    """The territory's code."""
    version: str = ""
    standing: Standing | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class FleetGate:
    """One gate as shown: facts with their times, and None for what the gate does not report."""

    id: int
    name: str
    territory: str
    territory_code: str
    standing: Standing
    version: str
    heard_at: datetime | None
    token_at: datetime | None
    report: wire.Health | None
    findings: tuple[Finding, ...]
    list_lag: int | None
    """Number of list changes that the gate lacks. None = it has a different list, or none."""


@dataclass(frozen=True, slots=True)
class FleetPage:
    """One page, the counts over all pages, and the cursor of the next page (empty = this is the last)."""

    gates: tuple[FleetGate, ...]
    counts: dict[Standing, int]
    versions: tuple[tuple[str, int], ...]
    next: str

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def look(session: Session, search: FleetSearch, *, now: datetime, page: int = PAGE) -> FleetPage:
    """Returns the page that `search` asks for."""
    ordered_at, place = _cursor(search.after, now)
    rank = _rank(ordered_at)
    query = _filtered(_visible_ids(search), search, rank)
    if place is not None:
        query = query.where(tuple_(rank, Gate.id) > place)
    rows = session.execute(
        query.add_columns(Gate, Territory, rank.label("rank")).order_by(rank, Gate.id).limit(page + 1)
    ).all()
    end = rows[page - 1] if len(rows) > page else None
    return FleetPage(
        gates=tuple(fleet_gate(gate, territory, now=now) for _, gate, territory, _ in rows[:page]),
        counts=_counts(session, search, _rank(now)),
        versions=_versions(session, search),
        next="" if end is None else f"{int(ordered_at.timestamp())}.{end.rank}.{end[0]}",
    )


def territories_of(session: Session, account_id: int) -> list[tuple[str, str]]:
    """Code and name of the territories whose gates an account may see, ordered by name."""
    rows = session.execute(
        select(Territory.code, Territory.name)
        .join(Membership, Membership.territory_id == Territory.id)
        .where(*managed_by(account_id))
        .order_by(Territory.name, Territory.id)
        .limit(MOST_TERRITORIES)
    )
    return [(code, name) for code, name in rows]


def fleet_gate(gate: Gate, territory: Territory, *, now: datetime) -> FleetGate:
    """Builds the shown form of a gate."""
    bound = gate.token_hash is not None and gate.revoked_at is None
    report = read_report(gate.health) if gate.health is not None and has_told(gate) else None
    return FleetGate(
        id=gate.id,
        name=gate.name,
        territory=territory.name,
        territory_code=territory.code,
        standing=standing_of(bound=bound, heard_at=gate.last_seen_at, grade=gate.grade, now=now),
        version=gate.version,
        heard_at=gate.last_seen_at,
        token_at=gate.token_at,
        report=report,
        findings=() if report is None else findings(report),
        list_lag=lag(gate.list_cursor or "", territory),
    )


def lag(cursor: str, territory: Territory) -> int | None:
    """Number of list changes after `cursor`. None = the cursor is of a different list, or of none."""
    match = _LIST.fullmatch(cursor)
    if match is None or int(match[1]) != territory.pass_epoch:
        return None
    return max(0, territory.pass_rev - int(match[2]))


def managed_by(account_id: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions that select the memberships through which an account manages a territory."""
    return (
        Membership.account_id == account_id,
        Membership.state == MemberState.ACCEPTED,
        Membership.role == Role.MANAGER,
    )


def _visible_ids(search: FleetSearch) -> Select[Any]:
    """Selects the ids of the gates that the account may see."""
    query: Select[Any] = select(Gate.id).join(Territory, Gate.territory_id == Territory.id)
    if search.account_id is None:
        return query
    return query.join(Membership, Membership.territory_id == Gate.territory_id).where(*managed_by(search.account_id))


def _filtered(query: Select[Any], search: FleetSearch, rank: ColumnElement[int]) -> Select[Any]:
    if search.territory:
        query = query.where(Territory.code == search.territory)
    if search.version:
        query = query.where(Gate.version == search.version)
    if search.standing is not None:
        query = query.where(rank == WORST_FIRST.index(search.standing))
    return query


def _rank(now: datetime) -> ColumnElement[int]:
    """The index of a gate's standing in `WORST_FIRST`: the rules of `standing_of` in SQL."""
    bound = and_(Gate.token_hash.is_not(None), Gate.revoked_at.is_(None))
    silent = or_(Gate.last_seen_at.is_(None), Gate.last_seen_at <= now - SILENT_AFTER)
    place = WORST_FIRST.index
    return case(
        (~bound, place(Standing.UNBOUND)),
        (silent, place(Standing.SILENT)),
        (Gate.grade.is_(None), place(Standing.UNKNOWN)),
        (Gate.grade == Grade.WELL, place(Standing.WELL)),
        (Gate.grade == Grade.DOUBT, place(Standing.DOUBT)),
        else_=place(Standing.FAULT),
    )


def _counts(session: Session, search: FleetSearch, rank: ColumnElement[int]) -> dict[Standing, int]:
    """Number of gates per standing. The filters by standing and by cursor do not apply to these counts."""
    unfiltered = FleetSearch(search.account_id, search.territory, search.version)
    counted = _filtered(_visible_ids(unfiltered), unfiltered, rank).add_columns(rank.label("rank")).subquery()
    rows = session.execute(select(counted.c.rank, func.count()).group_by(counted.c.rank))
    found = {WORST_FIRST[rank]: number for rank, number in rows}
    return {standing: found.get(standing, 0) for standing in WORST_FIRST}


def _versions(session: Session, search: FleetSearch) -> tuple[tuple[str, int], ...]:
    everywhere = FleetSearch(search.account_id)
    query = _visible_ids(everywhere).add_columns(Gate.version).where(Gate.version != "").subquery()
    number = func.count().label("number")
    rows = session.execute(
        select(query.c.version, number).group_by(query.c.version).order_by(number.desc(), query.c.version).limit(50)
    )
    return tuple((version, count) for version, count in rows)


def _cursor(after: str, now: datetime) -> tuple[datetime, tuple[int, int] | None]:
    """The time by which rows are ordered, and the position of the last row shown.

    The time stays the same from page to page, so that the order does too. An old or invalid cursor starts over.
    """
    match = _CURSOR.fullmatch(after)
    if match is None:
        return now, None
    at = datetime.fromtimestamp(int(match[1]), UTC)
    if not now - KEPT_ORDER <= at <= now:
        return now, None
    return at, (int(match[2]), int(match[3]))

"""Calls as the database keeps them: rung by a gate, answered by one person, heard of from both ends.

Every function works in the caller's transaction, with the row of the call locked; what has changed is told at commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, tuple_, update
from sqlalchemy.orm import Session

from cloud import push
from cloud.calls import course, evidence
from cloud.calls.course import Course, Ending, NotYours, Phase, TooLate
from cloud.calls.evidence import Counts, Evidence
from cloud.db.models import Account, Call, Command, Device, Gate, Membership, MemberState, Role, Territory
from cloud.domain import gates, limits
from cloud.domain.limits import Limit
from sync.call_wire import CallReport, CallRing

RINGINGS = Limit("ringing", 20, timedelta(hours=1))
"""By gate and lane: a button that a child has found rings no guard all day."""
SHOWN = timedelta(seconds=60)
"""How long a call that has ended stands on the guard's page."""
PAGE = 50


class RungTooOften(Exception):
    """The lane has rung too often; nobody is called."""


class NoSuchLane(Exception):
    """The gate has no lane of that name."""


def ring(session: Session, gate: Gate, asked: CallRing, *, now: datetime) -> Call:
    """A call of a lane; the one that is under way there, if one is. Raises NoSuchLane, RungTooOften."""
    session.execute(select(Gate.id).where(Gate.id == gate.id).with_for_update())  # two rings of a gate come in turn
    known = session.get(Call, asked.id)
    if known is not None and known.gate_id == gate.id:
        return known
    if known is not None or asked.lane not in {lane.name for lane in gates.lanes(gate)}:
        raise NoSuchLane
    for row in live_of(session, Call.gate_id == gate.id, Call.lane == asked.lane, now=now):
        if course_of(row, now).phase is not Phase.ENDED:
            return row
    if not limits.use(session, RINGINGS, f"{gate.id}:{asked.lane}", now=now):
        raise RungTooOften
    row = Call(
        id=asked.id,
        territory_id=gate.territory_id,
        gate_id=gate.id,
        lane=asked.lane,
        cause=asked.cause,
        plate=asked.plate,
        rang_at=now,
        gate_at=now,
    )
    session.add(row)
    session.flush()
    push.announce(session, push.CallChanged(row.territory_id, row.gate_id))
    return row


def heard_gate(session: Session, row: Call, report: CallReport, *, now: datetime) -> None:
    """What the gate tells of its call; a report about an earlier connection than the newest is only a sign of life."""
    before = course_of(row, now)
    _put(session, row, course.heard_gate(before, now))
    if before.phase is Phase.ENDED:
        return
    if report.hang_up:
        end(session, row, Ending.GATE, now=now)
        return
    if before.phase is Phase.ANSWERED and not _may_go_on(session, row, now=now):
        end(session, row, Ending.PERSON_OUT, now=now)
        return
    if report.counts is not None and report.counts.attempt == row.attempt:
        counts = report.counts
        passed = {name: getattr(counts, name) for name in ("pictures_sent", "sound_sent", "sound_played")}
        told = evidence.restored(row.gate_told).with_report(Counts(counts.attempt, now, passed))
        row.gate_told = evidence.kept(told)
    if report.problem != row.problem:
        row.problem = report.problem
        _changed(session, row)
    if report.answer and report.attempt == row.attempt > row.answered_attempt:
        row.answer, row.answered_attempt = report.answer, report.attempt
        _changed(session, row)


def answer(session: Session, row: Call, *, by: Account, device: int, now: datetime) -> None:
    """`by` takes the call with the log-in `device`. Raises TooLate."""
    if row.answered_at is not None and not talks(row, account_id=by.id, device=device):
        raise TooLate
    after = course.answered(course_of(row, now), device, now)
    if row.answered_at is None:
        row.answered_by_id, row.answered_by_name = by.id, by.name
    _put(session, row, after)


@dataclass(frozen=True, slots=True)
class Word:
    """What the page of whoever talks tells: its newest offer, and what has come through the connection `attempt`."""

    attempt: int
    offer: str = ""
    passed: Mapping[str, int] | None = None


def heard_person(session: Session, row: Call, word: Word, *, by: Account, device: int, now: datetime) -> None:
    """The page is there. Raises NotYours for any other log-in."""
    if not talks(row, account_id=by.id, device=device):
        raise NotYours
    _put(session, row, course.heard_person(course_of(row, now), device, now))
    if row.ended_at is not None:
        return
    if word.offer and word.attempt == row.attempt + 1:
        row.attempt, row.offer = word.attempt, word.offer
        _changed(session, row)
    elif word.passed is not None and word.attempt == row.attempt:
        told = evidence.restored(row.person_told).with_report(Counts(word.attempt, now, word.passed))
        row.person_told = evidence.kept(told)


def end(session: Session, row: Call, ending: Ending, *, now: datetime) -> None:
    """One end hangs up."""
    _put(session, row, course.ended(course_of(row, now), ending, now))


def seen_and_heard(row: Call, *, now: datetime) -> Evidence:
    """What both ends say of picture and sound just now."""
    gate, person = evidence.restored(row.gate_told), evidence.restored(row.person_told)
    return evidence.judged(gate, person, attempt=row.attempt, now=now)


def course_of(row: Call, now: datetime) -> Course:
    """The course of a stored call, settled at `now`."""
    found = Course(
        rang_at=row.rang_at,
        gate_at=row.gate_at,
        device=row.device_id,
        answered_at=row.answered_at,
        person_at=row.person_at,
        ended_at=row.ended_at,
        ending=None if row.ending is None else Ending(row.ending),
    )
    return course.settled(found, now)


def find(session: Session, territory: Territory, call_id: str, *, lock: bool = False) -> Call | None:
    """A call of the territory; `lock`: nobody else changes it before the transaction ends."""
    if len(call_id) > 36:
        return None
    row = session.get(Call, call_id, with_for_update=lock)
    return row if row is not None and row.territory_id == territory.id else None


def talks(row: Call, *, account_id: int, device: int) -> bool:
    """Whether this log-in of this person has taken the call; another of the same person has not.

    The number of a log-in alone says nothing: SQLite gives that of an ended one out again, and a call that came along with
    its territory has one of its old cell.
    """
    return (row.device_id, row.answered_by_id) == (device, account_id)


def may_see(row: Call, member: Membership) -> bool:
    """Guards and managers see every call of their territory, a host the calls that were rung at theirs."""
    if member.role in {Role.OPERATOR, Role.MANAGER}:
        return True
    return row.host_rung_at is not None and row.host_id == member.account_id


def _may_go_on(session: Session, row: Call, *, now: datetime) -> bool:
    """Whether the log-in that talks still is one, of somebody who may still see the call: picture and sound do not pass the portal."""
    device = None if row.device_id is None else session.get(Device, row.device_id)
    if device is None or device.account_id != row.answered_by_id or device.expires_at <= now:
        return False
    member = session.scalar(
        select(Membership).where(
            Membership.account_id == row.answered_by_id,
            Membership.territory_id == row.territory_id,
            Membership.state == MemberState.ACCEPTED,
        )
    )
    return member is not None and may_see(row, member)


def live_of(session: Session, *where: ColumnElement[bool], now: datetime) -> list[Call]:
    """Calls that may be under way, or have just ended, the newest first."""
    begun = Call.rang_at > now - course.RINGS - course.LONGEST
    going = Call.ended_at.is_(None) | (Call.ended_at > now - SHOWN)
    return list(session.scalars(select(Call).where(*where, begun, going).order_by(Call.rang_at.desc()).limit(10)))


def page_of(session: Session, territory: Territory, *, before: str = "") -> tuple[list[Call], bool]:
    """A page of the territory's calls, the newest first, and whether there are more. `before`: id of the last one of the page before."""
    query = select(Call).where(Call.territory_id == territory.id)
    if (last := find(session, territory, before)) is not None:
        query = query.where(tuple_(Call.rang_at, Call.id) < (last.rang_at, last.id))
    rows = list(session.scalars(query.order_by(Call.rang_at.desc(), Call.id.desc()).limit(PAGE + 1)))
    return rows[:PAGE], len(rows) > PAGE


def openings(session: Session, row: Call) -> list[Command]:
    """What was opened in a call, in order."""
    return list(session.scalars(select(Command).where(Command.call_id == row.id).order_by(Command.created_at)))


def opened_for(session: Session, visit_id: int) -> list[Command]:
    """What people opened in calls for one visit."""
    query = select(Command).where(Command.visit_id == visit_id, Command.call_id.is_not(None))
    return list(session.scalars(query.order_by(Command.created_at)))


def has_old(before: datetime) -> ColumnElement[bool]:
    """Whether a territory has calls older than its days."""
    return exists().where(Call.territory_id == Territory.id, Call.rang_at < before)


def forget(session: Session, territory_id: int, *, before: datetime) -> None:
    """Calls are kept as long as the journal is."""
    session.execute(delete(Call).where(Call.territory_id == territory_id, Call.rang_at < before))


def wipe(session: Session, *, now: datetime, moving: Collection[int] = ()) -> None:
    """Addresses of calls whose two ends went away without a word; not in territories that are `moving`."""
    over = now - course.RINGS - course.LONGEST - course.LOST_AFTER
    silent = Call.rang_at < over, Call.offer != "", Call.territory_id.not_in(moving)
    session.execute(update(Call).where(*silent).values(offer="", answer=""))


def _put(session: Session, row: Call, after: Course) -> None:
    """Write a course down; when its phase is another than the one stored, everybody who watches hears of it."""
    was = (row.answered_at, row.ended_at)
    facts: dict[str, Any] = {
        "gate_at": after.gate_at,
        "device_id": after.device,
        "answered_at": after.answered_at,
        "person_at": after.person_at,
        "ended_at": after.ended_at,
        "ending": None if after.ending is None else after.ending.value,
    }
    for name, value in facts.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    if (row.answered_at, row.ended_at) != was:
        if row.ended_at is not None:
            row.offer = row.answer = ""  # addresses of people and boxes; of no use any more
        _changed(session, row)


def _changed(session: Session, row: Call) -> None:
    row.version += 1
    push.announce(session, push.CallChanged(row.territory_id, row.gate_id))

"""Calls in the database: started by a gate, answered by one person, with reports from both ends.

Every function runs in the caller's transaction. The caller has locked the call's row if it changes it. Changes are announced
at commit.
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
"""Per gate and lane, so that a child playing with the button cannot ring the guard all day."""
SHOWN = timedelta(seconds=60)
"""How long an ended call stays on the guard's page."""
PAGE = 50


class RungTooOften(Exception):
    """The lane has rung too often, so nobody is called."""


class NoSuchLane(Exception):
    """The gate has no lane of that name."""


def ring(session: Session, gate: Gate, asked: CallRing, *, now: datetime) -> Call:
    """Starts a call of a lane, or returns the one in progress there. Raises NoSuchLane, RungTooOften."""
    session.execute(select(Gate.id).where(Gate.id == gate.id).with_for_update())  # serializes the rings of one gate
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
    """Stores the gate's report about its call. Counts and an answer of an older connection are ignored."""
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
        reports = evidence.restored(row.gate_told).with_report(Counts(counts.attempt, now, passed))
        row.gate_told = evidence.stored(reports)
    if report.problem != row.problem:
        row.problem = report.problem
        _changed(session, row)
    if report.answer and report.attempt == row.attempt > row.answered_attempt:
        row.answer, row.answered_attempt = report.answer, report.attempt
        _changed(session, row)


def answer(session: Session, row: Call, *, by: Account, device: int, now: datetime) -> None:
    """`by` answers the call with the login session `device`. Raises TooLate."""
    if row.answered_at is not None and not talks(row, account_id=by.id, device=device):
        raise TooLate
    after = course.answered(course_of(row, now), device, now)
    if row.answered_at is None:
        row.answered_by_id, row.answered_by_name = by.id, by.name
    _put(session, row, after)


@dataclass(frozen=True, slots=True)
class Word:
    """What the page of the person who answered reports: its newest offer, and counts of the connection `attempt`."""

    attempt: int
    offer: str = ""
    passed: Mapping[str, int] | None = None


def heard_person(session: Session, row: Call, word: Word, *, by: Account, device: int, now: datetime) -> None:
    """Stores what the page reports. Raises NotYours for any other login session."""
    if not talks(row, account_id=by.id, device=device):
        raise NotYours
    _put(session, row, course.heard_person(course_of(row, now), device, now))
    if row.ended_at is not None:
        return
    if word.offer and word.attempt == row.attempt + 1:
        row.attempt, row.offer = word.attempt, word.offer
        _changed(session, row)
    elif word.passed is not None and word.attempt == row.attempt:
        reports = evidence.restored(row.person_told).with_report(Counts(word.attempt, now, word.passed))
        row.person_told = evidence.stored(reports)


def end(session: Session, row: Call, ending: Ending, *, now: datetime) -> None:
    """One end hangs up."""
    _put(session, row, course.ended(course_of(row, now), ending, now))


def seen_and_heard(row: Call, *, now: datetime) -> Evidence:
    """What both ends currently report about picture and sound."""
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
    """A call of the territory. `lock`: locks its row until the transaction ends."""
    if len(call_id) > 36:
        return None
    row = session.get(Call, call_id, with_for_update=lock)
    return row if row is not None and row.territory_id == territory.id else None


def talks(row: Call, *, account_id: int, device: int) -> bool:
    """Whether this person answered the call with this login session. Another session of the same person does not count.

    The session id alone is not enough: SQLite reuses the ids of ended sessions, and a call that moved here with its
    territory has a session id of its old cell.
    """
    return (row.device_id, row.answered_by_id) == (device, account_id)


def may_see(row: Call, member: Membership) -> bool:
    """Guards and managers see every call of their territory. A host sees the calls for which they were rung."""
    if member.role in {Role.OPERATOR, Role.MANAGER}:
        return True
    return row.host_rung_at is not None and row.host_id == member.account_id


def _may_go_on(session: Session, row: Call, *, now: datetime) -> bool:
    """Whether the session that answered is still valid and its person may still see the call.

    This must be checked because picture and sound do not pass through the portal, which therefore could not block them.
    """
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
    """Calls that may be in progress or ended less than `SHOWN` ago, newest first; at most ten."""
    begun = Call.rang_at > now - course.RINGS - course.LONGEST
    going = Call.ended_at.is_(None) | (Call.ended_at > now - SHOWN)
    return list(session.scalars(select(Call).where(*where, begun, going).order_by(Call.rang_at.desc()).limit(10)))


def page_of(session: Session, territory: Territory, *, before: str = "") -> tuple[list[Call], bool]:
    """A page of the territory's calls, newest first, and whether there are more. `before`: last id of the previous page."""
    query = select(Call).where(Call.territory_id == territory.id)
    if (last := find(session, territory, before)) is not None:
        query = query.where(tuple_(Call.rang_at, Call.id) < (last.rang_at, last.id))
    rows = list(session.scalars(query.order_by(Call.rang_at.desc(), Call.id.desc()).limit(PAGE + 1)))
    return rows[:PAGE], len(rows) > PAGE


def openings(session: Session, row: Call) -> list[Command]:
    """The opening commands given in a call, in order."""
    return list(session.scalars(select(Command).where(Command.call_id == row.id).order_by(Command.created_at)))


def opened_for(session: Session, visit_id: int) -> list[Command]:
    """The opening commands given in calls for one visit, in order."""
    query = select(Command).where(Command.visit_id == visit_id, Command.call_id.is_not(None))
    return list(session.scalars(query.order_by(Command.created_at)))


def has_old(before: datetime) -> ColumnElement[bool]:
    """SQL condition: whether a territory has calls from before `before`."""
    return exists().where(Call.territory_id == Territory.id, Call.rang_at < before)


def forget(session: Session, territory_id: int, *, before: datetime) -> None:
    """Deletes calls from before `before`. Calls are kept as long as the journal."""
    session.execute(delete(Call).where(Call.territory_id == territory_id, Call.rang_at < before))


def wipe(session: Session, *, now: datetime, moving: Collection[int] = ()) -> None:
    """Erases the network addresses in calls that both ends abandoned. Skips territories in `moving`."""
    over = now - course.RINGS - course.LONGEST - course.LOST_AFTER
    silent = Call.rang_at < over, Call.offer != "", Call.territory_id.not_in(moving)
    session.execute(update(Call).where(*silent).values(offer="", answer=""))


def _put(session: Session, row: Call, after: Course) -> None:
    """Stores a course. If the call was answered or ended, everybody who watches it is notified."""
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
            row.offer = row.answer = ""  # they hold network addresses of people and boxes, no longer needed
        _changed(session, row)


def _changed(session: Session, row: Call) -> None:
    row.version += 1
    push.announce(session, push.CallChanged(row.territory_id, row.gate_id))

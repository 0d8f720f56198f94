"""Rollouts in the database: which gates are offered a release, what they report, and the course decided by `rings`.

Nothing runs in the background. The course is decided when a gate reports or asks, at most once a minute across all workers:
while no gate calls, there is nobody to give a release to (ADR 141).
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from cloud.db.engine import Database
from cloud.db.models import AuditEntry, Gate, Release, Rollout, RolloutGate, Territory
from cloud.domain import audit, chores
from cloud.domain.errors import Invalid
from cloud.fleet import bundles
from cloud.fleet.rings import Course, Phase, Report, Ring, Rules, Seen, decide, observe, offered, ring_of, verdict
from cloud.fleet.standing import read_report, trouble_count
from sync import wire

DECIDED_EVERY = timedelta(minutes=1)
LIVE = (Phase.RUNNING, Phase.PAUSED, Phase.STOPPED)
MOST_NAMED = 20
SPOKEN = {"rollout-started", "rollout-paused", "rollout-resumed", "rollout-ended", "rollout-ring", "rollout-stopped"}


# -- what gates ask and report -------------------------------------------------------------------------------------


def wanted(
    session: Session, gate_id: int, *, python: str, machine: str, running: str, now: datetime
) -> wire.UpdateWanted | None:
    """The release that this gate should install now. From the first such answer on, the rollout counts the gate."""
    rollout = session.scalar(
        select(Rollout)
        .join(Rollout.release)
        .options(joinedload(Rollout.release))
        .where(Rollout.phase.in_(LIVE), Release.python == python, Release.machine == machine)
        .order_by(Rollout.id.desc())
    )
    if rollout is None or rollout.release.name == running:
        return None
    known = session.get(RolloutGate, (rollout.id, gate_id))
    gate = session.get_one(Gate, gate_id, options=[joinedload(Gate.territory)])
    ring = known.ring if known is not None else _ring(rollout, gate)
    if gate.territory.updates_stopped_at is not None or not offered(course_of(rollout), ring, given=known is not None):
        return None
    if known is None and ring is not None:
        report = None if gate.health is None else read_report(gate.health)
        before = None if report is None else trouble_count(report)
        if _given(
            session, rollout_id=rollout.id, gate_id=gate_id, ring=ring, given_at=now, heard_at=now, before=before
        ):
            subject = f"{gate.name}: {rollout.release.name}"
            audit.record(session, "gate-update-offered", actor=None, territory=gate.territory, subject=subject)
    return wire.UpdateWanted(rollout.release.name, rollout.release.size, rollout.release.sha256)


def _given(session: Session, **values: Any) -> bool:
    """Starts counting a gate. False if a concurrent request of the same gate has already done so."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(RolloutGate).values(running=False, failed="", forgiven=False, **values)
    return session.scalar(statement.on_conflict_do_nothing().returning(RolloutGate.gate_id)) is not None


def release_for(session: Session, gate_id: int, name: str) -> int | None:
    """The id of the release with this name, if this gate may have it now; otherwise None."""
    row = session.execute(
        select(Rollout, RolloutGate)
        .join(Rollout.release)
        .join(RolloutGate, RolloutGate.rollout_id == Rollout.id)
        .join(Gate, Gate.id == RolloutGate.gate_id)
        .join(Gate.territory)
        .where(Release.name == name, RolloutGate.gate_id == gate_id, Rollout.phase.in_(LIVE))
        .where(Territory.updates_stopped_at.is_(None))
    ).first()
    if row is None:
        return None
    rollout, given = row
    return rollout.release_id if offered(course_of(rollout), given.ring, given=True) else None


def take_report(session: Session, gate_id: int, report: wire.Health, *, now: datetime) -> bool:
    """Applies a report to the live rollouts that this gate is in. Returns whether there are any.

    For a gate in no rollout this costs one indexed read.
    """
    if report.update is None:
        return _withdrawn(session, gate_id, now=now)
    reported = Report(report.update.running, report.update.state, report.update.release, trouble_count(report))
    rows = _live_of(session, gate_id)
    for row, release in rows:
        _keep(row, observe(seen_as(row), reported, release=release, at=now))
    return bool(rows)


def _withdrawn(session: Session, gate_id: int, *, now: datetime) -> bool:
    """Applies a report without update state. It proves nothing good.

    If the gate ran the release before, it has gone back to a program that is too old to report updates.
    """
    rows = _live_of(session, gate_id)
    for row, _ in rows:
        row.heard_at, row.good_since = now, None
        if row.running:
            row.failed = row.failed or "returned"
    return bool(rows)


def _live_of(session: Session, gate_id: int) -> Sequence[tuple[RolloutGate, str]]:
    rows = session.execute(
        select(RolloutGate, Release.name)
        .join(Rollout, Rollout.id == RolloutGate.rollout_id)
        .join(Release, Release.id == Rollout.release_id)
        .where(RolloutGate.gate_id == gate_id, Rollout.phase.in_(LIVE))
    )
    return [(row, name) for row, name in rows]


# -- the course ----------------------------------------------------------------------------------------------------


def advance(database: Database, *, now: datetime, at_once: bool = False) -> None:
    """Decides the course of every running rollout, unless that was done within the last minute. `at_once`: always."""
    if not at_once and not chores.claim(database, "rollouts", every=DECIDED_EVERY, now=now):
        return
    with database.write() as session:
        for rollout in session.scalars(select(Rollout).where(Rollout.phase == Phase.RUNNING)):
            before = course_of(rollout)
            after = decide(before, rings_of(rollout), rules_of(rollout), seen_of(session, rollout), now=now)
            if after != before:
                _go(session, rollout, after, now=now)


def _go(session: Session, rollout: Rollout, after: Course, *, now: datetime) -> None:
    """Applies `after` by compare-and-set, so that a person's pause or end in the meantime is not overwritten."""
    moved = session.execute(
        update(Rollout)
        .where(Rollout.id == rollout.id, Rollout.phase == rollout.phase, Rollout.ring == rollout.ring)
        .values(phase=after.phase, ring=after.ring, why=after.why, changed_at=now)
        .returning(Rollout.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is not None:
        action = "rollout-stopped" if after.phase is Phase.STOPPED else "rollout-ring"
        _note(session, action, rollout, after.why or str(after.ring + 1), actor="okter")


def course_of(rollout: Rollout) -> Course:
    return Course(Phase(rollout.phase), rollout.ring, rollout.why)


def rings_of(rollout: Rollout) -> tuple[Ring, ...]:
    return msgspec.convert(rollout.rings, tuple[Ring, ...])


def rules_of(rollout: Rollout) -> Rules:
    return Rules(
        **{name: timedelta(seconds=rollout.rules[name]) for name in ("good_for", "silent_after", "grace")},
        tolerated=rollout.rules["tolerated"],
    )


def seen_of(session: Session, rollout: Rollout) -> list[Seen]:
    return [seen_as(row) for row in session.scalars(select(RolloutGate).where(RolloutGate.rollout_id == rollout.id))]


# -- what a person does ---------------------------------------------------------------------------------------------


def start(session: Session, release: Release, rings: Sequence[Ring], rules: Rules, *, now: datetime) -> Rollout:
    """Starts a rollout with the first ring.

    Raises `Invalid` if another one is live for the same Python and machine, there is no ring, or the file was deleted.
    """
    live = session.scalar(
        select(Rollout.id)
        .join(Rollout.release)
        .where(Rollout.phase.in_(LIVE), Release.python == release.python, Release.machine == release.machine)
    )
    if live is not None:
        raise Invalid("", "Для таких машин уже идёт раскатка {n}; сначала завершите её.", n=live)
    if not rings:
        raise Invalid("", "Нужно хотя бы одно кольцо.")
    if not bundles.has_file(session, release):
        raise Invalid("", "{name}: файл этого выпуска удалён; сначала okter rollout add", name=release.name)
    kept = {name: value.total_seconds() for name, value in asdict(rules).items() if isinstance(value, timedelta)}
    rollout = Rollout(
        release=release,
        phase=Phase.RUNNING,
        ring=0,
        rings=msgspec.to_builtins(tuple(rings)),
        rules={**kept, "tolerated": rules.tolerated},
        started_at=now,
        changed_at=now,
    )
    session.add(rollout)
    session.flush()
    _note(session, "rollout-started", rollout, f"{len(rings)}")
    return rollout


def pause(session: Session, rollout: Rollout, *, now: datetime) -> None:
    if rollout.phase != Phase.RUNNING:
        raise Invalid("", "Раскатка {n} сейчас не идёт.", n=rollout.id)
    rollout.phase, rollout.changed_at = Phase.PAUSED, now
    _note(session, "rollout-paused", rollout)


def resume(session: Session, rollout: Rollout, *, now: datetime) -> int:
    """Continues a paused or stopped rollout. Gates that are bad now are forgiven, since a person has decided to go on.

    Returns how many were forgiven. Raises `Invalid`.
    """
    if rollout.phase not in {Phase.PAUSED, Phase.STOPPED}:
        raise Invalid("", "Раскатка {n} не остановлена.", n=rollout.id)
    rules, forgiven = rules_of(rollout), 0
    for row in session.scalars(select(RolloutGate).where(RolloutGate.rollout_id == rollout.id)):
        if not row.forgiven and verdict(seen_as(row), rules, now=now).value in {"failed", "worse", "silent"}:
            row.forgiven = True
            forgiven += 1
    rollout.phase, rollout.why, rollout.changed_at = Phase.RUNNING, "", now
    _note(session, "rollout-resumed", rollout, str(forgiven))
    return forgiven


def end(session: Session, rollout: Rollout, *, now: datetime) -> None:
    """Ends a rollout: no further gate is given the release, and gates that have it keep it. Raises `Invalid`."""
    if rollout.phase == Phase.ENDED:
        raise Invalid("", "Раскатка {n} уже завершена.", n=rollout.id)
    rollout.phase, rollout.changed_at = Phase.ENDED, now
    _note(session, "rollout-ended", rollout)


def history(session: Session, rollout: Rollout) -> list[AuditEntry]:
    """The audit entries of a rollout, oldest first."""
    begins = f"{rollout.id} "
    rows = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.territory_id.is_(None),
            AuditEntry.at >= rollout.started_at,
            AuditEntry.action.in_(SPOKEN),
            AuditEntry.subject.startswith(begins, autoescape=True),
        )
        .order_by(AuditEntry.id)
    )
    return list(rows)


def _note(session: Session, action: str, rollout: Rollout, detail: str = "", *, actor: str = "") -> None:
    subject = f"{rollout.id} {rollout.release.name} {detail}".strip()
    session.add(AuditEntry(action=action, actor=actor or f"okter: {_login()}", subject=subject[:200]))


def _login() -> str:
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):  # a user id without a name
        return "?"


def _ring(rollout: Rollout, gate: Gate) -> int | None:
    return ring_of(rings_of(rollout), gate_id=gate.id, territory=gate.territory.code, salt=str(rollout.id))


def seen_as(row: RolloutGate) -> Seen:
    """Converts a row for `cloud.fleet.rings`."""
    return Seen(
        gate_id=row.gate_id,
        ring=row.ring,
        heard_at=row.heard_at,
        before=row.before,
        running=row.running,
        failed=row.failed,
        good_since=row.good_since,
        worse_since=row.worse_since,
        forgiven=row.forgiven,
    )


def _keep(row: RolloutGate, seen: Seen) -> None:
    row.heard_at, row.running, row.failed = seen.heard_at, seen.running, seen.failed
    row.good_since, row.worse_since = seen.good_since, seen.worse_since

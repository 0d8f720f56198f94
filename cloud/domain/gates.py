"""Gates as the manager sees them, and the commands that people send to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Account, Command, Gate, PairingCode, Territory
from cloud.domain.answers import COMMAND_LASTS
from cloud.domain.errors import Invalid
from cloud.domain.pairing import code_hash, make_code
from cloud.fleet.standing import SILENT_AFTER

CODE_LASTS = timedelta(hours=24)
MOST_GATES = 100
LONGEST_HOLD_MIN = 240


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of a gate, as the device named it."""

    name: str
    direction: str


def read_gate_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("name", "Введите название шлагбаума.")
    return name


def gates_of(session: Session, territory: Territory) -> list[Gate]:
    return list(session.scalars(select(Gate).where(Gate.territory_id == territory.id).order_by(Gate.name, Gate.id)))


def find(session: Session, territory: Territory, gate_id: str) -> Gate | None:
    row = session.get(Gate, int(gate_id)) if gate_id.isdecimal() and len(gate_id) < 10 else None
    return row if row is not None and row.territory_id == territory.id else None


def add(session: Session, territory: Territory, name: str, *, now: datetime) -> Gate:
    if len(gates_of(session, territory)) >= MOST_GATES:
        raise Invalid("", "На территории уже {n} шлагбаумов, больше нельзя.", n=MOST_GATES)
    gate = Gate(territory_id=territory.id, name=name, created_at=now)
    session.add(gate)
    session.flush()
    return gate


def new_code(session: Session, gate: Gate, *, by: Account, now: datetime) -> str:
    """A new pairing code for a gate; earlier ones stop working. It is shown once and stored as a hash."""
    session.execute(delete(PairingCode).where(PairingCode.gate_id == gate.id))
    code = make_code()
    session.add(
        PairingCode(
            territory_id=gate.territory_id,
            gate_id=gate.id,
            code_hash=code_hash(code),
            created_at=now,
            created_by_id=by.id,
            expires_at=now + CODE_LASTS,
        )
    )
    return code


def revoke(session: Session, gate: Gate, *, now: datetime) -> None:
    """Revoke the device's access at once; a new pairing code restores it."""
    session.execute(delete(PairingCode).where(PairingCode.gate_id == gate.id))
    gate.revoked_at, gate.token_hash, gate.next_token_hash = now, None, None
    push.gate_revoked(session, gate.id)


def online(gate: Gate, *, now: datetime) -> bool:
    return enrolled(gate) and gate.last_seen_at is not None and now - gate.last_seen_at < SILENT_AFTER


def away(session: Session, territory: Territory, *, now: datetime) -> list[Gate]:
    """Gates that are bound and not on the line: they do not know the newest list, and the portal not their newest visits."""
    return [gate for gate in gates_of(session, territory) if enrolled(gate) and not online(gate, now=now)]


def enrolled(gate: Gate) -> bool:
    return gate.token_hash is not None and gate.revoked_at is None


def lanes(gate: Gate) -> list[Lane]:
    """The lanes that the device reported; malformed entries are skipped."""
    return [
        Lane(name, str(lane.get("direction", "")))
        for lane in gate.lanes
        if isinstance(lane, dict) and isinstance(name := lane.get("name"), str)
    ]


def has_told(gate: Gate) -> bool:
    """Whether the box that is bound now has reported: what stands there may be the word of the one before, bound by an earlier version."""
    return gate.health_at is not None and (gate.enrolled_at is None or gate.health_at >= gate.enrolled_at)


def health_facts(gate: Gate) -> dict[str, Any]:
    return gate.health if isinstance(gate.health, dict) and has_told(gate) else {}


def command(  # what, where, how long, by whom
    session: Session,
    gate: Gate,
    kind: str,
    lane: str,
    *,
    by: Account,
    now: datetime,
    minutes: int | None = None,
) -> Command:
    """Ask a gate to open, hold or release a lane.

    Raises Invalid if it is not enrolled, has no such lane, or cannot hold for `minutes`.
    """
    if not enrolled(gate):
        raise Invalid("", "Устройство шлагбаума не привязано.")
    if lane not in {known.name for known in lanes(gate)}:
        raise Invalid("lane", "У шлагбаума нет такого проезда.")
    if kind == "hold" and not (minutes is not None and 1 <= minutes <= LONGEST_HOLD_MIN):
        raise Invalid("minutes", "Укажите время от 1 до {n} минут.", n=LONGEST_HOLD_MIN)
    row = Command(
        gate_id=gate.id,
        kind=kind,
        lane=lane,
        minutes=minutes if kind == "hold" else None,
        created_at=now,
        expires_at=now + COMMAND_LASTS,
        created_by_id=by.id,
    )
    session.add(row)
    session.flush()
    push.command_issued(session, row)
    return row


def recent_commands(session: Session, territory: Territory, *, most: int = 5) -> list[Command]:
    return list(
        session.scalars(
            select(Command)
            .join(Command.gate)
            .where(Gate.territory_id == territory.id)
            .order_by(Command.created_at.desc())
            .limit(most)
        )
    )


def current_cursor(territory: Territory) -> str:
    """The list version of a gate that is up to date."""
    return push.list_cursor(territory.pass_epoch, territory.pass_rev)

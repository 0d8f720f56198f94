"""Questions to a person before a plate is saved: is it meant like this, and what will the gate answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.db.models import Account, Pass, Territory
from cloud.domain import territories
from cloud.domain.check import check_plate
from cloud.domain.passes import is_live
from cloud.odd_plates import warnings
from cloud.plates import TypedPlate


@dataclass(frozen=True, slots=True)
class Doubt:
    """One question; `text` is a catalogue key. `blocked` = there is somebody to contact about it."""

    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    blocked: bool = False


BLOCKED = Doubt("Номер в списке запрета: шлагбаум не пропустит этот автомобиль, пока запрет не снят.", blocked=True)


def doubts_of(session: Session, territory: Territory, plate: TypedPlate, *, now: datetime) -> tuple[Doubt, ...]:
    """What is unusual about a pass for `plate`; mostly nothing."""
    found = [Doubt(text, facts) for text, facts in warnings(plate)]
    if blocked_among(session, territory, {plate.canonical}, now=now):
        found.append(BLOCKED)
    return tuple(found)


def blocked_among(session: Session, territory: Territory, plates: set[str], *, now: datetime) -> set[str]:
    """Which of the canonical `plates` are on the block list."""
    query = select(Pass.plate).where(
        Pass.territory_id == territory.id, Pass.plate.in_(plates), Pass.blocked, is_live(now)
    )
    return set(session.scalars(query)) if plates else set()


def what_the_gate_says(session: Session, territory: Territory, plate: TypedPlate, *, now: datetime) -> str:
    """The reason that the gate would give for this plate now."""
    return check_plate(session, territory, plate.canonical, now=now).reason


def managers_of(session: Session, territory: Territory) -> list[Account]:
    """Whom to contact about a ban."""
    return [row.account for row in territories.managers_of(session, territory)]

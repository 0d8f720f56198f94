"""Whose guest a car is: by its pass, by the last pass for its plate, or by a plate that differs in one character."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Gate, GateEvent, Membership, MemberState, Pass, Unwelcome
from cloud.domain.gates import lanes
from cloud.domain.passes import is_live
from core.words.reasons import Reason

REMEMBERED = timedelta(days=90)
"""How long after a pass was added its plate still counts as the host's guest."""
SHORTEST_NEAR = 6
"""Shorter plates are not compared: they may differ in one character by chance."""
_OF_EXITS = frozenset({Reason.EXIT_FREE.value, Reason.EXIT_LOOP.value})
"""Reasons that only a lane out gives."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A host, their pass for the car, and whether its plate is only similar (`near`) to the one read."""

    host: Membership
    last: Pass
    near: bool = False


def host_of(session: Session, event: GateEvent) -> Hosted | None:
    """The member whose guest the car is. For a refused plate without a pass: the only member with a similar one."""
    if event.plate is None:
        return None
    by_pass = event.decision == "open" and event.pass_id is not None
    row = _first(session, event, Pass.id == event.pass_id if by_pass else Pass.plate == event.plate)
    if row is not None:
        return row
    return _near(session, event) if event.decision == "refuse" else None


def _first(session: Session, event: GateEvent, mine: ColumnElement[bool]) -> Hosted | None:
    row = session.execute(_query(event).where(Pass.created_at > event.placed_at - REMEMBERED, mine).limit(1)).first()
    return None if row is None else Hosted(row[0], row[1])


def _near(session: Session, event: GateEvent) -> Hosted | None:
    """The only host with a pass in force for a plate one character from the one read; None if there are several."""
    plate = event.plate or ""
    if len(plate) < SHORTEST_NEAR:
        return None
    like = (Pass.plate.like(f"{plate[:at]}_{plate[at + 1 :]}") for at in range(len(plate)))
    rows = session.execute(_query(event).where(is_live(event.placed_at), or_(*like)).limit(20)).all()
    if len({row[0].id for row in rows}) != 1:
        return None
    return Hosted(rows[0][0], rows[0][1], near=True)


def _query(event: GateEvent) -> Select[Membership, Pass]:
    return (
        select(Membership, Pass)
        .join(Pass, (Pass.owner_id == Membership.account_id) & (Pass.territory_id == Membership.territory_id))
        .options(joinedload(Membership.account), joinedload(Membership.territory))
        .where(
            Membership.territory_id == event.territory_id,
            Membership.state == MemberState.ACCEPTED,
            Pass.blocked.is_(False),
            ~exists().where(
                Unwelcome.territory_id == event.territory_id,
                Unwelcome.account_id == Pass.owner_id,
                Unwelcome.plate == event.plate,
            ),
        )
        .order_by(Pass.created_at.desc(), Pass.id.desc())
    )


def nearly(one: str, other: str) -> bool:
    """Whether two plates differ in exactly one character."""
    return len(one) == len(other) >= SHORTEST_NEAR and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def direction(gate: Gate, lane: str) -> str:
    """`entry` or `exit`, as the device declared its lane; empty = it declared no such lane when it was bound."""
    return next((one.direction for one in lanes(gate) if one.name == lane), "")


def way(event: GateEvent) -> str:
    """`entry` or `exit`; empty = unknown: its lane was renamed after the device was bound, and the reason does not tell."""
    return direction(event.gate, event.lane) or ("exit" if event.reason in _OF_EXITS else "")

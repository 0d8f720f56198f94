"""Rules that a manager may choose for a gate. Only what the gate has confirmed counts as in force (ADR 170)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Gate
from cloud.domain.errors import Invalid
from cloud.domain.gates import enrolled, has_told, lanes
from sync import wire

MOST_HOURS = 168


class Standing(StrEnum):
    """State of a choice at its gate."""

    IN_FORCE = "in_force"
    """The gate has confirmed it."""
    UNKNOWN = "unknown"
    """Not confirmed: the gate has not reported since, or its version does not support the choice."""
    FILE = "file"
    """The gate's own file decides: it differs from the choice, or may at any time."""
    NO_EXIT = "no_exit"
    """It cannot work there: no lane of the gate is an exit."""


@dataclass(frozen=True, slots=True)
class Held:
    """One rule at the gate."""

    standing: Standing
    hours: float | None = None
    """For anti-passback: the hours in force by the gate's last report; None = not reported."""
    on: bool | None = None
    """For convoy: whether it is in force; None = not reported."""
    since: datetime | None = None
    """If in force: since this moment at the latest."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Both rules, as the page shows them."""

    anti_passback: Held
    convoy: Held
    told_at: datetime | None
    """Time of the gate's last report on them; None = the device bound now never reported them."""
    heard: bool = True
    """Whether the device bound now has reported at all."""


def read_hours(typed: str) -> int:
    """Parse hours; 0 = off. Raises Invalid."""
    typed = typed.strip() or "0"
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 3 and int(typed) <= MOST_HOURS):
        raise Invalid("anti_passback_h", "Укажите часы: целое число от 0 до {n}.", n=MOST_HOURS)
    return int(typed)


def choose(session: Session, gate: Gate, *, anti_passback_h: int, convoy: bool) -> bool:
    """Store the choice; returns whether it changed. If so the gate is asked to report at once."""
    if (gate.anti_passback_h, gate.convoy) == (anti_passback_h, convoy):
        return False
    gate.anti_passback_h, gate.convoy = anti_passback_h, convoy
    push.announce(session, push.RulesChosen(gate.id))
    return True


def held(gate: Gate) -> Rules:
    """What the gate's newest report says about the choice."""
    heard_at = _heard_at(gate)
    told = None if heard_at is None else _told(gate)
    if told is None or heard_at is None:
        return Rules(Held(Standing.UNKNOWN), Held(Standing.UNKNOWN), None, heard=heard_at is not None)
    since = heard_at - timedelta(seconds=min(told.age_s, _LONGEST_S))
    knows = told.chosen == wire.RulesChosen(float(gate.anti_passback_h), gate.convoy)
    passback = _standing(told.anti_passback_from, knows=knows, same=told.anti_passback_h == gate.anti_passback_h)
    convoy = _standing(told.convoy_from, knows=knows, same=told.convoy == gate.convoy)
    return Rules(
        Held(passback, hours=told.anti_passback_h, since=since),
        Held(convoy, on=told.convoy, since=since),
        heard_at,
    )


def sees_exits(gate: Gate) -> bool:
    """Whether one of the gate's lanes is an exit."""
    return any(lane.direction == "exit" for lane in lanes(gate))


_LONGEST_S = 10 * 365 * 86400


def _standing(origin: str, *, knows: bool, same: bool) -> Standing:
    """A value that matches the choice but comes from elsewhere is not the choice in force: it may change any time."""
    if origin == "file":
        return Standing.FILE
    if not knows:
        return Standing.UNKNOWN
    if origin == "no_exit":
        return Standing.NO_EXIT
    return Standing.IN_FORCE if same and origin == "cloud" else Standing.UNKNOWN


def _heard_at(gate: Gate) -> datetime | None:
    """When the device bound now last reported; None: never."""
    return gate.health_at if enrolled(gate) and has_told(gate) else None


def _told(gate: Gate) -> wire.RulesTold | None:
    """The rules in the newest report; None if it has none or they cannot be read."""
    told = gate.health.get("rules") if isinstance(gate.health, dict) else None
    if told is None:
        return None
    try:
        return wire.read(wire.RulesTold, told)
    except wire.WireError:
        return None

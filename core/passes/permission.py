"""One pass: who may come in, when, and its state. A value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.passes.schedule import Schedule
from core.plates.canonical import Fault, PlateInvalid, is_canonical
from core.words.language import say


class PassSource(StrEnum):
    CLOUD = "cloud"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Pass:
    """One permission (or, if `blocked`, prohibition) for one plate.

    The period is half-open: `valid_from <= now < valid_until`, aware datetimes; None = open on that side.
    """

    id: str
    plate: str
    """Canonical (`core.plates.canonical`)."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    one_time: bool = False
    blocked: bool = False
    revoked: bool = False
    """Withdrawn or deleted. It is kept so that the gate can say so."""
    used: bool = False
    """One-time, and its car has passed."""
    source: PassSource = PassSource.CLOUD
    note: str = ""
    """The object (house, flat), or what a technician wrote. It is shown, but no decision depends on it."""
    hours: Schedule | None = None
    """Days and hours within its period in which it holds; None = always. A prohibition has none."""

    def __post_init__(self) -> None:
        if not is_canonical(self.plate):
            raise PlateInvalid(self.plate, Fault.NOT_CANONICAL)
        for moment in (self.valid_from, self.valid_until):
            if moment is not None and moment.tzinfo is None:
                raise PeriodInvalid(say("срок пропуска без часового пояса"))
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise PeriodInvalid(say("срок кончается раньше, чем начинается"))

    @property
    def open_ended(self) -> bool:
        return self.valid_until is None

    def started(self, now: datetime) -> bool:
        return self.valid_from is None or self.valid_from <= now

    def over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now


class PeriodInvalid(ValueError):
    """A period that ends before it starts, or has no time zone."""

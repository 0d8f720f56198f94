"""A taxi or delivery of which only the last digits are known: a line on the guard's list, for some hours.

It is kept with the guests on foot, so no gate hears of it and none opens by it (ADR 121): a few digits are no plate. When
a car is refused whose number ends with them, the guard's page says whom it may be coming to, and the guard decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cloud.db.models import FootPass, Territory
from cloud.domain import foot_passes, passes
from cloud.domain.errors import Invalid
from cloud.domain.foot_passes import Wanted
from cloud.domain.last_digits import Fit, Fitting, fitting
from cloud.domain.periods import CALLED_FOR, Period

FEWEST_DIGITS, MOST_DIGITS = 2, 6
"""One digit fits a third of all cars; a whole plate has at most six, with its region."""
MOST_READ = 1000
"""Announced cars looked at for one plate; they live three hours."""
LONGEST_WHO = 60


def read_form(*, who: str, digits: str, note: str, now: datetime) -> Wanted:
    """Parse the form. Raises `Invalid`."""
    known = re.sub(r"\s", "", digits)
    if not (known.isascii() and known.isdecimal() and FEWEST_DIGITS <= len(known) <= MOST_DIGITS):
        raise Invalid(
            "digits", "Введите последние цифры номера, от {low} до {high}.", low=FEWEST_DIGITS, high=MOST_DIGITS
        )
    name = " ".join(who.split())
    if not 1 <= len(name) <= LONGEST_WHO or not name.isprintable():
        raise Invalid("who", "Напишите, кто приедет, не длиннее {n} знаков.", n=LONGEST_WHO)
    return Wanted(name, 1, Period(now, now + CALLED_FOR), passes.read_note(note), known)


@dataclass(frozen=True, slots=True)
class Awaited:
    """An announced car that a plate may be, and how well its digits fit."""

    row: FootPass
    fitting: Fitting


def who_waits_for(
    session: Session, territory: Territory, plate: str, *, read_as: str | None, now: datetime
) -> list[Awaited]:
    """Announced cars whose digits are the last of the plate's number; those that fit best first."""
    query = foot_passes.live(territory, now=now).where(FootPass.digits != "", FootPass.came == 0)
    rows = session.scalars(query.order_by(FootPass.id).limit(MOST_READ))
    found = [Awaited(row, fit) for row in rows if (fit := fitting(row.digits, plate, read_as=read_as)) is not None]
    return sorted(found, key=lambda one: (one.fitting.fit is Fit.UNSURE, -one.fitting.digits))


def is_announced(
    session: Session, territory: Territory, wanted: Wanted, owner_id: int, *, now: datetime
) -> FootPass | None:
    """The same car announced before and still awaited: a double press is one."""
    query = foot_passes.live(territory, now=now).where(FootPass.owner_id == owner_id, FootPass.digits == wanted.digits)
    return session.scalars(query.where(FootPass.names == wanted.names, FootPass.came == 0).limit(1)).first()

"""The PIN that may be required to open a barrier, in addition to the session (ADR 84)."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

from cloud.db.models import Account, Territory
from cloud.domain.errors import Invalid
from cloud.domain.limits import Backoff

SHORTEST, LONGEST = 4, 8
TRIES = Backoff("pin", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""Per session: a stolen session gives five guesses, and does not affect the owner's other sessions."""


def read_pin(typed: str) -> str:
    """Parse a new PIN; the most common ones are refused."""
    pin = typed.strip()
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        raise Invalid("pin", "PIN состоит из {low}–{high} цифр.", low=SHORTEST, high=LONGEST)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise Invalid("pin", "Такой PIN слишком легко угадать.")
    return pin


def wanted(account: Account, territory: Territory) -> bool:
    """Whether this person needs a PIN to open."""
    return territory.ask_pin or account.pin_hash is not None

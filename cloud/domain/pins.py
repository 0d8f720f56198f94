"""The PIN that opening a barrier may ask for, beside the session (ADR 84)."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

from cloud.db.models import Account, Territory
from cloud.domain.errors import Invalid
from cloud.domain.limits import Backoff

SHORTEST, LONGEST = 4, 8
TRIES = Backoff("pin", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""By session: who has stolen one has five guesses, and keeps the owner from nothing elsewhere."""


def read_pin(typed: str) -> str:
    """A new PIN; the ones that everybody tries first are refused."""
    pin = typed.strip()
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        raise Invalid("pin", "PIN состоит из {low}–{high} цифр.", low=SHORTEST, high=LONGEST)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise Invalid("pin", "Такой PIN слишком легко угадать.")
    return pin


def wanted(account: Account, territory: Territory) -> bool:
    """Whether opening asks this person for a PIN."""
    return territory.ask_pin or account.pin_hash is not None

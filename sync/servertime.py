"""The cloud's own clock, as last heard: by it, and by no clock of ours, a command has expired or not.

Then the rule holds on a gate whose wall clock is wrong or unknown. Safe from any thread: one tuple is replaced whole.
"""

from __future__ import annotations

from datetime import datetime

from core.events import Instant
from sync.seams import Clock

GRANULARITY_S = 1.0
"""A Date header is cut to whole seconds: the cloud's clock may have been this much further."""
FRESH_S = 120.0
"""Evidence older than this is none: monotonic clocks drift, and machines sleep."""
LONGEST_S = 60.0
"""A command is never obeyed later than this after it came, whatever it says."""
MOST_LEFT_S = 300.0
"""A command that claims to be good for longer is refused: it could lie anywhere on its way and open a year later."""
TOO_LONG = float("-inf")


class ServerTime:
    """A `Clock` that remembers what the one behind it heard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[datetime, float] | None = None

    def now(self) -> Instant:
        return self._clock.now()

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        self._heard = (date, mono)
        self._clock.heard(date, mono=mono, authenticated=authenticated)

    def heard_on_stream(self, date: datetime, *, mono: float) -> None:
        """As `heard`, for our own reckoning only: a comment is not worth moving the gate's clock."""
        self._heard = (date, mono)

    def until(self, moment: datetime, *, mono: float) -> float | None:
        """Monotonic time at which the cloud's clock will have passed `moment`, on the safe side; None = unknown.

        `TOO_LONG` where that lies further ahead than any command may live.
        """
        heard = self._heard
        if heard is None or mono - heard[1] > FRESH_S:
            return None
        left_s = (moment - heard[0]).total_seconds() - GRANULARITY_S
        if heard[1] + left_s - mono > MOST_LEFT_S:
            return TOO_LONG
        return min(heard[1] + left_s, mono + LONGEST_S)

"""The cloud's own clock, as last heard. It alone, and no clock of ours, decides whether a command has expired.

So the rule holds even on a gate whose wall clock is wrong or unknown. Safe from any thread: one tuple is replaced as a
whole.
"""

from __future__ import annotations

from datetime import datetime

from core.events import Instant
from sync.seams import Clock

GRANULARITY_S = 1.0
"""A Date header is truncated to whole seconds: the cloud's clock may have been this much ahead of it."""
FRESH_S = 120.0
"""Older evidence does not count: monotonic clocks drift, and machines sleep."""
LONGEST_S = 60.0
"""A command is never executed later than this after it arrived, whatever it says."""
MOST_LEFT_S = 300.0
"""A command that claims a longer life is refused: it could lie around on its way and open a year later."""
TOO_LONG = float("-inf")


class ServerTime:
    """A `Clock` that also remembers what the underlying clock heard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[datetime, float] | None = None

    def now(self) -> Instant:
        return self._clock.now()

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        self._heard = (date, mono)
        self._clock.heard(date, mono=mono, authenticated=authenticated)

    def heard_on_stream(self, date: datetime, *, mono: float) -> None:
        """Like `heard`, but only for our own calculation: a comment must not move the gate's clock."""
        self._heard = (date, mono)

    def until(self, moment: datetime, *, mono: float) -> float | None:
        """Monotonic time by which the cloud's clock will have passed `moment`, on the safe side; None = unknown.

        `TOO_LONG` if that is further ahead than any command may live.
        """
        heard = self._heard
        if heard is None or mono - heard[1] > FRESH_S:
            return None
        left_s = (moment - heard[0]).total_seconds() - GRANULARITY_S
        if heard[1] + left_s - mono > MOST_LEFT_S:
            return TOO_LONG
        return min(heard[1] + left_s, mono + LONGEST_S)

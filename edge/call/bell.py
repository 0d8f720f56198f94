"""When a lane rings. Pure: presses and waiting cars with their times in, whether to ring out.

A lane has one call at a time and rests after it; a car that nobody let in rings once by itself, a button whenever it
is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Bell:
    """One lane. Times are of CLOCK_MONOTONIC, in seconds."""

    busy: bool = False
    rests_until: float = 0.0
    rung_for: str = ""
    """The visit that has rung already."""


def pressed(bell: Bell, now: float) -> tuple[Bell, bool]:
    """The call button was pressed; the second value says that a call begins."""
    if bell.busy or now < bell.rests_until:
        return bell, False
    return replace(bell, busy=True), True


def waits(bell: Bell, visit_id: str, waited_s: float, now: float, *, after_s: float) -> tuple[Bell, bool]:
    """A car that was not let in stands there for `waited_s`; it rings from `after_s` on (0 = never)."""
    if not after_s or waited_s < after_s or visit_id == bell.rung_for:
        return bell, False
    bell, rings = pressed(bell, now)
    return (replace(bell, rung_for=visit_id) if rings else bell), rings


def over(bell: Bell, now: float, *, pause_s: float) -> Bell:
    """Its call has ended."""
    return replace(bell, busy=False, rests_until=now + pause_s)

"""When a lane rings: presses and waiting cars with their times in, whether to ring out. Pure.

A lane has one call at a time and rests after it. A car that nobody let in rings once by itself; the button rings
whenever it is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Bell:
    """The bell of one lane. Times are CLOCK_MONOTONIC seconds."""

    busy: bool = False
    rests_until: float = 0.0
    rung_for: str = ""
    """The visit that has already rung."""


def pressed(bell: Bell, now: float) -> tuple[Bell, bool]:
    """The call button was pressed. The second value: whether a call begins."""
    if bell.busy or now < bell.rests_until:
        return bell, False
    return replace(bell, busy=True), True


def waits(bell: Bell, visit_id: str, waited_s: float, now: float, *, after_s: float) -> tuple[Bell, bool]:
    """A car that was not let in has stood there for `waited_s`. It rings from `after_s` on (0 = never)."""
    if not after_s or waited_s < after_s or visit_id == bell.rung_for:
        return bell, False
    bell, rings = pressed(bell, now)
    return (replace(bell, rung_for=visit_id) if rings else bell), rings


def over(bell: Bell, now: float, *, pause_s: float) -> Bell:
    """Its call has ended."""
    return replace(bell, busy=False, rests_until=now + pause_s)

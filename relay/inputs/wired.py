"""The meaning of a wired contact: buttons, loops, the fire input. Pure, on debounced levels.

`turned(state, active, now)` handles a change of the believed level, `elapsed(state, now)` the passing of time; both
return the resulting meanings. A button that is active when the process starts does not count as pressed, because nobody
saw the press begin. A car on the exit loop at that moment is let out all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from relay.input_settings import InputKind, InputSettings

REARM_S = 0.3
"""A button must have been released for this long before it counts again."""


class Meaning(StrEnum):
    """What a contact demands."""

    OPEN = "open"
    CALL = "call"
    HOLD = "hold"
    FIRE_ON = "fire_on"
    FIRE_OFF = "fire_off"
    STUCK = "stuck"
    UNSTUCK = "unstuck"


@dataclass(frozen=True, slots=True)
class Wired:
    """One input, as last believed."""

    settings: InputSettings
    active: bool | None = None
    since: float = 0.0
    """When it became so."""
    armed: bool = False
    """Whether this activity began while we were watching, so that it may have a meaning."""
    stuck: bool = False
    repeat_at: float = 0.0


def turned(state: Wired, active: bool, now: float) -> tuple[Wired, tuple[Meaning, ...]]:  # noqa: FBT001 - it is a level
    """The believed level of the contact changed to `active`."""
    first = state.active is None
    quiet_s = now - state.since
    # A button found released at the start counts as released for long enough.
    fresh = replace(state, active=active, since=now - REARM_S if first and not active else now, stuck=False)
    cleared = (Meaning.UNSTUCK,) if state.stuck else ()
    match InputKind(state.settings.kind):
        case InputKind.GUARD_BUTTON:
            after, meanings = _button(state, fresh, first=first, quiet_s=quiet_s)
        case InputKind.CALL_BUTTON:
            after, meanings = fresh, ((Meaning.CALL,) if active and not first and quiet_s >= REARM_S else ())
        case InputKind.EXIT_LOOP:
            after = replace(fresh, repeat_at=now + state.settings.loop_repeat_s)
            meanings = (Meaning.OPEN,) if active else ()
        case InputKind.FIRE:
            after = fresh
            meanings = (Meaning.FIRE_ON,) if active else () if first else (Meaning.FIRE_OFF,)
        case _:
            after, meanings = fresh, ()
    return after, cleared + meanings


def elapsed(state: Wired, now: float) -> tuple[Wired, tuple[Meaning, ...]]:
    """Time has passed without a change of level."""
    if not state.active or state.stuck:
        return state, ()
    settings = state.settings
    match InputKind(settings.kind):
        case InputKind.GUARD_BUTTON | InputKind.CALL_BUTTON:
            if now - state.since >= settings.stuck_s:
                return replace(state, stuck=True), (Meaning.STUCK,)
        case InputKind.ENTRY_LOOP | InputKind.EXIT_LOOP | InputKind.BOOM_LOOP:
            if now - state.since >= settings.loop_stuck_s:
                return replace(state, stuck=True), (Meaning.STUCK,)
            if settings.kind == InputKind.EXIT_LOOP and now >= state.repeat_at:
                return replace(state, repeat_at=now + settings.loop_repeat_s), (Meaning.OPEN,)
        case _:
            pass
    return state, ()


def _button(before: Wired, fresh: Wired, *, first: bool, quiet_s: float) -> tuple[Wired, tuple[Meaning, ...]]:
    if fresh.active:
        armed = not first and quiet_s >= REARM_S
        return replace(fresh, armed=armed), ((Meaning.OPEN,) if armed else ())
    long_press = before.armed and before.settings.long_press_s <= quiet_s < before.settings.stuck_s
    return replace(fresh, armed=False), ((Meaning.HOLD,) if long_press else ())

"""Turns a bouncing contact into a reliable level. Pure: samples with times in, levels out."""

from __future__ import annotations

from dataclasses import dataclass, replace

MIN_SAMPLES = 3
"""Even with slow polling, one or two samples alone are not believed."""


@dataclass(frozen=True, slots=True)
class Debounce:
    """`level` is None until the contact has been steady once."""

    steady_s: float
    level: bool | None = None
    candidate: bool | None = None
    since: float = 0.0
    samples: int = 0


def sample(state: Debounce, level: bool | None, now: float) -> tuple[Debounce, bool]:  # noqa: FBT001 - it is a level
    """Takes in one sample. The second value returned tells whether the believed level has changed.

    None (the board could not tell) is no evidence: the believed level stays, and counting starts again.
    """
    if level is None:
        return replace(state, candidate=None, samples=0), False
    if level is not state.candidate:
        return replace(state, candidate=level, since=now, samples=1), False
    state = replace(state, samples=state.samples + 1)
    steady = now - state.since >= state.steady_s and state.samples >= MIN_SAMPLES
    if not steady or level is state.level:
        return state, False
    return replace(state, level=level), True

"""One wired input as the relay process knows it, assembled from the pure parts. Main thread only."""

from __future__ import annotations

from dataclasses import dataclass

from relay.input_settings import InputKind, InputSettings
from relay.inputs.debounce import Debounce, sample
from relay.inputs.wired import Wired
from relay.settings import RelayPlan

LOOPS = frozenset({InputKind.ENTRY_LOOP, InputKind.EXIT_LOOP, InputKind.BOOM_LOOP})
LIMITS = frozenset({InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT})


@dataclass(slots=True)
class InputUnit:
    """One input: its believed level, and whether anybody reads it."""

    state: Wired
    debounce: Debounce
    barrier: str
    lane: str | None
    deaf: bool | None = None
    """Nothing is known of it: the board does not report it, or its thread has died. None: too early to say."""

    @property
    def settings(self) -> InputSettings:
        return self.state.settings

    def sampled(self, closed: bool | None, now: float) -> bool:  # noqa: FBT001 - it is a level
        """Takes in one sample of the contact; None if nobody can read it. Returns whether the believed level changed."""
        self.deaf = closed is None
        active = None if closed is None else closed is not (self.settings.contact == "normally_closed")
        self.debounce, changed = sample(self.debounce, active, now)
        return changed

    def forget(self) -> None:
        """Forgets the level: the next one is the first."""
        self.state, self.debounce = Wired(self.settings), Debounce(self.settings.debounce_s)


def inputs_of(plan: RelayPlan) -> dict[str, InputUnit]:
    """Every input of the plan in its initial state, by name."""
    return {item.name: _input(plan, item) for item in plan.inputs}


def _input(plan: RelayPlan, settings: InputSettings) -> InputUnit:
    barrier = settings.barrier or plan.barrier_of(settings.lane)
    assert barrier is not None
    return InputUnit(Wired(settings), Debounce(settings.debounce_s), barrier=barrier, lane=settings.lane or None)

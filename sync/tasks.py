"""The sync thread's chores and when each is due; one that fails waits by itself and stops no other. Pure but for `work`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import GateError
from sync.backoff import Patience, pause_s
from sync.errors import CloudUnreachable


@dataclass(slots=True)
class Task:
    """One chore. `work` does one step and tells whether there is more to do at once."""

    name: str
    work: Callable[[], bool]
    period_s: float
    due: float = 0.0
    """Monotonic time."""
    failures: int = 0
    error: GateError | None = None

    def hasten(self, now: float) -> None:
        """Something tells that there is work; a pause after a failure is kept."""
        if self.error is None:
            self.due = min(self.due, now)

    def reachable(self, now: float) -> None:
        """The cloud answered somebody else: a pause because it could not be reached has no reason any more."""
        if isinstance(self.error, CloudUnreachable):
            self.due = min(self.due, now)

    def forgive(self, now: float) -> None:
        """A new enrolment: whatever failed may work now."""
        self.due = now
        self.failures = 0

    def attempt(self, now: Callable[[], float], *, patience: Patience, chance: Callable[[], float]) -> bool:
        """Work if it is due. True = it was done without error."""
        if now() < self.due:
            return False
        try:
            more = self.work()
        except GateError as error:
            self.failures += 1
            self.error = error
            self.due = now() + pause_s(error, failures=self.failures, patience=patience, chance=chance())
            return False
        self.failures, self.error = 0, None
        self.due = now() + (0.0 if more else self.period_s)
        return True

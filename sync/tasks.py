"""The sync thread's tasks and when each is due.

One that fails waits on its own and stops no other. Pure except for `work`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import GateError
from sync.backoff import Patience, pause_s
from sync.errors import CloudUnreachable


@dataclass(slots=True)
class Task:
    """One task. `work` does one step and returns whether more is to be done at once."""

    name: str
    work: Callable[[], bool]
    period_s: float
    due: float = 0.0
    """Monotonic seconds."""
    failures: int = 0
    error: GateError | None = None

    def hasten(self, now: float) -> None:
        """There is new work. A pause after a failure is kept."""
        if self.error is None:
            self.due = min(self.due, now)

    def reachable(self, now: float) -> None:
        """The cloud answered another request, so a pause because it was unreachable is over."""
        if isinstance(self.error, CloudUnreachable):
            self.due = min(self.due, now)

    def forgive(self, now: float) -> None:
        """A new enrolment: whatever failed may work now."""
        self.due = now
        self.failures = 0

    def attempt(self, now: Callable[[], float], *, patience: Patience, chance: Callable[[], float]) -> bool:
        """Works if it is due. Returns True if that was done without error."""
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

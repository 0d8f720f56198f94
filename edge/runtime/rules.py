"""What holds at the running gate of the rules that the portal may choose: the value from the core itself, its origin from the config."""

from __future__ import annotations

import threading
from collections.abc import Callable

from core.rules.policy import Policy
from edge.config.choice import Origins
from edge.runtime.status import RulesStatus
from sync.wire_health import RulesChosen, RulesTold


class RulesInForce:
    """From any thread. A value is told when the core decides by it, and not when somebody wants it."""

    def __init__(
        self,
        *,
        policy: Callable[[], Policy],
        origins: Callable[[], tuple[Origins, RulesChosen | None]],
        mono: Callable[[], float],
    ) -> None:
        """`policy`: of the core's state; `origins`: with the choice they stand for; `mono`: seconds, monotonic."""
        self._policy = policy
        self._origins = origins
        self._mono = mono
        self._lock = threading.Lock()
        self._seen: tuple[float, bool] | None = None
        self._since = mono()

    def status(self) -> RulesStatus:
        policy = self._policy()
        held, chosen = self._origins()
        return RulesStatus(
            anti_passback_h=policy.anti_passback_h,
            anti_passback_from=held.anti_passback.value,
            convoy=policy.convoy,
            convoy_from=held.convoy.value,
            age_s=self._age_s(policy),
            chosen_anti_passback_h=None if chosen is None else chosen.anti_passback_h,
            chosen_convoy=None if chosen is None else chosen.convoy,
        )

    def told(self) -> RulesTold:
        """For the cloud."""
        found = self.status()
        chosen = None
        if found.chosen_anti_passback_h is not None and found.chosen_convoy is not None:
            chosen = RulesChosen(found.chosen_anti_passback_h, found.chosen_convoy)
        return RulesTold(
            anti_passback_h=found.anti_passback_h,
            anti_passback_from=found.anti_passback_from,
            convoy=found.convoy,
            convoy_from=found.convoy_from,
            age_s=int(found.age_s),
            chosen=chosen,
        )

    def _age_s(self, policy: Policy) -> float:
        values, now = (policy.anti_passback_h, policy.convoy), self._mono()
        with self._lock:
            if values != self._seen:  # at the first look: since this start at the latest
                self._since = self._since if self._seen is None else now
                self._seen = values
            return round(max(0.0, now - self._since), 1)

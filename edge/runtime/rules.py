"""The portal-choosable rules in force at the running gate: values from the core itself, origins from the config."""

from __future__ import annotations

import threading
from collections.abc import Callable

from core.rules.policy import Policy
from edge.config.choice import Origins
from edge.runtime.status import RulesStatus
from sync.wire_health import RulesChosen, RulesTold


class RulesInForce:
    """May be used from any thread. Reports the values that the core decides by, not those that somebody asked for."""

    def __init__(
        self,
        *,
        policy: Callable[[], Policy],
        origins: Callable[[], tuple[Origins, RulesChosen | None]],
        mono: Callable[[], float],
    ) -> None:
        """`policy`: the core's current one; `origins`: the rules' origins and the portal's choice; `mono`: seconds."""
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
            if values != self._seen:  # the first look counts from our start: they have held at least since then
                self._since = self._since if self._seen is None else now
                self._seen = values
            return round(max(0.0, now - self._since), 1)

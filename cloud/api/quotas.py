"""What a worker does with the daily quotas that all workers share: whether they are counted, and who is over (ADR 208)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from cloud.api.limits import Refusals
from cloud.domain.gate_quotas import CountUnknown
from cloud.settings import Quota

T = TypeVar("T")
log = logging.getLogger(__name__)


class Daily:
    """The daily quotas of one worker's gates. `refused` belongs to the event loop; the rest may be used by any thread."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.refused = Refusals()
        self._unknown = False

    def counted(self, act: Callable[[Quota | None], T]) -> T:
        """The result of `act`, which stores something and counts it in one transaction.

        If nobody can say what is left of a quota, nothing was stored, and `act` is done again with None: uncounted. That
        is said in the log once, and once when it is over. Raises what `act` raises, but never CountUnknown.
        """
        try:
            done = act(self.quota)
        except CountUnknown as error:
            if not self._unknown:
                log.error("quotas cannot be counted, gates are let in without: %s", _first_line(error.__cause__))  # noqa: TRY400
            self._unknown = True
            return act(None)
        if self._unknown:
            log.warning("quotas are counted again")
        self._unknown = False
        return done


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or ["?"])[0][:300]

"""When to retry: pure decisions about pauses."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import GateError
from sync.errors import CloudRetry, EnrolmentLost


@dataclass(frozen=True, slots=True)
class Patience:
    """The bounds of all pauses, in seconds."""

    low_s: float
    high_s: float
    reenrol_s: float


def pause_s(error: GateError, *, failures: int, patience: Patience, chance: float) -> float:
    """Seconds to wait after the `failures`-th failure in a row. `chance` is a random number in [0, 1).

    Exponential backoff from `low_s` to `high_s`, with jitter over the upper half, so that a thousand gates do not
    return within one second. `failures` is 0 if the broken stream had lasted for a while: then another server is probably
    up, and the retry comes at a random time within `low_s`. A Retry-After of the cloud is respected, up to `high_s`. A
    gate unknown to the cloud waits `reenrol_s`, because asking more often changes nothing.
    """
    if isinstance(error, EnrolmentLost):
        return patience.reenrol_s
    doubled: float = min(patience.high_s, patience.low_s * 2.0 ** min(failures - 1, 30))
    spread = doubled * (0.5 + chance / 2) if failures else patience.low_s * chance
    if isinstance(error, CloudRetry) and error.retry_after_s is not None:
        return min(patience.high_s, max(spread, error.retry_after_s))
    return spread


def poll_pause_s(*, poll_s: float, push_s: float, pushing: bool, chance: float) -> float:
    """Seconds until the list is asked for again if nothing reports a change. `chance` is in [0, 1).

    While the stream reports changes, polling is only a fallback: rare, never more frequent than without a stream, and
    at a different time for each gate.
    """
    return max(poll_s, push_s) * (1.0 + chance / 2) if pushing else poll_s

"""When to try again: pure decisions about pauses."""

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
    """How long to wait after the `failures`-th failure in a row; `chance` is a random number of [0, 1).

    Doubles from `low_s` to `high_s`, spread over the upper half so that a thousand gates do not come back in one
    second. With `failures` 0 what broke had held for long: another server is likely to be there, so it is tried within
    `low_s`, by the first of the gates that lost it at once, and spread over the whole of it. What the cloud asks by
    Retry-After is kept to, within `high_s`. A gate the cloud does not know waits `reenrol_s`: asking more often changes nothing.
    """
    if isinstance(error, EnrolmentLost):
        return patience.reenrol_s
    doubled: float = min(patience.high_s, patience.low_s * 2.0 ** min(failures - 1, 30))
    spread = doubled * (0.5 + chance / 2) if failures else patience.low_s * chance
    if isinstance(error, CloudRetry) and error.retry_after_s is not None:
        return min(patience.high_s, max(spread, error.retry_after_s))
    return spread


def poll_pause_s(*, poll_s: float, push_s: float, pushing: bool, chance: float) -> float:
    """How long until the list is asked for again, when nothing tells of a change; `chance` is of [0, 1).

    While the stream tells of changes asking is only a second rope: seldom, never oftener than without a stream, and
    each gate at a time of its own.
    """
    return max(poll_s, push_s) * (1.0 + chance / 2) if pushing else poll_s

"""Works out when the pictures of a stream were taken, from its time stamps and from how long each packet was waited for.

A packet that lay in the socket of a slow machine is delivered as if it had just arrived. The camera's stamps tell how
much later than others it came; having to wait for it tells that nothing was queued. Neither is trusted alone: cheap
cameras stamp twenty-five pictures a second and send twelve, and a thread held up while it waits finds old pictures
afterwards.
"""

from __future__ import annotations

WAITED_S = 0.02
"""Shorter waits are noise of the interpreter; no conclusion is drawn from them."""
DRIFT = 0.0015
"""Lateness that grows no faster than this comes from two clocks that differ: crystals by 0.0001, 29.97 stamped as 30 by 0.001.

It is needed because at sixty pictures a second no wait lasts as long as `WAITED_S`. It costs a backlog 0.09 s of its age
per minute.
"""
SURE_AFTER_S = 0.7
"""This much waiting in total reduces lateness to a third: the socket has been seen empty again and again."""
WAIT_COUNTS_S = 0.25
WAIT_COUNTS_STEPS = 2.0
"""Most that one wait may count, in seconds and in steps of the stamps: what comes after a longer wait was sent
meanwhile."""
LEAP_S = 1.0
"""Stamps that jump this much further than the packets can: the camera set its clock. The lateness is kept."""
SLACK_S = 0.1
"""Packets out of step by less than this are jitter."""
UNKNOWN_S = 2.0
"""Packets before the first wait may have been buffered by the camera for the next client: they count as at least this
old."""
UNKNOWN_FOR_S = 3.0
"""If a machine never waits, it is the slow part itself: what a camera buffers has arrived after this time."""
LONG_STEPS = 3.0
"""Without stamps: after a wait of more steps than this, it is unknown when during the wait the picture was taken."""
STEP_WEIGHT = 0.2


class StreamClock:
    """Owned by the thread that receives one stream. Times are seconds of this machine's monotonic clock.

    The lateness of a packet is (arrived - stamp) minus its smallest value so far. Every wait lets it decay, so
    slow-running stamps make pictures seem at most a second old, while a backlog, in which nobody waits, keeps its age.
    A stream without stamps is assumed to send at the rate at which its packets are waited for. Until the first wait
    nothing is known, and unknown counts as old.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        """Difference of arrival and stamp for a packet that is not late; None before the first stamp."""
        self._stamp_s = 0.0
        self._arrived: float | None = None
        """Arrival of the previous packet; None before the first."""
        self._unknown_until: float | None = None
        """End of the time in which lateness is unknown; None before the first packet."""
        self._step_s: float | None = None
        """Interval between packets of a stream without stamps; None until one was waited for."""
        self._late_s = 0.0

    def late_s(self, stamp_s: float | None, *, asked: float, arrived: float) -> float:
        """How late the packet is that was asked for at `asked` and came at `arrived`, as far as is known."""
        arrival_step_s = 0.0 if self._arrived is None else arrived - self._arrived
        first, self._arrived = self._arrived is None, arrived
        waited_s = arrived - asked
        if stamp_s is None:
            self._late_s = 0.0 if first else self._by_pace(arrival_step_s, waited_s)
        else:
            self._late_s = self._by_stamp(stamp_s, arrival_step_s, waited_s)
        if self._unknown_until is None:
            self._unknown_until = arrived + UNKNOWN_FOR_S
        elif waited_s >= WAITED_S:
            self._unknown_until = arrived
        return self._late_s

    @property
    def age_s(self) -> float:
        """How old that packet counts as: its lateness, and at least `UNKNOWN_S` while that is unknown."""
        known = self._unknown_until is not None and self._arrived is not None and self._arrived >= self._unknown_until
        return self._late_s if known else max(UNKNOWN_S, self._late_s)

    def _by_stamp(self, stamp_s: float, arrival_step_s: float, waited_s: float) -> float:
        arrived, late_s = self._arrived, 0.0
        assert arrived is not None
        if self._offset_s is not None:
            stamp_step_s = stamp_s - self._stamp_s
            if not -SLACK_S <= stamp_step_s <= arrival_step_s + self._late_s + LEAP_S:
                self._offset_s, stamp_step_s = arrived - stamp_s - self._late_s, 0.0
            late_s = max(0.0, arrived - stamp_s - self._offset_s - DRIFT * arrival_step_s)
            if waited_s >= WAITED_S:
                counts_s = max(WAITED_S, min(waited_s, WAIT_COUNTS_S, WAIT_COUNTS_STEPS * stamp_step_s))
                late_s *= max(0.0, 1 - counts_s / SURE_AFTER_S)
        self._stamp_s, self._offset_s = stamp_s, arrived - stamp_s - late_s
        return late_s

    def _by_pace(self, arrival_step_s: float, waited_s: float) -> float:
        step_s = self._step_s
        if waited_s >= WAITED_S:
            self._step_s = arrival_step_s if step_s is None else step_s + STEP_WEIGHT * (arrival_step_s - step_s)
        if step_s is None or step_s / 2 <= waited_s <= step_s * LONG_STEPS:
            return 0.0
        return max(0.0, self._late_s + arrival_step_s - step_s)

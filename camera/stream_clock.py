"""When the pictures of a stream were taken: its own stamps, and how long each packet was waited for.

A packet that lay in the socket of a box that does not keep up is handed over as if it came just now. The camera's stamps
say how much later than others it came; waiting says that nothing lay there. Neither is believed alone: cheap cameras stamp
twenty-five pictures a second and send twelve, and who is held up while it waits finds old pictures at the end.
"""

from __future__ import annotations

WAITED_S = 0.02
"""Shorter waits are the interpreter's own: nothing follows from them."""
DRIFT = 0.0015
"""What grows no faster than this is two clocks that differ: crystals by 0.0001, 29.97 stamped as 30 by 0.001.

Sixty pictures a second are never waited for longer than `WAITED_S`. A backlog loses 0.09 s of its age a minute by it.
"""
SURE_AFTER_S = 0.7
"""Waiting that long in all takes lateness back to a third: the socket has been seen empty again and again."""
WAIT_COUNTS_S = 0.25
WAIT_COUNTS_STEPS = 2.0
"""A wait counts as so much, and as so many steps of the stamps, at the most: what comes after a longer one was sent meanwhile."""
LEAP_S = 1.0
"""Stamps that go this much further than packets can are a camera that set its clock; how late its pictures are stays."""
SLACK_S = 0.1
"""Packets that come this much out of step are jitter."""
UNKNOWN_S = 2.0
"""What comes before the first wait may have been kept by the camera for whoever connects: it counts as this old at least."""
UNKNOWN_FOR_S = 3.0
"""A box that never waits knows after so long that it is the box: what a camera keeps has come by then."""
LONG_STEPS = 3.0
"""Without stamps: after a wait of so many steps nobody knows when in it the picture was taken."""
STEP_WEIGHT = 0.2


class StreamClock:
    """Owned by the thread that receives one stream; times are seconds of this box's monotonic clock.

    Late is a packet by (arrived - stamp), less the smallest value of that so far. Every wait lets it fade, so that stamps
    that run slow make pictures seem a second old at most, and a backlog, which nobody waits in, keeps its age. A stream
    without stamps is taken to send at the pace at which its packets are waited for. Until the first wait nothing is known,
    and unknown counts as old.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        """What arrival and stamp differ by when nothing is late; None before the first stamp."""
        self._stamp_s = 0.0
        self._arrived: float | None = None
        """The packet before; None before the first."""
        self._unknown_until: float | None = None
        """None before the first packet."""
        self._step_s: float | None = None
        """Between packets of a stream without stamps; None until one was waited for."""
        self._late_s = 0.0

    def late_s(self, stamp_s: float | None, *, asked: float, arrived: float) -> float:
        """How late the packet is that was asked for at `asked` and came at `arrived`, as far as it is known."""
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
        """How old that packet counts as: what it is late, and more while nothing is known."""
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

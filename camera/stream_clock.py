"""When the pictures of a stream were taken: its own stamps, and how long each packet was waited for.

A packet that lay in the socket of a box that does not keep up is handed over as if it came just now. The camera's stamps
say how much later than others it came; waiting says that nothing lay there. Neither is believed alone: cheap cameras stamp
twenty-five pictures a second and send twelve.
"""

from __future__ import annotations

WAITED_S = 0.02
"""Shorter waits are the interpreter's own: nothing follows from them."""
WAIT_COUNTS_S = 0.25
"""A longer wait counts as this: after a network that stood still for seconds the first packet is old all the same."""
SURE_AFTER_S = 0.7
"""Waiting that long in all takes lateness back to a third: the socket has been seen empty again and again."""
LEAP_S = 1.0
"""Stamps that go this much further than packets can are a camera that set its clock; how late its pictures are stays."""
SLACK_S = 0.1
"""Packets that come this much out of step are jitter."""


class StreamClock:
    """Owned by the thread that receives one stream; times are seconds of this box's monotonic clock.

    Late is a packet by (arrived - stamp), less the smallest value of that so far. Every wait lets it fade, so that stamps
    that run slow make pictures seem half a second old at most, and a backlog, which nobody waits in, keeps its age.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        """What arrival and stamp differ by when nothing is late; None before the first stamp."""
        self._last: tuple[float, float] = (0.0, 0.0)
        """Stamp and arrival of the packet before."""
        self._late_s = 0.0

    def late_s(self, stamp_s: float | None, *, asked: float, arrived: float) -> float:
        """How old the packet is that was asked for at `asked` and came at `arrived`; 0 where its stamp says nothing."""
        if stamp_s is None:
            return 0.0
        if self._offset_s is None:
            self._offset_s = arrived - stamp_s
            self._last = (stamp_s, arrived)
            return 0.0
        stamp_step_s, arrival_step_s = stamp_s - self._last[0], arrived - self._last[1]
        self._last = (stamp_s, arrived)
        if not -SLACK_S <= stamp_step_s <= arrival_step_s + self._late_s + LEAP_S:
            self._offset_s = arrived - stamp_s - self._late_s
        late_s = max(0.0, arrived - stamp_s - self._offset_s)
        waited_s = arrived - asked
        if waited_s >= WAITED_S:
            late_s *= max(0.0, 1 - min(waited_s, WAIT_COUNTS_S) / SURE_AFTER_S)
        self._offset_s = arrived - stamp_s - late_s
        self._late_s = late_s
        return late_s

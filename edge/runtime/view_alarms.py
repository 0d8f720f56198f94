"""Turns troubles of a view into the gate's alarms. Used by the vision thread."""

from __future__ import annotations

from types import MappingProxyType

from camera.frame import Frame
from camera.look import Sight
from camera.view_watch import Trouble, ViewState
from edge.language import say
from edge.runtime.alarms import Alarms, Fault
from edge.words import shift_words

FAULTS = MappingProxyType(
    {
        Trouble.BLOCKED: Fault.CAMERA_BLOCKED,
        Trouble.MOVED: Fault.CAMERA_MOVED,
        Trouble.BLURRED: Fault.CAMERA_BLURRED,
        Trouble.GLARE: Fault.CAMERA_GLARE,
        Trouble.CLOCK: Fault.CAMERA_CLOCK,
    }
)
FROZEN_FOR_S = 5.0
"""A single grey picture from the decoder does not mean that the camera hangs."""


class ViewAlarms:
    """The `viewed` callback of `vision.Vision`: sets and clears alarms after each look."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._raised: dict[str, frozenset[Fault]] = {}
        self._frozen_since: dict[str, float] = {}

    def __call__(self, lane: str, frame: Frame, sight: Sight) -> None:
        wanted = {FAULTS[trouble] for trouble in sight.view.troubles}
        if not sight.frozen:
            self._frozen_since.pop(lane, None)
        elif frame.captured - self._frozen_since.setdefault(lane, frame.captured) >= FROZEN_FOR_S:
            wanted.add(Fault.CAMERA_FROZEN)
        if Fault.CAMERA_BLOCKED in wanted:
            wanted.discard(Fault.CAMERA_FROZEN)  # the picture is frozen because the lens is covered
        raised = self._raised.get(lane, frozenset())
        for fault in sorted(wanted - raised):
            self._alarms.set(fault, detail_of(fault, sight.view), lane=lane)
        for fault in sorted(raised - wanted):
            self._alarms.clear(fault, lane=lane)
        self._raised[lane] = frozenset(wanted)


def detail_of(fault: Fault, view: ViewState) -> str:
    """The measured values, for the person who will fix the camera."""
    if fault is Fault.CAMERA_MOVED and view.shift is not None:
        return shift_words(view.shift)
    if fault is Fault.CAMERA_BLURRED and view.measures is not None and view.softness_usual_px:
        now = view.measures.softness_px
        if now is not None:
            return say("в {times:.1f} раза мягче обычного", times=now / max(view.softness_usual_px, 0.5))
    return ""

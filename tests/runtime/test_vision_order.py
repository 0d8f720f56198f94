"""Which lane's frame is looked at next."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime

import numpy as np

from camera.frame import Frame
from camera.look import Attention, Sight
from camera.view_watch import ViewState
from core.events import Instant
from edge.runtime.inbox import Inbox
from edge.runtime.vision import NoticedSlot, Vision

LANES = ("north", "south", "exit")


def test_exit_frames_come_first_on_a_loaded_box() -> None:
    """Where every look takes so long that each camera has a new frame, the exit's is looked at between any two others."""
    wake, stop = threading.Event(), threading.Event()
    slots = {lane: NoticedSlot(wake) for lane in LANES}
    looked: list[str] = []

    def fill() -> None:
        for lane, slot in slots.items():
            slot.put(Frame(bgr=np.zeros((4, 4, 3), np.uint8), captured=0.0, frame_id=len(looked), lane=lane))

    class SlowView:
        def look(self, frame: Frame, *, attention: Attention) -> Sight:
            looked.append(frame.lane)
            fill()
            if len(looked) >= 12:
                stop.set()
            return Sight((), None, None, frozen=False, view=ViewState(), inferred=False, elapsed_ms=1.0)

    vision = Vision(
        slots=slots,
        views={lane: SlowView() for lane in LANES},  # type: ignore[misc]
        wake=wake,
        inbox=Inbox(),
        attention=lambda _: Attention.IDLE,
        now=lambda: Instant(0.0, datetime(2026, 5, 1, tzinfo=UTC), wall_trusted=True),
        first=["exit"],
    )
    fill()
    vision.run(stop)

    others = [place for place, lane in enumerate(looked) if lane != "exit"]
    assert {"north", "south"} == {looked[place] for place in others}
    assert all("exit" in looked[one + 1 : other] for one, other in itertools.pairwise(others))

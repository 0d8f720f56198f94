"""A recording through the code of the live gate, from Python: who came, and what the gate would have done.

python -m examples.replay_recording recording.mp4 A123BC77 K777KK77
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from camera.look import LaneView
from camera.reader import PlateReader, open_reader
from camera.recording import Recording
from camera.settings import CameraSettings
from core.decision.record import VisitRecord
from core.passes.pass_list import Pass, PassList, PassSource
from core.plates.canonical import canonical
from core.rules.policy import Direction, Lane, Policy, Site
from edge.paths import weights_dir
from edge.replay.play import Replay

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""When the recording began: passes hold or not by its clock, so the same arguments give the same visits."""


def visits(video: Path, plates: list[str], *, reader: PlateReader | None = None) -> Iterator[VisitRecord]:
    """The visits of an entry lane whose list has these plates for ever."""
    lane = Lane("entry", Direction.ENTRY, "main")
    passes = PassList([Pass(f"p{n}", canonical(plate), source=PassSource.LOCAL) for n, plate in enumerate(plates)])
    replay = Replay(
        site=Site(lanes=(lane,), policy=Policy(), run_id="replay"),
        lane=lane.name,
        passes=passes,
        view=LaneView(reader or open_reader(weights_dir()), settings=CameraSettings()),
        start=START,
    )
    recording = Recording(video, lane=lane.name)
    try:
        yield from replay.visits(recording.frames())
    finally:
        recording.close()


if __name__ == "__main__":
    for record in visits(Path(sys.argv[1]), sys.argv[2:]):
        print(
            f"{record.first.mono:6.1f} s  {record.plate or record.masked or '-':<10} {record.decision} {record.reason}"
        )

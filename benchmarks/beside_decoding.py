"""What an idle lane takes besides decoding: processor time per picture of the whole process, and of decoding alone.

`python benchmarks/beside_decoding.py large.mp4 [--pictures 450]`, with a recording of an empty lane at 15 pictures a
second (docs/performance.md has the command that makes one). It is read at its own pace, and one in four pictures is
looked at, as while a lane rests; the networks are left out. Threads of libraries count. Compare two checkouts by
running both at the same time.
"""

from __future__ import annotations

import argparse
import json
import time

import camera  # noqa: F401 - before numpy: it says how many threads multiply
from camera.av_stream import AvStream
from camera.backend import limit_threads
from camera.frame import Frame
from camera.look import Attention, LaneView
from camera.settings import CameraSettings
from core.reading.reads import PlateRead
from edge.runtime.allocator import keep_little

FPS = 15
LOOKED_AT = 4


class NoNetworks:
    """A reader that reads nothing."""

    def read(self, _frame: Frame) -> tuple[PlateRead, ...]:
        return ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--pictures", type=int, default=450)
    arguments = parser.parse_args()
    keep_little()
    limit_threads(1)
    stream = AvStream(arguments.video, transport="tcp", open_timeout_s=10, read_timeout_s=10)
    stream.open()
    view = LaneView(NoNetworks(), settings=CameraSettings())
    decoding_s, whole_s, began = 0.0, time.process_time(), time.monotonic()
    looked_at = 0
    for number in range(arguments.pictures):
        time.sleep(max(0.0, began + number / FPS - time.monotonic()))
        before_s = time.thread_time()
        picture = stream.decode(stream.next())
        decoding_s += time.thread_time() - before_s
        if picture is not None and number % LOOKED_AT == 0:
            made = picture()
            held = Frame(made.grey, captured=number / FPS, frame_id=number + 1, lane="lane", colour=made.colour)
            view.look(held, attention=Attention.IDLE)  # held until the next one, as by the lane
            looked_at += 1
    whole_s = time.process_time() - whole_s
    report = {
        "ms_a_picture": round(1e3 * whole_s / arguments.pictures, 2),
        "of_these_decoding_ms": round(1e3 * decoding_s / arguments.pictures, 2),
        "core_percent": round(100 * FPS * whole_s / arguments.pictures, 1),
        "looked_at": looked_at,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

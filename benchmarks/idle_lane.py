"""The cost of a lane in which nothing happens: capture and vision as in the gate, over RTSP.

`python benchmarks/idle_lane.py rtsp://127.0.0.1:8554/main [--small rtsp://127.0.0.1:8554/sub] [--awake]`. Processor
time of the whole process as a share of one core, once the lane is resting. `--awake`: as if something were in the lane
all the time, without the networks.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from datetime import UTC, datetime

from camera.backend import limit_threads
from camera.capture import Capture
from camera.look import Attention, LaneView
from camera.opening import open_source
from camera.reader import open_reader
from camera.settings import CameraSettings
from core.instant import Instant
from edge.paths import weights_dir
from edge.runtime.inbox import Inbox
from edge.runtime.vision import NoticedSlot, Vision

LANE = "lane"
SETTLES_S = 8.0


def now() -> Instant:
    return Instant(time.monotonic(), datetime.now(UTC), wall_trusted=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("camera")
    parser.add_argument("--small", default="")
    parser.add_argument("--awake", action="store_true")
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    limit_threads(1)
    settings, wake, inbox, stop = CameraSettings(), threading.Event(), Inbox(), threading.Event()
    slot = NoticedSlot(wake)
    vision = Vision(
        slots={LANE: slot},
        views={LANE: LaneView(open_reader(weights_dir()), settings=settings)},
        wake=wake,
        inbox=inbox,
        attention=lambda _: Attention.IDLE,
        now=now,
    )

    def resting() -> bool:
        return not arguments.awake and vision.resting(LANE)

    source = open_source(arguments.camera, lane=LANE, settings=settings, resting=resting, small=arguments.small)
    capture = Capture(source, slot, settings=settings)

    def empty_inbox() -> None:
        while not stop.is_set():
            inbox.take(0.5)

    for work in (lambda: capture.run(stop), lambda: vision.run(stop), empty_inbox):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(SETTLES_S)
    sight = vision.sights[LANE]
    cpu, wall, came, looked, inferred = (
        time.process_time(), time.monotonic(), capture.frames, sight.frames, sight.inferred,
    )  # fmt: skip
    time.sleep(arguments.seconds)
    took = time.monotonic() - wall
    report = {
        "core_percent": round(100 * (time.process_time() - cpu) / took, 1),
        "received_per_s": round((capture.frames - came) / took, 1),
        "looked_at_per_s": round((sight.frames - looked) / took, 1),
        "runs_of_networks": sight.inferred - inferred,
        "link": capture.link.value,
    }
    print(json.dumps(report), flush=True)
    os._exit(0)  # a capture may hang in a native read


if __name__ == "__main__":
    main()

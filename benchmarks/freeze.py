"""How soon a repeated picture is detected through H.264, and whether noisy still scenes are ever mistaken for one.

    python benchmarks/freeze.py PICTURE [VIDEO]      (needs PyAV, which the gate itself does not)

The picture is sent with new noise for 12 s, then its last frame repeatedly; the video as it is.
"""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Iterator

import av
import cv2
import numpy as np

from camera.frame import Picture
from camera.freeze import FreezeWatch
from camera.shrink import thumbnail

FPS, LIVE_S, FROZEN_S = 6, 12, 48
ENCODERS = {
    "crf 23": ({"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}, 16, None),
    "cbr 500k": ({"preset": "ultrafast", "tune": "zerolatency", "nal-hrd": "cbr", "maxrate": "500000"}, 12, 500_000),
    "cbr 300k": ({"preset": "ultrafast", "tune": "zerolatency", "maxrate": "300000", "bufsize": "300000"}, 24, 300_000),
}


def main(picture: str, video: str | None = None) -> None:
    still = np.asarray(cv2.resize(cv2.imread(picture), (480, 270)), np.uint8)
    for name, (options, group, rate) in ENCODERS.items():
        for label, sigma, gain in (("day", 1.0, 1.0), ("night", 4.0, 0.25)):
            live = noisy(still, sigma, gain)
            frames = list(itertools.islice(live, LIVE_S * FPS))
            frozen = [*frames, *[frames[-1]] * (FROZEN_S * FPS)]
            told = told_at(coded(iter(frozen), options, group, rate))
            alive = told_at(coded(itertools.islice(live, 40 * FPS), options, group, rate))
            print(f"{name:9} {label:6} frozen at {LIVE_S} s, told at {told}; a live scene: {alive}", flush=True)
    if video is not None:
        capture = cv2.VideoCapture(video)
        fps = capture.get(cv2.CAP_PROP_FPS)
        frames = iter(lambda: capture.read()[1], None)
        print(f"{video}: frozen at {told_at((thumbnail(frame) for frame in frames), fps)}")


def noisy(still: Picture, sigma: float, gain: float) -> Iterator[Picture]:
    rng = np.random.default_rng(1)
    base = still.astype(np.float32) * gain
    while True:
        noise = rng.normal(0, sigma, still.shape[:2]).astype(np.float32)[..., None]
        yield np.clip(base + noise, 0, 255).astype(np.uint8)


def coded(frames: Iterator[Picture], options: dict[str, str], group: int, rate: int | None) -> Iterator[Picture]:
    """Thumbnails of the frames after H.264."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 480, 270, "yuv420p", group
        stream.options = options
        if rate:
            stream.bit_rate = rate
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as read:
        for frame in read.decode(video=0):
            yield thumbnail(frame.to_ndarray(format="bgr24"))


def told_at(thumbs: Iterator[Picture], fps: float = FPS) -> float | None:
    watch = FreezeWatch(after_s=15)
    return next((round(n / fps, 1) for n, thumb in enumerate(thumbs) if watch.look(thumb, n / fps)), None)


if __name__ == "__main__":
    main(*sys.argv[1:])

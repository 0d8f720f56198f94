"""What a camera's video coder leaves of a plate, and what several coded pictures of it show together.

A gate never sees a plate as the sensor did: H.264 has taken the finest strokes, differently in each picture because the
plate has moved by a fraction of a pixel. JPEG errs differently, so these pictures go through a real coder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from camera.stack import MOST_PICTURES, sharpened
from models.training.plates.conditions import INPUT
from models.training.plates.pose import Float
from models.training.plates.surroundings import Grey

MARGIN_PX: Final = 8
"""Room around the crop in which it moves, and in which the coder's blocks begin at any place."""
_COARSE: Final = (20, 43)
"""Quantisers: 20 is hardly visible; at 42 a plate of 60 px is a guess. Cameras at a few Mbit/s are between 25 and 38."""
_STEP_PX: Final = 1.4
"""Standard deviation of a plate's motion from picture to picture, in each direction."""
_ALIGNED_PX: Final = 0.2
"""Standard deviation of what is left of it in a stack, for pictures of a plate's own resolution."""
_SMALL_PX: Final = 110
"""A gate stacks small plates; larger ones are clear in one picture."""


def filmed(rng: np.random.Generator, window: Float, plate_px: float) -> Grey:
    """A crop of one picture of a coded video or, of small plates half the time, a stack of several, `[64, 192]`.

    `window`: the sensor's picture of the crop with `MARGIN_PX` more on every side. `plate_px`: the plate's width in it.
    """
    small = plate_px < _SMALL_PX
    count = int(rng.integers(1, MOST_PICTURES + 1)) if small else int(rng.integers(1, 3))
    moved = np.cumsum(rng.normal(0, _STEP_PX, (count, 2)), axis=0)
    moved = np.asarray(np.clip(moved - moved[-1], 1 - MARGIN_PX, MARGIN_PX - 1), np.float32)
    noise = float(rng.uniform(0.5, 4.0))
    shown = [_noted(_shifted(window, shift) + rng.normal(0, noise, window.shape)) for shift in moved]
    pictures = list(coded(shown, quantiser=int(rng.integers(*_COARSE))))
    if count == 1 or not small or rng.random() < 0.5:
        return _flat(pictures[-1], np.zeros(2, np.float32))
    slips = rng.normal(0, _ALIGNED_PX, moved.shape).astype(np.float32)
    slips[-1] = 0.0
    flats = [_flat(picture, shift).astype(np.float32) for picture, shift in zip(pictures, moved + slips, strict=True)]
    return sharpened(np.asarray(np.mean(flats, axis=0), np.float32))


def coded(pictures: Sequence[Grey], *, quantiser: int) -> Iterator[Grey]:
    """The grey `pictures`, all of one size, after H.264 with a constant `quantiser` (0: no loss, 51: the coarsest)."""
    tall, wide = pictures[0].shape
    encoder = av.CodecContext.create("libx264", "w")
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(encoder, VideoCodecContext) and isinstance(decoder, VideoCodecContext)  # noqa: PT018 - for the types
    encoder.width, encoder.height = wide + wide % 2, tall + tall % 2
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 15)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "qp": str(quantiser)}
    encoder.thread_count = decoder.thread_count = 1
    for picture in pictures:
        for packet in encoder.encode(_frame(picture)):
            yield from (_grey(frame, (wide, tall)) for frame in decoder.decode(packet))
    for packet in encoder.encode(None):
        yield from (_grey(frame, (wide, tall)) for frame in decoder.decode(packet))
    yield from (_grey(frame, (wide, tall)) for frame in decoder.decode(None))


def _frame(picture: Grey) -> av.VideoFrame:
    """`picture` without colour; an odd side gets one more line, since colour has half the resolution."""
    even = np.pad(picture, [(0, side % 2) for side in picture.shape], mode="edge")
    tall, wide = even.shape
    colour = np.full((tall // 2, wide), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([even, colour]), format="yuv420p")


def _grey(frame: av.VideoFrame, size: tuple[int, int]) -> Grey:
    return np.asarray(frame.to_ndarray(), np.uint8)[: size[1], : size[0]].copy()


def _shifted(picture: Float, by: Float) -> Float:
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(
        cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _flat(picture: Grey, shift: Float) -> Grey:
    """The crop in `picture`, in which it lies `shift` from the middle, at the size of the reader's input."""
    tall, wide = (side - 2 * MARGIN_PX for side in picture.shape)
    scale = np.array([wide / INPUT[0], tall / INPUT[1]])
    begin = MARGIN_PX + shift - 0.5 + scale / 2
    matrix = np.array([[scale[0], 0, begin[0]], [0, scale[1], begin[1]]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, INPUT, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _noted(picture: NDArray[np.float64]) -> Grey:
    """What a sensor of eight bits keeps."""
    return np.clip(picture, 0, 255).astype(np.uint8)

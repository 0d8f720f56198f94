"""A picture held as video carries it: what the networks see of it, and what a person does."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from camera.blocks import Blocks
from camera.frame import Picture
from camera.packets import Decoded
from camera.planes import copied, widened


def scene() -> Picture:
    """Blocks of colours, grey in steps, black and white."""
    noise = np.random.default_rng(3)
    blocks = noise.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    blocks[0] = np.linspace(0, 255, 8).astype(np.uint8)[:, None]
    return np.asarray(cv2.resize(blocks, (64, 48), interpolation=cv2.INTER_NEAREST), np.uint8)


def sent(*, full: bool) -> av.VideoFrame:
    """The scene as a camera would send it, in one range of brightness or the other."""
    whole = av.VideoFrame.from_ndarray(scene(), format="bgr24")
    return whole.reformat(format="yuvj420p" if full else "yuv420p")


def kept(frame: av.VideoFrame, *, full: bool, blocks: Blocks | None = None) -> Decoded:
    planes = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]
    return copied(planes[0], planes[1], planes[2], full=full, blocks=blocks or Blocks())


@pytest.mark.parametrize("full", [False, True])
def test_both_ranges_of_brightness_give_the_same_picture(full: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Grey is that of the scene and colours are those that FFmpeg makes, whichever range the camera uses."""
    frame = sent(full=full)
    shown = kept(frame, full=full)

    assert 2 > np.abs(shown.grey.astype(int) - cv2.cvtColor(scene(), cv2.COLOR_BGR2GRAY)).mean()
    assert 2 > np.abs(shown.colour().astype(int) - frame.to_ndarray(format="bgr24")).mean()
    assert shown.grey[2, 2] <= 2
    assert shown.grey[2, 61] >= 253


def test_a_held_picture_takes_half_the_bytes_of_its_colours() -> None:
    """What is kept of a picture is one block of a byte and a half a pixel, of its own: the decoder's is free again."""
    shown = kept(sent(full=False), full=False)

    assert shown.grey.base is not None
    assert 48 * 64 * 3 // 2 == shown.grey.base.nbytes
    assert shown.grey.base.flags.owndata


def test_brightness_is_widened_by_the_formula_of_the_standard() -> None:
    """16 becomes 0 and 235 becomes 255, to the nearest level between them (ITU-R BT.601), also in a part of a picture."""
    levels = np.tile(np.arange(256, dtype=np.uint8), (3, 2))
    expected = np.clip(np.round((levels.astype(float) - 16) * 255 / 219), 0, 255).astype(np.uint8)

    assert expected.tolist() == widened(levels).tolist()
    assert expected[:, 5:401].tolist() == widened(levels[:, 5:401]).tolist()


@pytest.mark.parametrize("held_by", ["its brightness", "a part of it", "its colours"])
def test_a_picture_that_somebody_holds_is_not_written_over(held_by: str) -> None:
    """However many pictures follow, what is still held of one looks as before."""
    blocks, frame = Blocks(), sent(full=False)
    shown = kept(frame, full=False, blocks=blocks)
    grey, colours = shown.grey.copy(), shown.colour()
    part = shown.grey[8:, 8:] if held_by == "a part of it" else shown.grey if held_by == "its brightness" else None
    colour = shown.colour if held_by == "its colours" else None
    del shown
    black = av.VideoFrame.from_ndarray(np.zeros_like(scene()), format="bgr24").reformat(format="yuv420p")
    for _ in range(5):
        kept(black, full=False, blocks=blocks)

    if part is not None:
        assert (grey[-part.shape[0] :, -part.shape[1] :] == part).all()
    if colour is not None:
        assert (colours == colour()).all()

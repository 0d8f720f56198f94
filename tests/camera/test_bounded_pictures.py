"""What a picture may take of memory, however it is sent."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from camera.av_stream import AvStream
from camera.bounded_pictures import MOST_BYTES, bound_pictures
from camera.errors import CameraLost
from tests.faults.hostile_camera import HostileCamera


def test_a_picture_without_an_end_is_a_lost_camera() -> None:
    """It ends by its size, and not by the time-out: what comes in five minutes fits into no box."""
    with HostileCamera() as camera:
        stream = AvStream(camera.url, transport="tcp", open_timeout_s=10.0, read_timeout_s=300.0)
        stream.open()
        stream.next()
        camera.mode = "endless picture"
        with pytest.raises(CameraLost):
            packets(stream, 100)


def packets(stream: AvStream, count: int) -> None:
    for _ in range(count):
        stream.next()


def test_pictures_of_today_fit() -> None:
    """8K is let through, a piece beyond the bound is refused as if memory were out."""
    assert 0 < bound_pictures()
    assert av.VideoFrame(7680, 4320, "yuv420p").width == 7680
    side = int((2 * MOST_BYTES) ** 0.5)
    with pytest.raises((MemoryError, av.FFmpegError)):
        av.VideoFrame(side, side, "gray")


@pytest.mark.parametrize("content", ["", "7f00-7f01 r-xp 0 00:00 1   /nowhere/libavutil.so.60\n", "libavutil\n"])
def test_where_the_library_is_not_found_nothing_happens(tmp_path: Path, content: str) -> None:
    """Another system, or a build with the library inside: nothing is bound, and nothing fails."""
    maps = tmp_path / "maps"
    maps.write_text(content)
    assert bound_pictures(maps) == 0
    assert bound_pictures(tmp_path / "none") == 0

"""What every `FrameSource` promises, over every implementation; the wire and the ribbon cable have stand-ins."""

from __future__ import annotations

import itertools
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.csi import CsiSource
from camera.errors import CameraLost
from camera.frame import Picture
from camera.mjpeg import Script, serving
from camera.opening import packets
from camera.recording import LoopedRecording, Recording
from camera.scripted import ScriptedSource
from camera.settings import CameraSettings
from camera.source import FrameSource
from camera.stream import StreamSource
from camera.two_streams import TwoStreams

LANE = "entry"
SIZE = (96, 64)
SETTINGS = CameraSettings(open_timeout_s=5, read_timeout_s=0.5)


def pictures(count: int = 6) -> tuple[Picture, ...]:
    noise = np.random.default_rng(0)
    return tuple(noise.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8) for _ in range(count))


@dataclass
class Given:
    """One implementation: how to make it, and whether it comes to an end by itself."""

    source: FrameSource
    ends: bool


def frames_until_end(source: FrameSource) -> int:
    """How many frames came before the end, of at most a hundred."""
    for count in range(100):
        try:
            if source.read() is None:
                return count
        except CameraLost:
            return count
    return 100


class FakePicamera2:
    """The little of picamera2 that is used, giving pictures at once."""

    def __init__(self, number: int) -> None:
        self._pictures = itertools.cycle(pictures())

    def create_video_configuration(self, **wanted: object) -> dict[str, object]:
        return wanted

    def configure(self, config: dict[str, object]) -> None:
        assert config["main"] == {"format": "RGB888", "size": (1920, 1080)}

    def start(self) -> None: ...

    def capture_array(self, name: str, *, wait: bool) -> str:
        return name

    def wait(self, job: str, timeout: float) -> Picture:
        return next(self._pictures)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, SIZE)
    for picture in pictures():
        writer.write(picture)
    writer.release()
    return path


def scripted(_clip: Path, _stack: ExitStack) -> Given:
    return Given(ScriptedSource(pictures() * 2, lane=LANE), ends=True)


def recording(clip: Path, _stack: ExitStack) -> Given:
    return Given(Recording(clip, lane=LANE), ends=True)


def looped(clip: Path, _stack: ExitStack) -> Given:
    return Given(LoopedRecording(clip, lane=LANE, sleep=lambda _: None), ends=False)


def stream(_clip: Path, stack: ExitStack) -> Given:
    server = stack.enter_context(serving(Script(pictures() * 2)))
    url = server.url.replace("http://", "http://guard:s3cret@")
    return Given(StreamSource(url, lane=LANE, stream=packets(url, SETTINGS), patience_s=0.5), ends=True)


class Restless:
    """Nobody watches the small stream."""

    def calm(self) -> bool:
        return False

    def start(self) -> None: ...

    def stop(self) -> None: ...


def two_streams(_clip: Path, stack: ExitStack) -> Given:
    server = stack.enter_context(serving(Script(pictures() * 2)))
    url = server.url.replace("http://", "http://guard:s3cret@")
    return Given(
        TwoStreams(url, lane=LANE, stream=packets(url, SETTINGS), lookout=Restless(), patience_s=0.5), ends=True
    )


def csi(_clip: Path, stack: ExitStack) -> Given:
    package = types.ModuleType("picamera2")
    package.Picamera2 = FakePicamera2  # type: ignore[attr-defined]
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setitem(sys.modules, "picamera2", package)
    return Given(CsiSource(0, lane=LANE, settings=SETTINGS), ends=False)


Make = Callable[[Path, ExitStack], Given]


@pytest.fixture(params=[scripted, recording, looped, stream, two_streams, csi], ids=lambda make: make.__name__)
def given(request: pytest.FixtureRequest, clip: Path) -> Iterator[Given]:
    make: Make = request.param
    with ExitStack() as stack:
        made = make(clip, stack)
        yield made
        made.source.close()


class TestFrameSource:
    def test_read_before_open_is_a_lost_camera(self, given: Given) -> None:
        """A source that was not opened has no picture and says so."""
        with pytest.raises(CameraLost):
            given.source.read()

    def test_frames_are_numbered_timed_and_named(self, given: Given) -> None:
        """Ids count up by one, times never run backwards, and every frame knows its lane."""
        given.source.open()

        frames = [given.source.read() for _ in range(4)]

        got = [frame for frame in frames if frame is not None]
        times = [frame.captured for frame in got]
        assert [frame.frame_id for frame in got] == [1, 2, 3, 4]
        assert times == sorted(times)
        assert {(frame.lane, frame.size, frame.bgr.dtype) for frame in got} == {(LANE, SIZE, np.dtype(np.uint8))}

    def test_opened_again_it_counts_on(self, given: Given) -> None:
        """Frame ids go on over a reconnect, so that no two frames of a lane share one."""
        given.source.open()
        first = given.source.read()
        given.source.close()
        given.source.open()

        second = given.source.read()

        assert first is not None
        assert second is not None
        assert second.frame_id == first.frame_id + 1

    def test_close_is_harmless_at_any_time(self, given: Given) -> None:
        """A source may be closed before it was opened and more than once, and then gives nothing more."""
        given.source.close()
        given.source.open()
        given.source.close()
        given.source.close()

        with pytest.raises(CameraLost):
            given.source.read()

    def test_what_ends_says_so(self, given: Given) -> None:
        """A recording ends with None, a camera with CameraLost; neither waits for ever."""
        if not given.ends:
            pytest.skip("plays for ever")
        given.source.open()

        assert frames_until_end(given.source) in range(4, 13)

    def test_name_keeps_the_password(self, given: Given) -> None:
        """The printed name of a source has no password in it."""
        assert "s3cret" not in given.source.name

"""The capture loop over cameras that come, go, hang and lie."""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections.abc import Callable

import numpy as np
import pytest

from camera.capture import Capture, Link, pause_before
from camera.errors import CameraLost
from camera.frame import Frame
from camera.mjpeg import Script, serving
from camera.opening import open_source
from camera.scripted import ScriptedSource
from camera.settings import CameraSettings
from camera.slot import LatestSlot
from tests.patience import PATIENCE_S

FAST = CameraSettings(open_timeout_s=5, read_timeout_s=0.5, reconnect_min_s=0.1, reconnect_max_s=1)
PICTURE = np.full((48, 64, 3), 90, np.uint8)


def run_until(capture: Capture, done: Callable[[], bool], stop: threading.Event) -> None:
    """Run the loop on a thread until `done`, which the capture's own beat makes us look at."""
    thread = threading.Thread(target=capture.run, args=(stop,), daemon=True)
    thread.start()
    for _ in range(2000):
        if done() or not thread.is_alive():
            break
        stop.wait(0.01)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert done()


class TestLatestSlot:
    def test_newest_wins_and_the_rest_is_counted(self) -> None:
        """A value that nobody took is replaced, and that is counted."""
        slot: LatestSlot[int] = LatestSlot()
        for value in (1, 2, 3):
            slot.put(value)

        assert slot.take(0) == 3
        assert slot.take(0) is None
        assert slot.dropped == 2


class TestPause:
    def test_doubles_up_to_its_bound(self) -> None:
        """Pauses double from the first to the longest and never exceed it; jitter leaves out up to a quarter."""
        settings = CameraSettings()
        rng = random.Random(1)

        pauses = [pause_before(attempt, settings=settings, rng=rng) for attempt in range(8)]

        for pause, middle in zip(pauses, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
            assert middle * 0.75 <= pause <= middle

    def test_begins_with_the_first_again_after_a_picture(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A camera that never answers waits the first pause first; one that has delivered begins there again."""
        attempts: list[int] = []
        stop = threading.Event()

        def pause(attempt: int, **_: object) -> float:
            attempts.append(attempt)
            if len(attempts) == 5:
                stop.set()
            return 0.0

        monkeypatch.setattr("camera.capture.pause_before", pause)
        lost = CameraLost("нет ответа")
        source = ScriptedSource([PICTURE, lost], openings=[lost, lost, None, lost, lost])

        Capture(source, LatestSlot(), settings=FAST, on_change=lambda _: None).run(stop)

        assert attempts == [0, 1, 0, 1, 2]


class TestCapture:
    def test_lost_and_back_is_told_once_each(self, caplog: pytest.LogCaptureFixture) -> None:
        """Three failed openings in a row make one warning, and the return makes one line."""
        changes: list[bool] = []
        source = ScriptedSource(
            [PICTURE, CameraLost("rtsp://guard:s3cret@cam/1: кадры не идут"), PICTURE, PICTURE],
            openings=[None, CameraLost("нет ответа"), CameraLost("нет ответа")],
        )
        capture = Capture(source, LatestSlot(), settings=FAST, on_change=changes.append)

        with caplog.at_level(logging.INFO):
            run_until(capture, lambda: capture.frames >= 3, threading.Event())

        lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
        assert changes[:3] == [True, False, True]
        assert lines[:2] == ["камера потеряна: rtsp://***@cam/1: кадры не идут", "камера снова видна: scripted:"]
        assert capture.reconnects == 1

    def test_camera_that_hangs_mid_stream_is_opened_again(self) -> None:
        """A stream that stops without closing is dropped after the read time-out and opened afresh."""
        pictures = (PICTURE,) * 4
        with serving(Script(pictures, then_silent=True), Script(pictures * 8, then_silent=True)) as server:
            slot: LatestSlot[Frame] = LatestSlot()
            source = open_source(server.url, lane="entry", settings=FAST)
            capture = Capture(source, slot, settings=FAST)
            run_until(capture, lambda: capture.reconnects == 1, threading.Event())

        frame = slot.take(0)
        assert server.connections >= 2
        assert frame is not None
        assert frame.frame_id > 3

    def test_a_resting_lane_makes_fewer_pictures_and_wakes_at_once(self) -> None:
        """While nothing is in the lane most frames are only counted; the first frame after that is shown."""
        busy = threading.Event()
        now = iter(n / 30 for n in range(10_000))
        with serving(Script((PICTURE,) * 60, then_silent=True)) as server:
            source = open_source(
                server.url, lane="entry", settings=FAST, clock=lambda: next(now), resting=lambda: not busy.is_set()
            )
            source.open()
            shown = [source.read() for _ in range(4)]
            busy.set()
            shown += [source.read() for _ in range(3)]
            source.close()

        numbers = [frame.frame_id for frame in shown if frame is not None]
        steps = [later - before for before, later in itertools.pairwise(numbers)]
        assert len(numbers) == 7
        assert min(steps[:3]) > 2
        assert steps[3:] == [1, 1, 1]

    def test_frames_of_which_no_picture_was_made_are_counted(self) -> None:
        """The rate that a technician sees is the camera's, also while its lane rests."""
        capture = Capture(ScriptedSource([]), LatestSlot(), settings=FAST)
        for number in range(1, 40, 3):
            capture._count(Frame(bgr=PICTURE, captured=number / 15, frame_id=number, lane="entry"))

        assert capture.fps == pytest.approx(15)
        assert capture.frames == 37

    def test_closed_port_is_a_lost_camera_and_nothing_worse(self) -> None:
        """With no camera at all the loop lives, says that it is lost and keeps trying."""
        with serving(Script(())) as server:
            url = server.url
        capture = Capture(open_source(url, lane="entry", settings=FAST), LatestSlot(), settings=FAST)

        run_until(capture, lambda: capture.link is Link.LOST, threading.Event())

        assert capture.frames == 0
        assert "камера не отвечает" in capture.last_error

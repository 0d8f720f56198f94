"""From addresses in the config to sources."""

from __future__ import annotations

import importlib.util
import os
import sys
import types

import cv2
import pytest

from camera.csi import CsiSource
from camera.errors import CameraError, CameraLost
from camera.opening import open_source
from camera.recording import LoopedRecording
from camera.settings import CameraSettings
from camera.stream import StreamSource
from camera.usb import UsbSource


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("rtsp://user:pw@cam/1", StreamSource),
        ("http://cam/video.mjpg", StreamSource),
        ("/dev/video77", UsbSource),
        ("/dev/v4l/by-id/usb-cam", UsbSource),
        ("csi:0", CsiSource),
        ("file:clip.mp4", LoopedRecording),
    ],
)
def test_every_kind_of_address_has_its_source(address: str, kind: type) -> None:
    """The address alone tells how the camera is attached."""
    assert type(open_source(address, lane="entry", settings=CameraSettings())) is kind


@pytest.mark.parametrize("address", ["", "file:", "csi:", "csi:x", "ftp://u:pw@cam/1", "camera"])
def test_other_addresses_are_refused_without_their_passwords(address: str) -> None:
    """An address of no known kind is an error that names the kinds and hides the password."""
    with pytest.raises(CameraError, match="неизвестный адрес камеры") as caught:
        open_source(address, lane="entry", settings=CameraSettings())

    assert "pw" not in str(caught.value)


def test_missing_usb_camera_is_lost() -> None:
    """A USB camera that is not plugged in is a lost camera, to be tried again."""
    source = open_source("/dev/video77", lane="entry", settings=CameraSettings())

    with pytest.raises(CameraLost, match="/dev/video77: камера не отвечает"):
        source.open()


class V4l2Capture:
    """`cv2.VideoCapture` over V4L2, which refuses an opening as a whole for one parameter that it does not know."""

    KNOWN = frozenset((cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS))

    def __init__(self, source: int | str, backend: int, params: list[int]) -> None:
        self._opened = (source, backend) == (7, cv2.CAP_V4L2) and self.KNOWN.issuperset(params[::2])

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._opened

    def release(self) -> None: ...


def test_usb_camera_is_asked_for_nothing_that_v4l2_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """A USB camera opens with parameters of V4L2 alone, and its time-out goes where V4L2 looks for one."""
    monkeypatch.setattr(cv2, "VideoCapture", V4l2Capture)
    monkeypatch.setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "99")

    open_source("/dev/video7", lane="entry", settings=CameraSettings(read_timeout_s=2.5)).open()

    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "3"


@pytest.mark.skipif(importlib.util.find_spec("picamera2") is not None, reason="picamera2 is installed here")
def test_missing_picamera2_names_its_cure() -> None:
    """Without picamera2 a CSI camera fails with the package to install."""
    with pytest.raises(CameraError, match="python3-picamera2"):
        open_source("csi:0", lane="entry", settings=CameraSettings()).open()


class BusyPicamera2:
    """A picamera2 that lends its camera to one at a time, and whose first start fails."""

    held = False
    starts = 0

    def __init__(self, number: int) -> None:
        if BusyPicamera2.held:
            raise RuntimeError("Device or resource busy")
        BusyPicamera2.held = True

    def create_video_configuration(self, **wanted: object) -> dict[str, object]:
        return wanted

    def configure(self, config: dict[str, object]) -> None: ...

    def start(self) -> None:
        BusyPicamera2.starts += 1
        if BusyPicamera2.starts == 1:
            raise RuntimeError("Failed to start camera")

    def close(self) -> None:
        BusyPicamera2.held = False


def test_csi_camera_that_failed_to_start_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that was taken and would not start is given back, so that the next opening can have it."""
    package = types.ModuleType("picamera2")
    package.Picamera2 = BusyPicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", package)
    source = open_source("csi:0", lane="entry", settings=CameraSettings())
    with pytest.raises(CameraLost, match="Failed to start"):
        source.open()

    source.open()

    assert BusyPicamera2.held

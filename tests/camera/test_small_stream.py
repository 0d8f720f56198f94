"""The camera's small stream in the config and in `gate check`: found, named without its password, judged by its size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import Picture
from camera.mjpeg import Script, serving
from camera.settings import CameraSettings
from core.errors import ConfigError
from core.rules.policy import Direction
from edge.aim.discovery import Stream
from edge.config import Lane, load
from edge.doctor.finding import Finding
from edge.doctor.same_view import SAME, likeness
from edge.doctor.small_stream import likely_small, small_stream, told_small
from tests.configs import write_config

PICTURE = np.random.default_rng(0).integers(0, 255, (36, 64, 3), dtype=np.uint8)
LARGE = np.asarray(cv2.resize(PICTURE, (1920, 1080), interpolation=cv2.INTER_NEAREST), np.uint8)
ELSEWHERE = np.asarray(LARGE[::-1], np.uint8)
DARK = np.full_like(LARGE, 3)


def found(camera: str, sub_camera: str = "", *, large: Picture = LARGE, told: Sequence[Stream] = ()) -> list[Finding]:
    view = CameraSettings(open_timeout_s=2, read_timeout_s=2)
    lane = Lane("entry", Direction.ENTRY, camera, "main", view, sub_camera=sub_camera)
    return list(small_stream(lane, large, ask=lambda *_: told))


@pytest.mark.parametrize(
    ("large", "small"),
    [
        ("rtsp://u:p@cam:554/Streaming/Channels/101", "rtsp://u:p@cam:554/Streaming/Channels/102"),
        ("rtsp://cam/cam/realmonitor?channel=1&subtype=0", "rtsp://cam/cam/realmonitor?channel=1&subtype=1"),
        ("rtsp://cam/h264Preview_01_main", "rtsp://cam/h264Preview_01_sub"),
        ("rtsp://cam/user=a_password=b_channel=1_stream=0.sdp", "rtsp://cam/user=a_password=b_channel=1_stream=1.sdp"),
        ("rtsp://main/stream1", "rtsp://main/stream2"),
    ],
)
def test_makers_name_their_small_stream_beside_the_large_one(large: str, small: str) -> None:
    """From the address of a large stream follows that of the small one, the host untouched."""
    assert small in likely_small(large)


@pytest.mark.parametrize("address", ["rtsp://main/video", "/dev/video0", "csi:0", "file:main.mp4"])
def test_nothing_is_guessed_where_no_maker_is_known(address: str) -> None:
    """An address of no known kind leads to no other."""
    assert () == likely_small(address)


def test_a_small_stream_that_is_there_is_told_without_the_password() -> None:
    """`gate check` finds the small stream of the camera and says which line to write."""
    with serving(Script((PICTURE,) * 3)) as server:
        address = server.url.replace("http://", "http://guard:s3cret@").replace("/stream.mjpg", "/main")
        (finding,) = found(address)
        nothing = found(address, large=PICTURE)  # a stream as large as the large one is none
    assert (True, "есть: 64×36") == (finding.well, finding.text)
    assert 'sub_camera = "http://127.0.0.1:' in finding.cure
    assert '/sub"' in finding.cure
    assert not {"s3cret", "guard"} & set(finding.cure.replace("/", " ").replace(":", " ").split())
    assert [] == nothing


def test_a_named_small_stream_is_opened() -> None:
    """One in the config is told with its size, one as large as the large one with a cure, one that is not there as a fault."""
    with serving(Script((PICTURE,) * 3)) as server:
        (small,) = found("rtsp://cam/1", server.url)
        (large,) = found("rtsp://cam/1", server.url, large=PICTURE)
        gone = server.url
    (none,) = found("rtsp://cam/1", gone)
    assert (True, "64×36", "") == (small.well, small.text, small.cure)
    assert (True, True) == (large.well, "640×360" in large.cure)
    assert (False, True) == (none.well, "sub_camera" in none.cure)


def test_a_stream_of_another_place_is_neither_proposed_nor_believed() -> None:
    """What shows another view than the large stream is passed over where it was guessed, and a fault where it is in the config."""
    with serving(Script((PICTURE,) * 3)) as server:
        guessed = found(server.url.replace("/stream.mjpg", "/main"), large=ELSEWHERE)
        (named,) = found("rtsp://cam/1", server.url, large=ELSEWHERE)
    assert [] == guessed
    assert (False, True) == (named.well, "другое место" in named.text)


def test_a_view_that_cannot_be_compared_is_said_to_be_unknown() -> None:
    """Where the large picture is dark the guessed stream is proposed, and it is told that nobody saw whether its view is the same."""
    with serving(Script((PICTURE,) * 3)) as server:
        (finding,) = found(server.url.replace("/stream.mjpg", "/main"), large=DARK)
    assert "не видно" in finding.text
    assert "sub_camera" in finding.cure


def test_a_stream_that_the_camera_names_is_looked_at_before_it_is_proposed() -> None:
    """A stream named through ONVIF is proposed where it shows the same view; not one of another view, nor one nobody could compare."""
    with serving(Script((PICTURE,) * 3)) as server:
        camera = server.url.replace("http://", "http://guard:s3cret@")
        told = [Stream(server.url.replace("/stream.mjpg", "/low?ch=1"), "Второй", "64×36 JPEG")]
        (finding,) = found(camera, told=told)
        others = [found(camera, large=large, told=told) for large in (ELSEWHERE, DARK)]
    assert "/low?ch=1" in finding.cure
    assert "s3cret" not in finding.cure
    assert [[], []] == others


def test_what_a_camera_names_is_asked_of_it_alone() -> None:
    """User and password go to the camera's own host; a stream that is no smaller is not even opened."""
    asked: list[tuple[str, ...]] = []

    def ask(*who: str) -> list[Stream]:
        asked.append(who)
        return [
            Stream("rtsp://192.0.2.7:554/a", "", "640×360 H264"),
            Stream("rtsp://192.0.2.9:554/b", "", "640×360 H264"),
            Stream("rtsp://[/d", "", ""),
            Stream("rtsp://u:***@192.0.2.7/c", "", ""),
            Stream("rtsp://192.0.2.7/e", "", "1920×1080 H264"),
        ]

    addresses = list(told_small("rtsp://g:p%2F1@192.0.2.7/main", LARGE, ask))

    assert [("192.0.2.7", "g", "p/1")] == asked
    assert ["rtsp://g:p%2F1@192.0.2.7:554/a", "rtsp://g:p%2F1@192.0.2.7/c"] == addresses


@pytest.mark.parametrize("gain", [0.4, 1.0])
def test_light_and_shape_make_no_other_view(gain: float) -> None:
    """A darker picture of another shape, in grey, is the same view; a mirrored one is not."""
    scene = np.full((1080, 1920), 90, np.uint8)
    scene[600:, :900], scene[200:500, 1200:1800] = 160, 30
    small = np.asarray(cv2.resize(scene, (352, 288)) * gain, np.uint8)

    same, other = likeness(small, np.dstack([scene] * 3)), likeness(small[:, ::-1], scene)

    assert same is not None
    assert other is not None
    assert same > SAME > other


def with_small(tmp_path: Path, camera: str, small: str) -> Path:
    file = write_config(tmp_path)
    lines = [
        f'camera = "{camera}"\nsub_camera = "{small}"\ncamera_user = "g"\ncamera_password = "p/1"'
        if line.startswith("camera =")
        else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines))
    return file


def test_user_and_password_hold_for_both_streams(tmp_path: Path) -> None:
    """The small stream is opened with the user and the password of the large one."""
    config = load(with_small(tmp_path, "rtsp://cam/1", "rtsp://cam/2"))
    assert "rtsp://g:p%2F1@cam/2" == config.lanes[0].sub_camera


@pytest.mark.parametrize(("camera", "small"), [("/dev/video0", "rtsp://cam/2"), ("rtsp://cam/1", "cam/2")])
def test_what_is_no_small_stream_is_told_by_its_key(tmp_path: Path, camera: str, small: str) -> None:
    """A small stream beside a USB camera, or one that is no address, is refused by its line and key."""
    with pytest.raises(ConfigError, match="sub_camera"):
        load(with_small(tmp_path, camera, small))

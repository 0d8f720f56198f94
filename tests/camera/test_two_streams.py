"""A camera with two streams: what is decoded while nothing moves, and what is seen the moment something does."""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from camera.av_stream import AvStream
from camera.errors import CameraError, CameraLost
from camera.frame import Frame, Picture
from camera.lookout import Lookout
from camera.opening import open_source
from camera.packets import Decoded
from camera.scripted import ScriptedPackets, ScriptedSource
from camera.settings import CameraSettings
from camera.turned import TurnedSource
from camera.two_streams import TwoStreams

FPS = 8
KEYS_EVERY = 20


class Given:
    """A lane at eight pictures a second by a clock of its own; `calm` is what the lookout says."""

    def __init__(self, count: int, *, keys_every: int = KEYS_EVERY) -> None:
        self.now, self.is_calm, self.running = 0.0, True, 0
        self.packets = ScriptedPackets(count, keys_every=keys_every, on_packet=self.tick)
        self.source = TwoStreams(
            "rtsp://u:pw@cam/1",
            lane="entry",
            stream=self.packets,
            lookout=self,
            patience_s=3.0,
            clock=lambda: self.now,
            resting=lambda: True,
        )

    def tick(self) -> None:
        self.now += 1 / FPS

    def calm(self) -> bool:
        return self.is_calm

    def start(self) -> None:
        self.running += 1

    def stop(self) -> None:
        self.running = 0

    def frame(self) -> Frame:
        found = self.source.read()
        assert found is not None
        return found


def test_a_resting_lane_decodes_key_pictures_only() -> None:
    """While nothing moves only the pictures that stand by themselves are decoded, each without a trace of those left out."""
    given = Given(100)
    given.source.open()

    shown = [given.frame().frame_id - 1 for _ in range(4)]

    assert [20, 40, 60, 80] == shown == given.packets.decoded


def test_the_first_movement_shows_the_newest_picture() -> None:
    """When the small stream moves in the middle of a group, all that came since its key is decoded and the newest is given."""
    given = Given(100)
    given.source.open()
    given.frame()
    tick = given.tick

    def wake() -> None:
        tick()
        given.is_calm = given.packets.decoded[-1] == 20 and given.now < 4.5

    given.packets._on_packet = wake
    woken = given.frame()
    given.is_calm = False

    assert [*range(20, 36)] == given.packets.decoded
    assert (36, 35) == (woken.frame_id, int(woken.bgr[0, 0]))
    assert (37, 36) == ((later := given.frame()).frame_id, int(later.bgr[0, 0]))


def test_a_camera_with_few_keys_is_looked_at_all_the_same() -> None:
    """Where key pictures are far apart the lane is seen every four seconds."""
    given = Given(200, keys_every=1000)
    given.source.open()

    assert [32, 64] == [given.frame().frame_id for _ in range(2)]


def test_a_stream_of_keys_is_looked_at_twice_a_second() -> None:
    """A camera that sends nothing but keys rests as well."""
    given = Given(100, keys_every=1)
    given.source.open()

    assert [4, 8, 12] == [given.frame().frame_id for _ in range(3)]


def test_packets_without_pictures_are_a_lost_camera() -> None:
    """A stream of which no picture can be made is lost within bounded time, and its lookout goes home."""
    given = Given(1000)
    given.packets.decode = lambda _: None  # type: ignore[method-assign,assignment]
    given.source.open()
    assert 1 == given.running

    with pytest.raises(CameraLost, match=r"\*\*\*@cam"):
        given.source.read()
    assert (True, 0) == (given.now < 8.0, given.running)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of H.264: a bright square that moves over noise."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "10", "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 66, 64, "yuv420p"  # a width that lines are padded for
        for number in range(20):
            picture = noise.integers(0, 60, (64, 66, 3), dtype=np.uint8)
            picture[20:40, 2 * number : 2 * number + 20] = (255, 200, 120)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def opened(clip: Path) -> AvStream:
    stream = AvStream(str(clip), transport="tcp", open_timeout_s=5, read_timeout_s=5)
    stream.open()
    return stream


def shown(stream: AvStream) -> Decoded:
    """The next picture."""
    make = stream.decode(stream.next())
    assert make is not None
    return make()


def test_left_out_packets_change_nothing_in_what_comes(clip: Path) -> None:
    """A picture decoded after the lane had rested is, bit for bit, the one that decoding everything gives."""
    whole, rested = opened(clip), opened(clip)
    everything = [shown(whole) for _ in range(16)]
    packets = [rested.next() for _ in range(16)]
    for packet in packets[:3]:
        rested.decode(packet)
    assert packets[10].key
    rested.forget()
    after = [rested.decode(packet) for packet in packets[10:]][-1]

    assert after is not None
    assert np.array_equal(everything[-1].grey, after().grey)


def test_brightness_comes_as_it_lay_in_the_stream(clip: Path) -> None:
    """The grey picture is what one would make of the colours, which are there for people."""
    picture = shown(opened(clip))
    colour = picture.colour()

    assert ((64, 66), (64, 66, 3)) == (picture.grey.shape, colour.shape)
    assert 3 > np.abs(picture.grey.astype(int) - cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)).mean()
    assert 176 < picture.grey[30, 10] < 188  # 182 in the picture that was coded
    assert colour[30, 10, 0] > colour[30, 10, 2] + 80


def test_what_is_no_video_is_a_lost_camera(tmp_path: Path) -> None:
    """A stream that cannot be opened is lost, with its password kept."""
    stream = AvStream(f"{tmp_path}/none?password=s3cret", transport="tcp", open_timeout_s=1, read_timeout_s=1)
    with pytest.raises(CameraLost, match=r"\*\*\*") as caught:
        stream.open()
    assert "s3cret" not in str(caught.value)


def test_a_turned_camera_turns_its_colours_too() -> None:
    """A camera that hangs on its side is shown upright, grey and in colours."""
    given = Given(100, keys_every=1)
    turned = TurnedSource(given.source, 90)
    turned.open()
    frame = turned.read()
    assert frame is not None
    assert ((2, 4), (4, 2, 3)) == (frame.size, frame.for_people().shape)


def watched(pictures: Sequence[Picture | Exception], *, then: float = 0.0) -> bool:
    """Whether the lane is calm `then` seconds after the last of `pictures`, eight a second."""
    now, stop = [0.0], threading.Event()
    lookout: Lookout | None = None
    calm: list[bool] = []

    def clock() -> float:
        now[0] += 1 / FPS
        return now[0]

    class Watched(ScriptedSource):
        def read(self) -> Frame | None:
            found = super().read()
            if found is None:
                stop.set()
                assert lookout is not None
                lookout._clock = lambda: now[0] + then
                calm.append(lookout.calm())
            return found

    lookout = Lookout(Watched(pictures, clock=clock), settings=CameraSettings(reconnect_min_s=0.1))
    lookout.run(stop)
    assert not lookout.calm()  # whoever has stopped looking says nothing
    return calm[0]


def lane(*, car_at: int | None = None) -> Picture:
    picture = np.random.default_rng(1).integers(90, 110, (90, 160, 3), dtype=np.uint8)
    if car_at is not None:
        picture[30:80, car_at : car_at + 50] = 230
    return picture


def test_the_lookout_tells_a_calm_lane_from_one_that_moves() -> None:
    """A lane that shows nothing new for a second is calm; with a car in it, or without new pictures, it is not."""
    still = [lane()] * 20
    assert watched(still)
    assert not watched([*still, lane(car_at=0)])
    assert not watched(still[:5])
    assert not watched(still, then=5.0)
    assert watched([CameraLost("away"), *still])


def test_only_a_network_camera_has_a_small_stream() -> None:
    """A small stream beside a recording or a USB camera is an error of the config, without the password."""
    with pytest.raises(CameraError, match="сетевой") as caught:
        open_source("/dev/video0", lane="entry", settings=CameraSettings(), small="rtsp://u:pw@cam/2")
    assert "pw" not in str(caught.value)
    found = open_source("rtsp://u:pw@cam/1", lane="entry", settings=CameraSettings(), small="rtsp://u:pw@cam/2")
    assert isinstance(found, TwoStreams)


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "503 Busy"])
def test_a_camera_that_refuses_is_a_camera_lost_without_its_password(status: str) -> None:
    """FFmpeg's own kinds of refusal are told as every other; what it says of the address goes nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked, _ = listening.accept()
                    with asked:
                        asked.recv(4096)
                        asked.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

        threading.Thread(target=refuse, daemon=True).start()
        url = f"http://guard:s3cret@127.0.0.1:{listening.getsockname()[1]}/stream"
        stream = AvStream(url, transport="tcp", open_timeout_s=5, read_timeout_s=5)
        with pytest.raises(CameraLost) as lost:
            stream.open()

    assert "s3cret" not in "".join(traceback.format_exception(lost.value))

"""Pictures that lay in the socket of a box that did not keep up: how old they are, and what becomes of them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.av_stream import AvStream
from camera.errors import CameraLost
from camera.frame import Frame
from camera.mjpeg import Script, serving
from camera.packet_source import PacketSource
from camera.packets import Packet
from camera.scripted import ScriptedPackets
from camera.stream import StreamSource
from camera.stream_clock import DRIFT, StreamClock
from camera.two_streams import TwoStreams
from core.rules.policy import Policy
from tests.patience import until

FPS = 10.0


@dataclass
class Box:
    """A box beside a camera: each picture lies in the socket from the time it was sent until it is asked for."""

    clock: StreamClock
    now: float = 100.0
    worst_s: float = 0.0
    """The largest mistake so far, since packets were waited for."""
    waited: bool = False
    """For a packet after the first."""
    packets: int = 0

    def receive(self, *, sent: float, stamp_s: float | None) -> tuple[float, float]:
        """How late the packet is, and how late the clock believes it to be."""
        asked, self.now = self.now, max(self.now, sent)
        believed_s = self.clock.late_s(stamp_s, asked=asked, arrived=self.now)
        late_s = self.now - sent
        if self.waited:
            self.worst_s = max(self.worst_s, abs(late_s - believed_s))
        self.waited = self.waited or (self.packets > 0 and self.now - asked > 0.02)
        self.packets += 1
        return late_s, believed_s


@given(
    fps=st.floats(5, 30),
    epoch=st.floats(-1e5, 1e5),
    spells=st.lists(st.tuples(st.integers(5, 60), st.floats(0, 0.5)), min_size=1, max_size=6),
)
def test_a_backlog_keeps_its_age(fps: float, epoch: float, spells: list[tuple[int, float]]) -> None:
    """Whatever the box is busy with and for how long, each picture is known to be as old as it is."""
    box = Box(StreamClock())
    number = 0
    for count, cost_s in [(3, 0.0), *spells]:
        for _ in range(count):
            box.receive(sent=100 + number / fps, stamp_s=epoch + number / fps)
            box.now += cost_s
            number += 1
    assert box.worst_s < 0.02 + DRIFT * (box.now - 100)


@given(st.floats(0.3, 5), st.floats(5, 25))
def test_a_network_that_stood_still_brings_old_pictures(stall_s: float, fps: float) -> None:
    """What comes after a wait in one burst was sent during the wait; the first of it is not the newest."""
    clock, believed = StreamClock(), []
    for number in range(400):
        sent = 100 + number / fps
        in_stall = 105 <= sent < 105 + stall_s
        arrived = 105 + stall_s if in_stall else sent
        asked = max(sent - 1 / fps, 105.0) if in_stall and not believed else arrived - (0 if in_stall else 1 / fps)
        late_s = clock.late_s(number / fps, asked=asked, arrived=arrived)
        if in_stall:
            believed.append((arrived - sent, late_s))
    first, last = believed[0], believed[-1]
    assert first[1] > first[0] * 0.55
    assert last[1] < 2 / fps


@given(rate=st.floats(0.4, 3.0), fps=st.floats(5, 30), busy=st.floats(0, 0.4), noise=st.randoms())
def test_stamps_that_run_wrong_keep_nobody_out(rate: float, fps: float, busy: float, noise) -> None:
    """A camera that stamps more or fewer pictures than it sends never seems too old, for its packets are waited for."""
    box = Box(StreamClock())
    oldest = Policy().max_frame_age_s
    for number in range(400):
        sent = 100 + number / fps + noise.uniform(0, 0.03)
        late_s, believed_s = box.receive(sent=sent, stamp_s=number / fps * rate)
        assert not box.waited or believed_s - late_s < oldest * 0.9
        box.now += busy / fps


@given(st.floats(-1e6, 1e6).filter(lambda leap: abs(leap) > 8), st.floats(0, 4))
def test_a_camera_that_sets_its_clock_changes_nothing(leap: float, late_s: float) -> None:
    """Stamps that leap say nothing of the pictures: those that lay still lie, those that came are fresh."""
    clock = StreamClock()
    clock.late_s(-0.1, asked=99.8, arrived=99.9)
    clock.late_s(0.0, asked=99.9, arrived=100.0)
    assert clock.late_s(0.1, asked=100.1 + late_s, arrived=100.1 + late_s) == pytest.approx(
        late_s, abs=1e-6 + DRIFT * (late_s + 0.5)
    )
    assert clock.late_s(0.2 + leap, asked=100.2 + late_s, arrived=100.2 + late_s) == pytest.approx(
        late_s, abs=1e-6 + DRIFT * (late_s + 0.5)
    )
    assert clock.late_s(0.3 + leap, asked=100.3 + late_s, arrived=100.3 + late_s) == pytest.approx(
        late_s, abs=1e-6 + DRIFT * (late_s + 0.5)
    )


@pytest.mark.parametrize(
    ("fps", "waits_s", "slow"), [(60.0, 0.016, 0.0001), (60.0, 0.016, 0.001), (30.0, 0.018, 0.001)]
)
def test_a_slow_clock_keeps_nobody_out_where_no_wait_is_long(fps: float, waits_s: float, slow: float) -> None:
    """Of a quick camera, or one that the box just keeps up with, no wait is ever long: its slow clock is no backlog, in hours."""
    clock, worst_s = StreamClock(), 0.0
    hours = 0.0006 / slow
    for number in range(int(hours * 3600 * fps)):
        arrived = 100 + number / fps
        late_s = clock.late_s(number / fps * (1 - slow), asked=arrived - waits_s, arrived=arrived)
        worst_s = max(worst_s, late_s)
    assert worst_s < 0.1


@given(fps=st.floats(3, 30), spells=st.lists(st.tuples(st.integers(8, 30), st.floats(0, 3)), min_size=1, max_size=5))
def test_without_stamps_the_pace_tells(fps: float, spells: list[tuple[int, float]]) -> None:
    """JPEG after JPEG has no time in it: what comes without waiting, at the pace seen before, was sent long ago."""
    box, number = Box(StreamClock()), 0
    for count, busy_s in spells:
        for _ in range(count):
            box.receive(sent=100 + number / fps, stamp_s=None)
            number += 1
        while box.receive(sent=100 + number / fps, stamp_s=None)[0] > 0:
            number += 1
        number += 1
        box.now += busy_s
    assert box.worst_s < max(4 / fps, 0.1 * sum(busy_s for _, busy_s in spells))


@given(first=st.floats(3, 30), then=st.floats(3, 30))
def test_a_camera_without_stamps_may_change_its_pace(first: float, then: float) -> None:
    """A camera that sends more or fewer pictures than before is not taken for late, but for a moment."""
    box, sent = Box(StreamClock()), 100.0
    for _ in range(50):
        sent += 1 / first
        box.receive(sent=sent, stamp_s=None)
    late = []
    for _ in range(50):
        sent += 1 / then
        late.append(box.receive(sent=sent, stamp_s=None)[1])
    assert max(late) < Policy().max_frame_age_s * 0.75
    assert late[-1] == 0.0


@given(st.sampled_from(["true", "none"]), st.integers(0, 40))
def test_what_a_camera_kept_for_whoever_connects_counts_as_old(stamps: str, kept: int) -> None:
    """Pictures of before the connection come in one burst: none of it is fresh until a packet has been waited for."""
    clock, fps = StreamClock(), 10.0
    for number in range(kept + 1):
        stamp_s = number / fps if stamps == "true" else None
        clock.late_s(stamp_s, asked=99.0 if number == 0 else 100.0, arrived=100.0)
        assert clock.age_s >= 2.0
    stamp_s = (kept + 1) / fps if stamps == "true" else None
    clock.late_s(stamp_s, asked=100.0, arrived=100.1)
    assert clock.age_s == 0.0


@given(st.floats(5, 30))
def test_a_box_that_never_waits_is_not_kept_in_doubt_for_ever(fps: float) -> None:
    """After three seconds the lateness of a box that is too slow is what its stamps say."""
    box = Box(StreamClock())
    ages = []
    for number in range(200):
        late_s, _ = box.receive(sent=100 + number / fps, stamp_s=number / fps)
        ages.append((box.now, late_s, box.clock.age_s))
        box.now += 1.02 / fps
    known = [(late_s, believed_s, 0.02 + DRIFT * (now - 100)) for now, late_s, believed_s in ages if now > 103.1]
    assert all(believed_s == pytest.approx(late_s, abs=slack_s) for late_s, believed_s, slack_s in known)


@given(stall_s=st.floats(1, 10), stamps=st.sampled_from(["true", "none"]))
def test_who_was_held_up_while_waiting_knows_nothing_of_the_wait(stall_s: float, stamps: str) -> None:
    """A box stopped in the middle of a wait finds what came meanwhile, and none of it is fresh but the newest."""
    clock, fps = StreamClock(), 10.0
    for number in range(30):
        clock.late_s(
            number / fps if stamps == "true" else None, asked=100 + (number - 0.9) / fps, arrived=100 + number / fps
        )
    held = 102.9 + stall_s
    first = clock.late_s(3.0 if stamps == "true" else None, asked=102.91, arrived=held)
    assert first > (held - 103.0) * 0.6
    for number in range(31, int((held - 100) * fps)):
        late_s = clock.late_s(number / fps if stamps == "true" else None, asked=held, arrived=held)
    assert late_s < 0.3 + stall_s * 0.05


class Calm:
    """The lookout of a lane that is never calm."""

    def calm(self) -> bool:
        return False

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Lane:
    """A lane whose camera sends ten pictures a second, whatever the box does meanwhile."""

    source: PacketSource
    packets: ScriptedPackets
    now: float = 0.0
    sent: int = 0

    def arrive(self) -> None:
        self.now = max(self.now, self.sent / FPS)
        self.sent += 1

    def frame(self) -> Frame:
        found = self.source.read()  # type: ignore[attr-defined]
        assert isinstance(found, Frame)
        return found

    def up_to(self, number: int) -> None:
        """See all pictures up to this one, as they come."""
        while int(self.frame().bgr[0, 0]) < number:
            pass

    def true_age(self, frame: Frame) -> float:
        return self.now - int(frame.bgr[0, 0]) / FPS


@pytest.fixture(params=["one stream", "two streams"])
def lane(request: pytest.FixtureRequest) -> Lane:
    packets = ScriptedPackets(250, keys_every=20, fps=FPS)
    words = {"lane": "entry", "stream": packets, "patience_s": 5.0, "clock": lambda: made.now}
    source: PacketSource = (
        StreamSource("rtsp://u:pw@cam/1", **words)
        if request.param == "one stream"
        else TwoStreams("rtsp://u:pw@cam/1", lookout=Calm(), **words)
    )
    made = Lane(source, packets)
    packets._on_packet = made.arrive
    source.open()
    return made


def test_the_first_picture_counts_as_old(lane: Lane) -> None:
    """Nothing opens on what a camera may have kept for whoever connects; what was waited for is fresh."""
    shown = [(lane.frame().captured, lane.now) for _ in range(3)]
    first, *others = [now - captured for captured, now in shown]
    assert first > Policy().max_frame_age_s
    assert others == pytest.approx([0.0, 0.0])


def test_a_picture_that_lay_in_the_socket_is_dated_back(lane: Lane) -> None:
    """After a busy spell the pictures that waited have the time at which they came, and the newest is fresh again."""
    lane.up_to(19)
    lane.now += 2.0
    ages = []
    while not ages or lane.now - ages[-1][1].captured > 0.05:
        frame = lane.frame()
        ages.append((lane.true_age(frame), frame))
        assert lane.now - frame.captured == pytest.approx(ages[-1][0], abs=0.05)
    assert ages[0][0] == pytest.approx(1.9, abs=0.1)


def test_what_came_late_is_caught_up_with_quickly(lane: Lane) -> None:
    """Of a backlog pictures are made seldom: decoding alone is quick, and the newest is what counts."""
    lane.up_to(19)
    lane.now += 2.0
    first, second = (int(lane.frame().bgr[0, 0]) for _ in range(2))
    assert first == 20
    assert second in range(34, 37)


def test_a_long_backlog_is_left_out_up_to_a_fresh_key(lane: Lane, caplog: pytest.LogCaptureFixture) -> None:
    """What has waited for long is neither decoded nor shown; the lane is seen again from a fresh key picture on."""
    lane.up_to(19)
    lane.now += 9.0
    with caplog.at_level(logging.WARNING):
        frame = lane.frame()

    assert int(frame.bgr[0, 0]) == 120
    assert lane.true_age(frame) == pytest.approx(0.0, abs=0.05)
    assert lane.packets.decoded == [*range(20), 120]
    assert frame.frame_id == 121
    assert "опоздали на 8." in caplog.text


def test_a_backlog_without_a_key_is_a_lost_camera(lane: Lane) -> None:
    """Where no fresh key picture comes the camera is opened anew, in bounded time."""
    lane.packets._keys_every = 1000
    lane.up_to(19)
    lane.now += 9.0
    with pytest.raises(CameraLost):
        lane.frame()
    assert lane.now < 17.0


def test_times_never_run_backwards(lane: Lane) -> None:
    """A picture is never dated before the one shown before it."""
    shown = []
    for number in range(40):
        shown.append(lane.frame().captured)
        lane.now += 0.3 if number % 7 == 3 else 0.0
    assert shown == sorted(shown)


@contextlib.contextmanager
def sending(clip: bytes) -> Iterator[str]:
    """A camera that sends a recording over HTTP, as fast as the socket takes it; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send() -> None:
            with contextlib.suppress(OSError):
                asked, _ = listening.accept()
                with asked:
                    asked.recv(4096)
                    asked.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n" + clip)

        threading.Thread(target=send, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/live.ts"


def test_a_real_stream_has_stamps_and_jpeg_after_jpeg_has_none(tmp_path: Path) -> None:
    """What FFmpeg makes of a stream's own times is passed on; where it only counts pictures, nothing is."""
    path = tmp_path / "live.ts"
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=8, options={"g": "4", "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(24):
            picture = np.full((64, 64, 3), number * 8, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    words = {"transport": "tcp", "open_timeout_s": 5.0, "read_timeout_s": 5.0}
    with sending(path.read_bytes()) as address:
        real = AvStream(address, **words)  # type: ignore[arg-type]
        real.open()
        stamps = [packet.stamp_s for packet in received(real, 9)]
        real.close()
    assert np.diff(np.array(stamps, float)) == pytest.approx([0.125] * 8)

    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    with serving(Script((noise,) * 6)) as server:
        jpegs = AvStream(server.url, **words)  # type: ignore[arg-type]
        jpegs.open()
        assert {packet.stamp_s for packet in received(jpegs, 3)} == {None}
        jpegs.close()


def received(stream: AvStream, count: int) -> list[Packet]:
    return [stream.next() for _ in range(count)]


@pytest.mark.long
def test_a_real_box_that_stood_still_knows_its_pictures_are_old() -> None:
    """Two seconds after it stopped asking, what lies in the socket is two seconds old, and soon after all is fresh again."""
    with live() as address:
        stream = AvStream(address, transport="tcp", open_timeout_s=10.0, read_timeout_s=10.0)
        source = StreamSource(address, lane="entry", stream=stream, patience_s=10.0)
        source.open()
        for _ in range(12):
            source.read()
        time.sleep(2.0)
        assert age_of(source) > 1.5
        until(lambda: age_of(source) < 0.5)  # after how many pictures, is a matter of the machine
        source.close()


def age_of(source: StreamSource) -> float:
    """How old the next picture says that it is."""
    frame = source.read()
    assert frame is not None
    return time.monotonic() - frame.captured


@contextlib.contextmanager
def live() -> Iterator[str]:
    """A camera that sends sixteen pictures a second, as they are taken; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as stack:
        ended = threading.Event()
        stack.callback(ended.set)

        def send() -> None:
            with contextlib.suppress(OSError, av.FFmpegError):
                asked, _ = listening.accept()
                with asked, asked.makefile("wb", buffering=0) as out:
                    asked.recv(4096)
                    out.write(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
                    with av.open(out, "w", format="mpegts", options={"flush_packets": "1"}) as container:
                        options = {"g": "16", "bf": "0", "preset": "ultrafast", "tune": "zerolatency"}
                        stream = container.add_stream("libx264", rate=16, options=options)
                        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
                        noise = np.random.default_rng(0)
                        while not ended.wait(1 / 16):
                            picture = noise.integers(0, 255, (240, 320, 3), dtype=np.uint8)
                            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))

        threading.Thread(target=send, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/live.ts"

"""Cameras that read plates themselves, over real HTTP: what they say reaches the core with its age, or does not count."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from core.errors import ConfigError
from core.events import CameraPlateRead
from core.instant import Instant
from edge.config import load
from edge.witnesses.ear import Ear
from edge.witnesses.push import PushServer, is_at
from edge.witnesses.settings import Anpr
from edge.witnesses.stream import DIALECTS, CameraStream
from tests.configs import write_config
from tests.patience import until
from tests.witnesses.emulated import (
    DAHUA_LIFE,
    HIKVISION_LIFE,
    NOW,
    PASSWORD,
    USER,
    dahua_event,
    emulated,
    hikvision_event,
    picture,
)

MAKES: dict[str, Callable[..., bytes]] = {"hikvision": hikvision_event, "dahua": dahua_event}
LIFE = {"hikvision": HIKVISION_LIFE, "dahua": DAHUA_LIFE}


class Clock:
    """A second behind the camera's event, a second further with every look, so that nothing comes too fast."""

    def __init__(self, *, behind_s: float = 1.0, trusted: bool = True) -> None:
        self.mono, self.behind_s, self.trusted = 1000.0, behind_s, trusted

    def now(self) -> Instant:
        self.mono += 1.0
        return Instant(self.mono, NOW + timedelta(seconds=self.behind_s), wall_trusted=self.trusted)


@contextmanager
def listening(
    make: str, url: str, clock: Clock, *, password: str = PASSWORD
) -> Iterator[tuple[Ear, queue.Queue[CameraPlateRead]]]:
    told: queue.Queue[CameraPlateRead] = queue.Queue()
    ear = Ear("entry", put=told.put, now=clock.now)
    address = url.replace("://", f"://{USER}:{quote(password, safe='')}@")
    stream = CameraStream(address, DIALECTS[Anpr(make)], ear, rest_s=0.01)
    stop = threading.Event()
    thread = threading.Thread(target=stream.listen, args=(stop,), daemon=True)
    thread.start()
    try:
        yield ear, told
    finally:
        stop.set()


@pytest.mark.parametrize("make", MAKES)
def test_a_plate_comes_with_its_age_whatever_is_sent_between(make: str) -> None:
    """Signs of life and pictures are passed over; the password goes as a digest; the age is that of the camera's look."""
    with emulated(make) as camera, listening(make, camera.url, Clock()) as (ear, told):
        camera.says.put(LIFE[make] + (picture(200_000) if make == "hikvision" else b""))
        camera.says.put(MAKES[make]("А123ВС77"))
        read = told.get(timeout=60)
        camera.says.put(LIFE[make] + MAKES[make]("B555BB77"))
        second = told.get(timeout=60)
        trouble = ear.status().trouble
    assert ("entry", "A123BC77", 1.0) == (read.lane, read.plate, read.at.mono - (read.seen or 0.0))
    assert "B555BB77" == second.plate
    assert "" == trouble
    assert 0 == camera.wrong


@pytest.mark.parametrize("make", MAKES)
def test_an_event_that_tells_no_length_does_not_wait_for_the_next(make: str) -> None:
    """It is taken when it is complete: nothing follows it here."""
    with emulated(make) as camera, listening(make, camera.url, Clock()) as (_, told):
        camera.says.put(MAKES[make]("A123BC77", length=False))
        assert "A123BC77" == told.get(timeout=60).plate


@pytest.mark.parametrize("make", MAKES)
def test_a_camera_that_ends_its_answer_is_asked_again(make: str) -> None:
    """A stream that breaks costs what was said meanwhile and nothing else."""
    with emulated(make) as camera, listening(make, camera.url, Clock()) as (ear, told):
        camera.says.put(None)
        until(lambda: ear.status().trouble == "камера закончила поток событий")
        camera.says.put(MAKES[make]("A123BC77"))
        assert "A123BC77" == told.get(timeout=60).plate
        assert "" == ear.status().trouble


def test_a_wrong_password_is_told_with_its_cure() -> None:
    """401 names the keys to look at, and no password."""
    with emulated("hikvision") as camera, listening("hikvision", camera.url, Clock(), password="x") as (ear, _):
        until(lambda: "401" in ear.status().trouble)
        assert "camera_password_file" in ear.status().trouble
        until(lambda: camera.wrong >= 2)


UNKNOWN = [
    ("hikvision", hikvision_event("A123BC77", at="2026-12-01T15:00:00"), {}, "часовым поясом"),
    ("hikvision", hikvision_event("A123BC77", more="<alarmDataType>1</alarmDataType>"), {}, ""),
    ("hikvision", hikvision_event("A123BC77", at="2000-01-01T00:00:00+00:00"), {}, "больше чем на час"),
    ("hikvision", hikvision_event("A123BC77"), {"trusted": False}, "нашим часам"),
    ("dahua", dahua_event("A123BC77", UTC=NOW.timestamp(), LocaleTime="2026-12-01 12:00:00"), {}, "часовым поясом"),
    ("dahua", dahua_event("A123BC77", Lane=1), {}, "часовым поясом"),
]


@pytest.mark.parametrize(("make", "event", "clock", "trouble"), UNKNOWN)
def test_a_reading_whose_age_nobody_knows_is_told_without_one(
    make: str, event: bytes, clock: dict[str, bool], trouble: str
) -> None:
    """Without an offset, sent again later, from a clock never set, or while ours cannot be trusted: no age."""
    with emulated(make) as camera, listening(make, camera.url, Clock(**clock)) as (ear, told):
        camera.says.put(event)
        assert None is told.get(timeout=60).seen
        assert trouble in ear.status().trouble


def test_a_camera_whose_clock_is_off_is_told_by_how_much() -> None:
    """Forty seconds: the age goes to the core, which does not count it, and the status names the cure."""
    with emulated("dahua") as camera, listening("dahua", camera.url, Clock(behind_s=40.0)) as (ear, told):
        camera.says.put(dahua_event("A123BC77"))
        read = told.get(timeout=60)
        assert 40.0 == read.at.mono - (read.seen or 0.0)
        assert "на 40 с" in ear.status().trouble


HOSTILE = [
    (
        b"--boundary\r\nContent-Type: application/xml\r\n\r\n<!DOCTYPE a [<!ENTITY b 'A123BC77'>]><EventNotificationAlert>"
        b"<eventType>ANPR</eventType><licensePlate>&b;</licensePlate></EventNotificationAlert>\r\n"
    ),
    b"--boundary\r\nContent-Type: application/xml\r\n\r\n" + b"<a>" * 20_000 + b"\r\n",
    b"--boundary\r\nContent-Length: 999999999\r\n\r\n",
    b"--boundary\r\n" + b"x" * 100_000,
    b"\x00\xff" * 50_000,
    hikvision_event("unknown"),
    hikvision_event("<b/>"),
    hikvision_event("Ж" * 5000),
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_no_event_says_nothing(data: bytes) -> None:
    """Entities, endless parts, noise: nothing is told, and the listener goes on with the next answer."""
    with emulated("hikvision") as camera, listening("hikvision", camera.url, Clock()) as (_, told):
        camera.says.put(data)
        camera.says.put(None)
        camera.says.put(hikvision_event("A123BC77"))
        assert "A123BC77" == told.get(timeout=60).plate
        assert told.empty()


@contextmanager
def pushed(cameras: dict[str, str]) -> Iterator[tuple[str, queue.Queue[CameraPlateRead]]]:
    told: queue.Queue[CameraPlateRead] = queue.Queue()
    clock = Clock()
    server = PushServer("127.0.0.1", 0, {lane: Ear(lane, put=told.put, now=clock.now) for lane in cameras}, cameras)
    stop = threading.Event()
    thread = threading.Thread(target=server.listen, args=(stop,), daemon=True)
    thread.start()
    assert server.ready.wait(60)
    try:
        yield f"http://127.0.0.1:{server.port}", told
    finally:
        stop.set()
        thread.join()


def test_a_posted_event_is_taken_with_and_without_pictures() -> None:
    """Multipart as cameras post it, or the XML alone."""
    part = hikvision_event("А123ВС77").replace(b"application/xml", b"text/xml")
    alone = part.partition(b"\r\n\r\n")[2]
    with pushed({"въезд": "127.0.0.1"}) as (url, told), httpx.Client(trust_env=False) as client:
        kind = {"Content-Type": "multipart/form-data; boundary=boundary"}
        whole = part + picture(300_000) + b"--boundary--\r\n"
        assert 200 == client.post(f"{url}/въезд", content=whole, headers=kind).status_code
        assert 200 == client.post(f"{url}/въезд", content=alone, headers={"Content-Type": "text/xml"}).status_code
        assert ["A123BC77", "A123BC77"] == [told.get(timeout=60).plate for _ in range(2)]


@pytest.mark.parametrize(("path", "camera"), [("/entry", "192.0.2.1"), ("/other", "127.0.0.1"), ("/entry", "")])
def test_another_than_the_lanes_camera_is_not_heard(path: str, camera: str) -> None:
    """The address of whoever posts is that of the camera of the lane in the path."""
    with pushed({"entry": camera}) as (url, told), httpx.Client(trust_env=False) as client:
        assert 403 == client.post(url + path, content=hikvision_event("A123BC77")).status_code
        assert told.empty()


def test_a_post_without_a_length_is_refused() -> None:
    """Nothing is read that has no end."""
    with pushed({"entry": "127.0.0.1"}) as (url, told), httpx.Client(trust_env=False) as client:
        assert 413 == client.post(url + "/entry", content=iter([hikvision_event("A123BC77")])).status_code
        assert told.empty()


def test_readings_that_come_too_fast_are_lost_and_counted() -> None:
    """A mad camera cannot fill the controller's queue."""
    told: list[CameraPlateRead] = []
    instant = Instant(5.0, NOW, wall_trusted=True)
    ear = Ear("entry", put=told.append, now=lambda: instant)
    said = next(DIALECTS[Anpr.HIKVISION].said_in(_part(hikvision_event("A123BC77"))))
    for _ in range(10):
        ear.hear(said)
    assert (1, 9) == (len(told), ear.status().lost)


def test_a_lane_says_what_its_camera_speaks(tmp_path) -> None:
    """The address is that of the camera, with its user and password, or one of its own."""
    lane = ('camera = "file:clip.mp4"', 'camera = "rtsp://admin:p%40s@192.168.1.64/x"\nanpr = "hikvision"')
    found = load(write_config(tmp_path, replacing=lane)).lanes[0]
    assert ("http://admin:p%40s@192.168.1.64", "192.168.1.64") == (str.__str__(found.anpr_url), found.anpr_host)
    own = ('camera = "file:clip.mp4"', 'camera = "/dev/video0"\nanpr = "dahua"\nanpr_url = "http://10.0.0.7:8080"')
    assert "http://10.0.0.7:8080" == load(write_config(tmp_path, replacing=own)).lanes[0].anpr_url


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('anpr = "hikvision"', "добавьте anpr_url"),
        ('anpr = "dahua"\nanpr_url = "rtsp://10.0.0.7"', "нужно http://АДРЕС_КАМЕРЫ"),
        ('anpr = "push"\nanpr_url = "http://10.0.0.7"', r"\[anpr\] port"),
        ('anpr = "axis"', "hikvision"),
    ],
)
def test_what_cannot_be_listened_to_is_told_with_its_cure(tmp_path, lines: str, told: str) -> None:
    """A file has no address, a stream is asked over HTTP, a push needs a port."""
    with pytest.raises(ConfigError, match=told):
        load(write_config(tmp_path, replacing=('camera = "file:clip.mp4"', f'camera = "file:clip.mp4"\n{lines}')))


def test_a_host_that_cannot_be_named_is_nobody() -> None:
    """An address that resolves to nothing is not whoever speaks."""
    assert not is_at("127.0.0.1", "no such host")


def _part(data: bytes):
    from edge.witnesses.multipart import Parts

    return next(Parts(b"--boundary").feed(data + b"--boundary"))

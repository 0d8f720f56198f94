"""Cameras are found by asking the network, and tell their streams; whatever they answer does no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aim import onvif
from edge.aim.discovery import PASSWORD_VARIABLE, FoundCamera, cameras, streams_of
from edge.aim.onvif import NotOnvif, parsed
from tests.aim.onvif_camera import OnvifCamera

Make = Callable[..., OnvifCamera]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[OnvifCamera] = []

    def one(**more: str) -> OnvifCamera:
        made.append(OnvifCamera(**more))
        return made[-1]

    yield one
    for camera in made:
        camera.close()


def found(camera: OnvifCamera, user: str = "") -> tuple[FoundCamera, ...]:
    return cameras(user, target=camera.target, listen_s=0.5)


def test_address_name_and_streams_are_offered(make: Make) -> None:
    """Every profile with its size and an address for `lane.camera`, without the password that the camera put into it."""
    (camera,) = found(make())
    assert ("127.0.0.1", "Gate Cam", "") == (camera.address, camera.name, camera.trouble)
    assert [("Главный", "1920×1080 H264"), ("Второй", "640×360 H264")] == [
        (one.name, one.size) for one in camera.streams
    ]
    assert all(one.uri.startswith("rtsp://") and "secret" not in one.uri for one in camera.streams)
    assert ["main", "sub"] == [one.uri.rpartition("/")[2] for one in camera.streams]


def test_a_password_is_given_as_a_digest_by_the_cameras_clock(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """With name and password it answers; without, or with the wrong ones, it is told what is missing."""
    camera = make(user="gate", password="пароль")
    assert "пароль в $GATE_CAMERA_PASSWORD" in found(camera)[0].trouble
    monkeypatch.setenv(PASSWORD_VARIABLE, "пароль")
    assert 2 == len(found(camera, "gate")[0].streams)
    monkeypatch.setenv(PASSWORD_VARIABLE, "другой")
    assert () == found(camera, "gate")[0].streams


def test_one_camera_is_asked_by_its_address(make: Make) -> None:
    """The camera at an address tells its streams to who knows its password; to others, and where there is none, nothing is told."""
    camera = make(user="gate", password="s3cret")
    host, port = camera.target
    told = [streams_of(host, "gate", word, port=port, listen_s=0.5) for word in ("s3cret", "wrong")]
    assert (["main", "sub"], ()) == ([one.uri.rpartition("/")[2] for one in told[0]], told[1])
    assert () == streams_of("127.0.0.1", "gate", "s3cret", port=9, listen_s=0.1)


def test_nobody_is_sent_elsewhere(make: Make) -> None:
    """A service on another host is not asked; a media service on another host is asked at the camera itself."""
    assert () == found(make(service="http://192.0.2.1/onvif/device_service"))
    camera = make(media="http://192.0.2.1/media")
    assert 2 == len(found(camera)[0].streams)


@pytest.mark.parametrize("body", ["<a>", "nonsense", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "x" * 400_000])
def test_nonsense_is_told_and_harmless(make: Make, body: str) -> None:
    """A camera that answers something else is listed without streams."""
    (camera,) = found(make(body=body))
    assert ((), True) == (camera.streams, bool(camera.trouble))


def test_an_empty_network_has_no_cameras() -> None:
    """Nobody answers: an empty list, in bounded time."""
    assert () == cameras(target=("127.0.0.1", 9), listen_s=0.1)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever comes is XML, or `NotOnvif`."""
    for reading in (onvif.matches, onvif.told_time, onvif.media_address, onvif.profiles, onvif.told_uri, parsed):
        try:
            reading(data)
        except NotOnvif:
            continue


def test_names_are_escaped() -> None:
    """A name or a token with the signs of XML stays a name."""
    assert "<x>" == onvif._texts(parsed(onvif.envelope(onvif.PROFILES, user="<x>", nonce=b"1")), "Username")[0]
    assert "a&b" == onvif._texts(parsed(onvif.envelope(onvif.stream_uri("a&b"))), "ProfileToken")[0]

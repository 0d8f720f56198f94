"""`gate check` and `gate status` tell the truth: what is wrong is ✗, has a cure of its own, and ends with 1."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.opening import open_source
from camera.reader import open_reader
from camera.settings import CameraSettings
from core.errors import ConfigError
from core.rules.policy import Direction
from edge import __version__, extras
from edge.config import Lane, load
from edge.doctor import cameras, units
from edge.doctor.barriers import _ALARMS, alarm_words, barriers
from edge.doctor.calls import calls, library
from edge.doctor.probe import Cause, probe
from edge.paths import config_dir, constraints, systemd_dir, weights_dir
from edge.runtime.alarms import WORDS, Fault
from relay.barrier.position import Alarm
from relay.client import RelayClient
from relay.protocol import Status
from tests.configs import write_config
from tests.faults.conftest import Site, until

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 {}/90000\r\n"


def lane(**changes: object) -> Lane:
    values = {"name": "entry", "direction": Direction.ENTRY, "camera": "rtsp://camera/1", "barrier": "main"}
    return Lane(**{**values, "view": CameraSettings(), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["/dev/video0", "csi:0"])
def test_a_camera_of_one_reader_shows_nothing_in_a_call(tmp_path: Path, address: str) -> None:
    """`gate check` says so before anybody rings; where calls are off, and of a network camera, it has nothing to say."""
    on = "\n[call]\nenabled = true\n"
    file = write_config(tmp_path)
    text = re.sub(r'camera = "[^"]+"', f'camera = "{address}"', file.read_text(encoding="utf-8"), count=1)

    def told(more: str, changed: str = text) -> list[str]:
        file.write_text(changed + more, encoding="utf-8")
        return [one.text for one in calls(load(file)) if "USB" in one.text]

    assert ["entry: камера USB или CSI занята зрением, картинки в звонке не будет"] == told(on)
    assert [] == told("")
    assert [] == told(on, text.replace(address, "rtsp://192.0.2.1/1"))


def test_a_missing_library_is_cured_in_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cure names this environment's Python and the versions that were tried; numpy that is the system's stays so."""
    file = write_config(tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + "\n[call]\nenabled = true\n", encoding="utf-8")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    def cure() -> str:
        (finding,) = library(load(file))
        return finding.cure

    assert f"{sys.executable} -m pip install -c {constraints()} -e " in cure()
    assert cure().endswith("[call]'")
    assert constraints().is_file()
    data = tmp_path / "environment" / "constraints.txt"
    monkeypatch.setattr(extras, "constraints", lambda: data)
    assert cure().endswith(f"{sys.executable} -m pip install -c {data} 'okter-gate[call]=={__version__}'")
    (tmp_path / "pyvenv.cfg").write_text("include-system-site-packages = True\n", encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    begins = f"grep -v '^numpy==' {data} | {sys.executable} -m pip install -c /dev/stdin "
    assert begins + f"'okter-gate[call]=={__version__}'" == cure()


@contextmanager
def camera(answer: Callable[[str], str | None]) -> Iterator[int]:
    """A camera on a port of this machine that answers each request by `answer`; None = it stays silent."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                while data := link.recv(4096):
                    said = answer(data.decode())
                    if said is None:
                        threading.Event().wait(2)
                        break
                    link.sendall(said.encode())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def told(status: str, body: str = "") -> str:
    return f"RTSP/1.0 {status}\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\n\r\n", Cause.UNAUTHORIZED),
        ("RTSP/1.0 404 Not Found\r\n\r\n", Cause.NOT_FOUND),
        ("RTSP/1.0 503 Busy\r\n\r\n", Cause.ERROR),
        ("SSH-2.0-OpenSSH\r\n\r\n", Cause.NOT_A_CAMERA),
        (told("200 OK", SDP.format("H266")), Cause.CODEC),
        (told("200 OK", "v=0\r\nm=audio 0 RTP/AVP 0\r\n"), Cause.CODEC),
        (told("200 OK", SDP.format("H264")), Cause.NONE),
        (None, Cause.SILENT),
    ],
)
def test_each_cause_is_told_apart(answer: str | None, cause: Cause) -> None:
    """401, 404, another program, another codec, silence: each is what it is."""
    with camera(lambda _: answer) as port:
        assert cause is probe(f"rtsp://user:wrong@127.0.0.1:{port}/1", timeout_s=0.5)[0]


def test_nobody_and_nowhere() -> None:
    """A closed port and a name that is none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert Cause.REFUSED is probe(f"rtsp://127.0.0.1:{port}/1")[0]
    assert Cause.NO_NAME is probe("rtsp://no-such-camera.invalid/1")[0]


def test_the_password_is_tried_as_the_camera_wants_it() -> None:
    """A camera that wants a digest gets one, and only the right password is let in."""
    challenge = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", nonce="n1"\r\n\r\n'

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def answer(request: str) -> str:
        given = re.search(r'uri="([^"]*)", response="(\w+)"', request)
        if given is None:
            return challenge
        wanted = md5(f"{md5('admin:cam:s3cret')}:n1:{md5(f'DESCRIBE:{given[1]}')}")
        return told("200 OK", SDP.format("H264")) if wanted == given[2] else challenge

    with camera(answer) as port:
        assert Cause.NONE is probe(f"rtsp://admin:s3cret@127.0.0.1:{port}/1")[0]
        assert Cause.UNAUTHORIZED is probe(f"rtsp://admin:guess@127.0.0.1:{port}/1")[0]


def test_every_alarm_has_a_cure_of_its_own() -> None:
    """Causes of a lost camera, alarms of the relay, alarms of the gate: no two share one."""
    assert set(cameras._CAUSES) == set(Cause)
    assert set(WORDS) == set(Fault)
    assert {alarm.value for alarm in Alarm} | {"board", "contact_stuck", "contact_dead"} <= set(_ALARMS)
    for cures in (
        [say()[1] for say in cameras._CAUSES.values()],
        [alarm_words(alarm)[1] for alarm in _ALARMS],
        [words[1][0] for words in WORDS.values()],
    ):
        assert all(cures)
        assert len(cures) == len(set(cures))


def test_a_camera_that_hangs_on_its_side_is_told() -> None:
    """A plate that can only be read when the picture is turned tells by how much; `rotate` turns it back."""
    film = cv2.VideoCapture(str(config_dir() / "demo" / "gate.mp4"))
    film.set(cv2.CAP_PROP_POS_FRAMES, 59)
    upright = np.asarray(film.read()[1], np.uint8)
    film.release()
    reader = open_reader(weights_dir())
    assert cameras.turned(lane(), reader, upright) is None
    hanging = np.asarray(cv2.rotate(upright, cv2.ROTATE_90_CLOCKWISE), np.uint8)
    found = cameras.turned(lane(), reader, hanging)
    assert found is not None
    assert (False, True) == (found.well, "rotate = 270" in found.cure)
    assert cameras.turned(lane(), reader, np.zeros((720, 1280, 3), np.uint8)) is None


def test_rotate_turns_what_the_camera_sends(site: Site) -> None:
    """The first frame of a camera with `rotate = 90` is that of one without, turned clockwise."""
    address = f"file:{site.config.parent / 'road.mp4'}"
    pictures = []
    for rotate in (0, 90):
        source = open_source(address, lane="entry", settings=CameraSettings(rotate=rotate))
        source.open()
        frame = source.read()
        source.close()
        assert isinstance(frame, Frame)
        pictures.append(frame.bgr)
    assert np.array_equal(cv2.rotate(pictures[0], cv2.ROTATE_90_CLOCKWISE), pictures[1])


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("zone = [0.6, 0.0, 0.4, 1.0]", "zone"),
        ("zone = [0.0, 0.5, 1.0, 0.5]", "zone"),
        ("zone = [0.0, 1.0]", "zone"),
        ("rotate = 45", "rotate"),
    ],
)
def test_a_zone_that_holds_nothing_is_a_mistake_in_the_config(site: Site, keys: str, key: str) -> None:
    """A reversed or empty zone, or a slanted camera, is named with file, line and key."""
    file = write_config(site.config.parent, f"[camera]\n{keys}\n")
    with pytest.raises(ConfigError, match=rf"gate.toml:\d+: camera.{key}: "):
        load(file)


def test_one_camera_for_two_lanes_is_told() -> None:
    """The same place through the same camera is wrong; two zones of one network camera are fit to be looked at."""
    one = lane()
    twice = [*cameras.shared_cameras((one, lane(name="exit")))]
    assert [False] == [found.well for found in twice]
    left, right = (CameraSettings(zone=zone) for zone in ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)))
    assert [True] == [found.well for found in cameras.shared_cameras((lane(view=left), lane(name="x", view=right)))]
    usb = {"camera": "/dev/video0"}
    assert [False] == [
        found.well for found in cameras.shared_cameras((lane(view=left, **usb), lane(name="x", view=right, **usb)))
    ]
    assert [] == [*cameras.shared_cameras((one, lane(name="exit", camera="rtsp://camera/2")))]


def test_a_port_by_its_number_is_told(site: Site) -> None:
    """`/dev/ttyUSB0` may be another board tomorrow."""
    text = 'driver = "lcus"\nport = "/dev/ttyUSB0"'
    config = load(write_config(site.config.parent, replacing=('driver = "simulated"', text)))
    first = next(barriers(config))
    assert (False, "/dev/ttyUSB0") == (first.well, first.text)
    assert "/dev/serial/by-path" in first.cure


def test_a_barrier_that_the_relay_does_not_know_is_wrong(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay process that runs with earlier settings reports neither the new barrier nor the new input: both are faults."""
    old = Status("", 1, 1.0, (), (), 0, 0, 1)
    monkeypatch.setattr(RelayClient, "status", lambda _self: old)
    found = list(barriers(load(site.config)))
    assert ["шлагбаум main"] == [one.part for one in found if not one.well]
    assert "okter-gate-relay" in found[0].cure


def test_a_gate_that_is_down_is_wrong(site: Site) -> None:
    """`gate check` and `gate status` end with 1 while `gate run` does not answer, and say so with ✗."""
    for command in ("check", "status"):
        done = site.gate(command)
        assert 1 == done.returncode
        assert re.search(r"✗ gate run +не отвечает", done.stdout)


@pytest.mark.long
def test_all_is_well_only_where_all_is(site: Site) -> None:
    """A running gate is well; a lost camera, and an alarm, make it 1, with their cures."""
    site.run()
    site.up()
    until(lambda: (found := site.status()) and found.cameras[0].frame_age_s is not None)
    well = site.gate("status")
    assert (0, 0) == (well.returncode, well.stdout.count("✗")), well.stdout
    (site.config.parent / "road.mp4").unlink()
    until(lambda: not (found := site.status()) or not found.cameras[0].alive)
    done = site.gate("status")
    assert (1, True) == (done.returncode, "→ причина: gate check" in done.stdout)
    checked = [json.loads(line) for line in site.gate("check", "--json").stdout.splitlines()]
    lost = next(found for found in checked if found["part"] == "камера entry")
    assert (False, "проверьте путь к записи в ключе camera") == (lost["well"], lost["cure"])


def test_a_unit_that_is_down_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the services installed, one that is not active, or would not come back after a power cut, is told."""
    monkeypatch.setattr(units, "installed", lambda unit: unit in units.UNITS and "console" not in unit)
    monkeypatch.setattr(units, "outdated", lambda _: ())
    said = {"okter-gate-relay.service": {"ActiveState": "active", "UnitFileState": "disabled"}}
    monkeypatch.setattr(units, "_properties", lambda unit: said.get(unit, {"ActiveState": "failed"}))
    found = {one.part: one for one in units.processes(None)}
    assert {"gate run", "okter-gate-relay.service", "okter-gate.service"} == set(found)
    assert not any(one.well for one in found.values())
    assert "enable okter-gate-relay" in found["okter-gate-relay.service"].cure
    assert "journalctl -u okter-gate" in found["gate run"].cure


@pytest.mark.parametrize(
    ("shown", "well", "text", "cure"),
    [
        (
            {"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "0", "Result": "success"},
            True,
            "active",
            "",
        ),
        (
            {"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "3", "StatusText": "реле готово"},
            True,
            "active, поднималась заново: 3",
            "",
        ),
        (
            {
                "ActiveState": "activating",
                "SubState": "auto-restart",
                "UnitFileState": "enabled",
                "NRestarts": "9",
                "Result": "exit-code",
                "StatusText": "gate.toml:39: barrier.driver: стоит …",
            },
            False,
            "activating, exit-code, поднималась заново: 9: gate.toml:39: barrier.driver: стоит …",
            "journalctl -u okter-gate.service -n 20",
        ),
        ({"ActiveState": "inactive", "UnitFileState": "enabled"}, False, "inactive", "sudo systemctl enable --now"),
        (
            {"ActiveState": "inactive", "Result": "signal", "StatusText": "реле готово", "NRestarts": "7"},
            False,
            "inactive, signal, поднималась заново: 7",
            "sudo systemctl enable --now",
        ),
        (
            {"LoadState": "masked", "ActiveState": "inactive"},
            False,
            "masked",
            "sudo systemctl unmask okter-gate.service;",
        ),
        ({"ActiveState": "active", "UnitFileState": ""}, False, "active, неизвестно", "systemctl enable"),
        ({}, False, "неизвестно", "systemctl enable"),
    ],
)
def test_what_systemd_says_of_a_unit_is_told_as_it_is(
    shown: Mapping[str, str], text: str, cure: str, *, well: bool
) -> None:
    """As seen with a real systemd: at work, at work again, starting again and again, stopped, masked, not known."""
    found = units.unit_finding("okter-gate.service", shown)
    assert (found.well, found.text) == (well, text)
    assert cure in found.cure if cure else not found.cure


def test_what_wakes_services_and_what_failed_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that listens to nobody, an update that failed, and calls that are enabled and off in the settings."""
    well = {"ActiveState": "active", "UnitFileState": "enabled"}
    said = {
        "okter-gate-settings.socket": {"ActiveState": "inactive", "UnitFileState": "enabled"},
        "okter-gate-update.service": {"ActiveState": "failed", "Result": "exit-code"},
        "okter-gate-cloud-update.service": {"ActiveState": "inactive"},
        "okter-gate-call.service": {"ActiveState": "activating", "UnitFileState": "enabled", "NRestarts": "2"},
    }
    monkeypatch.setattr(units, "installed", lambda _: True)
    monkeypatch.setattr(units, "outdated", lambda _: ())
    monkeypatch.setattr(units, "_properties", lambda unit: said.get(unit, well))
    wrong = {one.part: one for one in units.processes(None) if not one.well and one.part != "gate run"}
    assert {"okter-gate-settings.socket", "okter-gate-update.service", "okter-gate-call.service"} == set(wrong)
    assert "disable --now okter-gate-call" in wrong["okter-gate-call.service"].cure
    (call,) = [one for one in units.processes(None, calls=True) if one.part == "okter-gate-call.service"]
    assert "activating" in call.text
    said["okter-gate-call.service"] = {"ActiveState": "inactive", "UnitFileState": "disabled"}
    assert "okter-gate-call.service" not in {one.part for one in units.processes(None)}


def test_units_of_another_version_are_named_with_what_renews_them(tmp_path: Path, monkeypatch) -> None:
    """A missing unit and one of other text are told; those of the program are not."""
    there = tmp_path / "there"
    there.mkdir()
    ours = systemd_dir()
    for unit in (found for kind in ("service", "socket", "path") for found in ours.glob(f"okter-gate*.{kind}")):
        (there / unit.name).write_bytes(unit.read_bytes())
    monkeypatch.setattr(units, "_PLACES", (there,))
    assert () == units.outdated(ours)
    (there / "okter-gate-settings.socket").unlink()
    (there / "okter-gate.service").write_text("[Unit]\n")
    assert ("okter-gate-settings.socket", "okter-gate.service") == tuple(sorted(units.outdated(ours)))
    monkeypatch.setattr(units, "_properties", lambda _: {"ActiveState": "active", "UnitFileState": "enabled"})
    (told,) = [one for one in units.processes(None) if one.part == "юниты"]
    assert "install.sh --units" in told.cure

"""gate.sock: what is asked is answered, what is wrong is refused, who is absent is told."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from core.words.language import say
from edge.health import health_rows
from edge.runtime.control import ControlClient, ControlServer, GateAbsent, LanePicture, VisitPictures, answer_line
from edge.runtime.scene import LaneSeen, Scene
from edge.runtime.status import BarrierState, CameraStatus, DiskStatus, GateStatus, JournalStatus, LinkStatus
from tests.patience import PATIENCE_S

STATUS = GateStatus(
    site="КПП-1",
    version="1",
    pid=7,
    up_s=1.0,
    relay_pid=8,
    cameras=(CameraStatus("entry", "entry", "rtsp://a", True, False, 15.0, 0.1, 10, 2, 0, 0, 30.0, ""),),
    barriers=(BarrierState("main", "simulated", "ok", "off", "idle", None, "unknown", ()),),
    passes=3,
    list_version="c1",
    list_age_s=5.0,
    wall="2026-12-01T09:00:00+00:00",
    clock_trusted=True,
    cloud=LinkStatus(configured=True, linked=True, state="linked"),
    journal=JournalStatus(0, 0, ""),
    disk=DiskStatus(1000, 2000),
    temperatures_c=(50.0,),
    memory_mb=100.0,
    queue=0,
    state_dir="/s",
    config="/c",
)


def test_unsent_events_that_were_deleted_are_told() -> None:
    """A queue that lost what was not sent is no cloud that is well, however well it is linked."""
    status = replace(STATUS, cloud=replace(STATUS.cloud, dropped=7))

    (row,) = [row for row in health_rows(status, zone=UTC) if row.name == say("облако")]

    assert (False, True) == (row.well, "удалено неотправленным 7" in row.text)


class Answers:
    """A gate that has all the answers."""

    def __init__(self) -> None:
        self.changed = 0
        self.calls: list[tuple[str, ...]] = []

    def call(self, lane: str, said: str) -> None:
        self.calls.append((lane, said))

    def status(self) -> GateStatus:
        return STATUS

    def picture(self, lane: str) -> LanePicture | None:
        return LanePicture(LaneSeen(lane, 7, 0.2, (640, 360)), b"\xff\xd8jpeg") if lane == "entry" else None

    def scene(self) -> Scene:
        return Scene((LaneSeen("entry"),), ())

    def evidence(self, visit_id: str) -> VisitPictures | None:
        return VisitPictures(b"\xff\xd8whole", None) if visit_id == "v1" else None

    def aim(self, lane: str) -> None:
        return None

    def passes_changed(self) -> None:
        self.changed += 1


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture(params=["state", "a-folder-whose-name-is-long-" * 5])
def client(request: pytest.FixtureRequest, tmp_path: Path, answers: Answers) -> Iterator[ControlClient]:
    """A client of a running server; a long path must work as well as a short one."""
    folder = tmp_path / request.param
    folder.mkdir()
    server = ControlServer(folder, answers)
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    assert 0o600 == (folder / "gate.sock").stat().st_mode & 0o777
    yield ControlClient(folder)
    stop.set()
    thread.join(PATIENCE_S)
    assert not (folder / "gate.sock").exists()


def test_questions_are_answered(client: ControlClient, answers: Answers) -> None:
    """Status, picture and change of the list, each over a connection of its own."""
    assert STATUS == client.status()
    assert b"\xff\xd8jpeg" == client.picture("entry").jpeg
    assert (7, 0.2) == (client.picture("entry").seen.frame_id, client.picture("entry").seen.age_s)
    assert client.picture("nowhere").jpeg is None
    assert Scene((LaneSeen("entry"),), ()) == client.scene()
    assert VisitPictures(b"\xff\xd8whole", None) == client.evidence("v1")
    assert client.evidence("gone") is None
    client.passes_changed()
    assert 1 == answers.changed


def test_the_call_process_tells_how_it_is(client: ControlClient, answers: Answers) -> None:
    """That it is alive, and how a call ended: one bounded line without what a terminal would obey."""
    client.call()
    client.call("entry", "звонок\x1b[2J ok " + "я" * 600)

    assert [("", "")] == answers.calls[:1]
    lane, said = answers.calls[1]
    assert ("entry", "звонок[2J ok") == (lane, said[:12])
    assert len(said) <= 500


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b'{"do": 5}', b'{"do": "open"}', b"\xff", b"[" * 4000])
def test_wrong_questions_are_refused(line: bytes, answers: Answers) -> None:
    """Whatever is sent, the answer is an error and the gate goes on."""
    assert {"error": "bad_request"} == answer_line(line, answers)


def test_nobody_there(tmp_path: Path) -> None:
    """No socket, or one that a dead process left: the gate is absent, in one line."""
    with pytest.raises(GateAbsent, match="gate run не запущен"):
        ControlClient(tmp_path).status()
    (tmp_path / "gate.sock").write_text("")
    with pytest.raises(GateAbsent):
        ControlClient(tmp_path).status()


def test_one_who_is_silent_is_not_one_who_does_not_run(tmp_path: Path) -> None:
    """A gate that hangs, or answers what is no answer, is told as that: starting another would not help."""
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(tmp_path / "gate.sock"))
        hung.listen()
        with pytest.raises(GateAbsent, match="gate run не отвечает"):
            ControlClient(tmp_path, timeout_s=0.05).status()


def test_status_survives_json_and_a_newer_version() -> None:
    """What crosses the socket is the same value; keys that are not known here are passed over."""
    values = json.loads(json.dumps({**STATUS.values(), "from_the_future": 1}))
    assert STATUS == GateStatus.from_values(values)
    assert {
        "pid",
        "relay_pid",
        "cameras",
        "barriers",
        "passes",
        "list_age_s",
        "clock_trusted",
        "cloud",
    } <= values.keys()
    assert os.getpid() != values["pid"]

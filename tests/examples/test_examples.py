"""Every example does what its first line says. The driver of `examples.relay_driver` runs in `tests/contracts` as well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from camera.scripted import ScriptedReader
from core.decision.record import Verdict
from core.instant import Instant
from core.signed_body import signed_headers
from core.words.reasons import Reason
from edge.config import load
from edge.passcsv import read_pass_file
from edge.paths import config_dir
from edge.runtime.alarms import Alarm
from edge.runtime.control import ControlServer
from edge.store.journal import Journal
from examples import (
    home_assistant,
    journal_consumer,
    journal_to_csv,
    list_importer,
    own_policy,
    read_picture,
    relay_events,
    replay_recording,
    status_poller,
    webhook_receiver,
)
from examples.fake_board import TextBoardEmulator
from relay.fake import FakeRelay, FakeStream
from relay.protocol import EventKind
from tests.configs import write_config
from tests.runtime.test_control import STATUS, Answers
from tests.runtime.threads import running
from tests.store.records import visit_record

ROOT = Path(__file__).resolve().parents[2]
MOSCOW = ZoneInfo("Europe/Moscow")
MQTT = '[mqtt]\nhost = "127.0.0.1"\nuser = "gate"\npassword_file = "mqtt.secret"\nbuttons = true\n'
NAMES = sorted(path.stem for path in (ROOT / "examples").glob("*.py") if path.stem != "__init__")


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A state folder whose journal has three visits: opened by day, opened by night, refused."""
    night = Instant(60.0, datetime(2026, 11, 22, 23, 30, tzinfo=UTC), wall_trusted=True)
    with Journal(tmp_path / "journal.db") as journal:
        journal.record(visit_record(1))
        journal.record(visit_record(2, first=night, confidence=0.99))
        journal.record(visit_record(3, decision=Verdict.REFUSE, reason=Reason.NO_PASS, decided=None))
    return tmp_path


def test_the_examples_are_explained_in_both_languages() -> None:
    """Each has its line in the README, Russian and English, and is short; the driver has at most fifty lines."""
    readme = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    assert 12 == len(NAMES)
    assert 2 == readme.count("(replay.ipynb)")
    assert [] == [name for name in NAMES if readme.count(f"({name}.py)") != 2]
    lengths = {name: len((ROOT / f"examples/{name}.py").read_text().splitlines()) for name in NAMES}
    assert max(lengths.values()) <= 75
    assert lengths["relay_driver"] <= 50


def test_reading_a_picture(tmp_path: Path) -> None:
    """A frame of the demo's film has its plate read; a grey wall has none."""
    film = cv2.VideoCapture(str(config_dir() / "demo" / "gate.mp4"))
    film.set(cv2.CAP_PROP_POS_FRAMES, 59)
    for name, picture in (("car.png", film.read()[1]), ("wall.png", np.full((720, 1280, 3), 90, np.uint8))):
        cv2.imwrite(str(tmp_path / name), picture)
    film.release()
    assert read_picture.plates(tmp_path / "car.png")[0].startswith("А 481 МР 77")
    assert [] == read_picture.plates(tmp_path / "wall.png")


def test_replaying_a_recording(tmp_path: Path) -> None:
    """An empty road has no visits; the list is taken as it is typed."""
    writer = cv2.VideoWriter(str(tmp_path / "road.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (320, 180))
    for _ in range(20):
        writer.write(np.full((180, 320, 3), 90, np.uint8))
    writer.release()
    assert [] == list(replay_recording.visits(tmp_path / "road.mp4", ["а 123 вс 77"], reader=ScriptedReader({})))


@pytest.mark.long
def test_replaying_the_demo() -> None:
    """The demo's film from Python: the guest is let in, the stranger is not."""
    told = {
        one.plate: one.decision
        for one in replay_recording.visits(config_dir() / "demo/gate.mp4", ["А481МР77"])
    }  # fmt: skip
    assert (Verdict.OPEN, Verdict.REFUSE) == (told["A481MP77"], told["T209KE199"])


def test_consuming_the_journal(state_dir: Path) -> None:
    """Every visit is handed over once, and again only when the mark was not kept."""
    mark = state_dir / "seen"
    first = journal_consumer.fresh(state_dir, mark)
    assert 3 == len(first)
    assert first == journal_consumer.fresh(state_dir, mark)  # handed over, and then the power went
    journal_consumer.remember(first, mark)
    assert [] == journal_consumer.fresh(state_dir, mark)
    with Journal(state_dir / "journal.db") as journal:
        journal.record(visit_record(0))  # its wall clock had been set back
    assert [visit_record(0).visit_id] == [one.visit_id for one in journal_consumer.fresh(state_dir, mark)]


def test_an_own_policy(state_dir: Path) -> None:
    """By night the less certain reading would have been refused; what was not opened by its plate is not judged."""
    with Journal(state_dir / "journal.db", to_read=True) as journal:
        past = [visit.record for visit in journal.visits()]
    found = own_policy.backtest(past, lambda one: own_policy.stricter_by_night(one, zone=MOSCOW))
    assert (1, [visit_record(2).visit_id]) == (found.kept, [one.visit_id for one in found.refused])


def test_exporting_the_journal(state_dir: Path) -> None:
    """Rows in the site's time; what is not known is a question mark and no number."""
    rows = list(journal_to_csv.rows(state_dir, since=datetime(2026, 11, 1, tzinfo=MOSCOW), zone=MOSCOW))
    assert ("2026-11-22", "12:01:00", "entry", "А 001 ВС 77", "yes", "пропуск действует", "0.0") == rows[0]
    assert ("no", "нет пропуска", "?") == rows[1][4:]
    assert ("2026-11-23", "02:30:00") == rows[2][:2]


def test_importing_a_list(tmp_path: Path) -> None:
    """Their list becomes one that `gate passes import` takes whole; a line that is none ends it, with its number."""
    theirs = [{"car": "а123вс 77", "to": "31.12.2026", "flat": "12"}, {"car": "K777KK77"}]
    (tmp_path / "passes.csv").write_text(list_importer.table(json.dumps(theirs)), encoding="utf-8")
    read = read_pass_file(tmp_path / "passes.csv", zone=MOSCOW)
    assert ["A123BC77", "K777KK77"] == [one.plate for one in read.whole()]
    assert datetime(2027, 1, 1, tzinfo=MOSCOW) == read.passes[0].valid_until  # to the end of its last day
    for wrong in ({"car": "а123вс77", "to": "soon"}, {"plate": "A123BC77"}, {"car": ""}):
        with pytest.raises(list_importer.Unreadable, match="line 2"):
            list_importer.table(json.dumps([theirs[0], wrong]))


def test_polling_the_status(tmp_path: Path) -> None:
    """A gate that is down is 2, a well one 0, one with a lost camera and an alarm 1 with both named."""
    assert 2 == status_poller.poll(tmp_path)[0]
    with running(ControlServer(tmp_path, Answers()).run):
        assert (0, "well, 3 passes, up 1 s") == status_poller.poll(tmp_path)
    (camera,) = STATUS.cameras
    lost = replace(STATUS, cameras=(replace(camera, alive=False, error="timed out"),), alarms=(Alarm("vision_dead"),))
    assert ["camera entry: timed out", f"vision_dead: {Alarm('vision_dead').cure}"] == status_poller.wrong(lost)
    unseen = replace(STATUS, cameras=(replace(camera, frame_age_s=None),), relay_pid=None)
    assert ["camera entry: no new picture", "relay: does not answer"] == status_poller.wrong(unseen)


class Busy(FakeRelay):
    """A barrier at which something happens as soon as somebody listens."""

    def subscribe(self, *, after: int = 0, replayed: bool = True) -> FakeStream:
        stream = super().subscribe(after=after, replayed=replayed)
        self.publish(EventKind.ACTED, barrier="main", what="open", outcome="done", reason=Reason.CONSOLE)
        self.publish(EventKind.ALARM, barrier="main", outcome="contact_stuck")
        return stream


def test_hearing_the_relay() -> None:
    """What happens from now on comes in its order, each as one line; nothing is acknowledged in the gate's place."""
    relay = Busy()
    relay.publish(EventKind.STARTED)
    told = [relay_events.line(event) for event in relay_events.news(relay, patience_s=0.01)]
    assert ["main  acted  open  done  console", "main  ALARM  contact_stuck"] == told
    assert 0 == relay.acked


def test_the_fake_board_obeys_and_says_so() -> None:
    """Its own commands move its own relays; those of another board, and of relays it has not, move nothing."""
    board = TextBoardEmulator(channels=2, silent=True)
    assert b"" == board.take(b"XYZREL1=ON\r\nREL9=ON\r\nREL2=ON\r\nREL2=OFF\r\n")
    assert [(1, True), (2, True), (2, False)] == [(change.channel, change.on) for change in board.changes]


def test_receiving_a_webhook() -> None:
    """What the gate has signed is taken once; what is changed, old, signed by another or no JSON is not."""
    visits: list[object] = []
    inbox = webhook_receiver.Inbox("secret", visits.append, wall_s=lambda: 1000.0)
    body = b'{"id": "v1", "plate": "A123BC77"}'

    def sent(body: bytes, *, secret: str = "secret", stamp: str = "1000", name: str = "v1") -> int:
        return inbox.take(signed_headers(secret, stamp, name, body), body)

    assert [401] * 3 == [sent(body, secret="guess"), sent(body, stamp="699"), sent(body, stamp="soon")]
    assert 401 == inbox.take(signed_headers("secret", "1000", "v1", body), b'{"id": "v1", "plate": "B777BB77"}')
    assert 401 == inbox.take({}, body)
    assert 400 == sent(b"no JSON")
    assert [204, 204, 204] == [sent(body), sent(body), sent(body, stamp="1300", name="v2")]
    assert [{"id": "v1", "plate": "A123BC77"}] * 2 == visits


def test_an_automation_for_home_assistant(tmp_path: Path) -> None:
    """It names entities that the gate announces, opens only for the car of the message, and not at all without buttons."""
    quiet = load(write_config(tmp_path, '[mqtt]\nhost = "127.0.0.1"\n'))
    (choice,) = home_assistant.automation(quiet, "entry", "notify.phone")["actions"][0]["choose"]
    assert "notify.phone" == choice["sequence"]["action"]
    assert "actions" not in choice["sequence"]["data"]["data"]
    (tmp_path / "mqtt.secret").write_text("of the broker", encoding="utf-8")
    (tmp_path / "mqtt.secret").chmod(0o600)
    config = load(write_config(tmp_path, MQTT))
    made = home_assistant.automation(config, "entry", "notify.phone")
    known = set(home_assistant.entities(config).values())
    message, press = made["actions"][0]["choose"]
    waits = made["triggers"][0]["entity_id"]
    assert {waits, press["sequence"]["target"]["entity_id"]} <= known
    assert message["sequence"]["data"]["data"]["image"].removeprefix("/api/camera_proxy/") in known
    offered = message["sequence"]["data"]["data"]["actions"][0]["action"]
    condition = press["conditions"][1]["value_template"]
    assert f"is_state('{waits}', 'on') and trigger.event.data.action == {offered.strip('{ }')}" in condition


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells, in their order, on an empty road instead of the film; none keeps an output in the repository."""
    notebook = json.loads((ROOT / "examples/replay.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [[]] * len(cells) == [cell["outputs"] for cell in cells]
    monkeypatch.setattr(replay_recording, "visits", lambda _video, _plates: [visit_record(1)])
    names: dict[str, object] = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
    assert [visit_record(1)] == names["found"]


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_started_as_it_says(name: str) -> None:
    """`python -m examples.NAME` is what the first lines promise, where they promise it."""
    text = (ROOT / f"examples/{name}.py").read_text(encoding="utf-8")
    assert (f"python -m examples.{name}" in text) == ('if __name__ == "__main__":' in text)


def test_the_fake_board_as_a_program() -> None:
    """It prints its port at once and goes when it is told to."""
    command = [sys.executable, "-m", "examples.fake_board"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert Path(process.stdout.readline().strip()).exists()
        os.kill(process.pid, signal.SIGTERM)
    assert 0 == process.returncode

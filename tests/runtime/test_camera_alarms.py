"""From a view to the gate's alarms, and from an acceptance to what the night says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.look import Sight
from camera.view_measures import ViewMeasures
from camera.view_watch import Reference, Trouble, ViewState
from core.errors import FileUnusable
from core.instant import Instant
from edge.aim import record
from edge.aim.record import Acceptance, files_of, save
from edge.config import GateConfig, load
from edge.runtime import aim_watch
from edge.runtime.aim_watch import EVERY_S, AimWatch
from edge.runtime.alarms import Alarm, Alarms, Fault
from edge.runtime.status import GateStatus
from edge.runtime.view_alarms import FROZEN_FOR_S, ViewAlarms
from edge.store.journal import Journal
from tests.aim.sights import SIGHT
from tests.configs import write_config
from tests.neighbours.conftest import STATUS
from tests.store.records import visit_record

PICTURE = np.zeros((90, 160, 3), np.uint8)
MEASURES = ViewMeasures(120.0, 50.0, 0.0, infrared=False, softness_px=0.6)


class Told:
    """Alarms, and each change of them in the order told."""

    def __init__(self) -> None:
        self.news: list[tuple[str, str, bool]] = []
        self.alarms = Alarms(lambda alarm, raised: self.news.append((alarm.code, alarm.lane, raised)))


def look(view: ViewState, *, frozen: bool = False) -> Sight:
    return Sight((), None, None, frozen=frozen, view=view, inferred=False, elapsed_ms=1.0)


def frame(at: float) -> Frame:
    return Frame(PICTURE, captured=at, frame_id=1, lane="entry")


def test_each_trouble_of_each_lane_is_an_alarm_of_its_own() -> None:
    """Two lanes' cameras are told apart; an alarm is told once when it begins and once when it is over."""
    told = Told()
    seen = ViewAlarms(told.alarms)
    moved = ViewState(1.0, MEASURES, (Trouble.MOVED,), shift=(0.1, -0.04))
    for at in (1.0, 2.0):
        seen("entry", frame(at), look(moved))
        seen("exit", frame(at), look(replace(moved, troubles=(Trouble.MOVED, Trouble.GLARE))))
    assert {("camera_moved", "entry"), ("camera_moved", "exit"), ("camera_glare", "exit")} == {
        (one.code, one.lane) for one in told.alarms.current()
    }
    assert 3 == len(told.news)
    seen("entry", frame(3.0), look(ViewState()))
    assert ("camera_moved", "entry", False) == told.news[-1]
    still = next(one for one in told.alarms.current() if one.code == "camera_moved")
    assert "exit: камеру сдвинули: вид сместился вправо на 10 %, вверх на 4 %" == still.text


def test_a_frozen_picture_is_an_alarm_and_a_grey_moment_is_none() -> None:
    """A picture that stands still for some seconds is told; a single empty one is not; under a cover the cover is told."""
    told = Told()
    seen = ViewAlarms(told.alarms)
    seen("entry", frame(1.0), look(ViewState(), frozen=True))
    seen("entry", frame(2.0), look(ViewState()))
    seen("entry", frame(2.5), look(ViewState(), frozen=True))
    assert [] == told.news
    seen("entry", frame(2.5 + FROZEN_FOR_S), look(ViewState(), frozen=True))
    assert [("camera_frozen", "entry", True)] == told.news
    seen("entry", frame(30.0), look(ViewState(troubles=(Trouble.BLOCKED,)), frozen=True))
    assert ["camera_blocked"] == [one.code for one in told.alarms.current()]


@pytest.mark.parametrize("fault", Fault)
def test_an_alarm_crosses_to_other_programs_and_back(fault: Fault) -> None:
    """`gate status` carries the lane; every alarm has words and a cure."""
    alarm = Alarm(fault, "detail", "entry")
    again = GateStatus.from_values(replace(STATUS, alarms=(alarm,)).values())
    assert (alarm,) == again.alarms
    assert (True, True) == (alarm.text.startswith("entry: "), bool(alarm.cure))


class Nights:
    """An accepted lane whose days go by in minutes."""

    def __init__(self, folder: Path) -> None:
        self.config: GateConfig = load(write_config(folder))
        self.config.state_dir.mkdir()
        self.now = datetime(2026, 11, 29, 9, tzinfo=UTC)
        self.mono = 100.0
        self.told = Told()
        self.accepted: list[str] = []
        self.view = ViewState(measures=MEASURES, accepted=True, lost=0.05, offset=(0.0, 0.0))
        self.watch = AimWatch(
            self.config,
            views=lambda _: replace(self.view, at=self.mono),
            accept=self._accept,
            alarms=self.told.alarms,
            now=lambda: Instant(self.mono, self.now, wall_trusted=True),
            journal_file=self.config.state_dir / "journal.db",
        )

    def _accept(self, lane: str, reference: Reference) -> None:
        self.accepted.append(lane)
        assert reference.edges.shape == (90, 160)

    def take(self) -> None:
        record = Acceptance("entry", "entry", "КПП-1", self.now, "", "", complete=True, rows=(), passes=(), sight=SIGHT,
                            zone=(0.0, 0.0, 1.0, 1.0), mask=())  # fmt: skip
        picture = cv2.imencode(".jpg", np.zeros((540, 960, 3), np.uint8))[1].tobytes()
        save(files_of(self.config.state_dir, "entry"), record, "<html>", picture)

    def pass_by(self, hours: float) -> None:
        """A look each minute of the gate's, which here is ten of the wall's."""
        for _ in range(round(hours * 6)):
            self.now += timedelta(minutes=10)
            self.mono += EVERY_S
            self.watch.turn(Instant(self.mono, self.now, wall_trusted=True))


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def test_the_night_tells_what_the_acceptance_would_not_have_passed(nights: Nights) -> None:
    """The first night makes the measure, the second finds the blur, a wiped lens ends it, a new acceptance begins anew."""
    nights.take()
    nights.pass_by(24)
    assert (["entry"], []) == (nights.accepted, nights.told.news)
    nights.view = replace(nights.view, measures=replace(MEASURES, softness_px=1.3))
    nights.pass_by(24)
    assert [("drift_blurred", "entry", True)] == nights.told.news
    nights.view = replace(nights.view, measures=MEASURES)
    nights.pass_by(24)
    assert ("drift_blurred", "entry", False) == nights.told.news[-1]
    nights.view = replace(nights.view, measures=replace(MEASURES, softness_px=1.3))
    nights.pass_by(24)
    nights.take()
    nights.pass_by(1)
    assert (["entry", "entry"], ()) == (nights.accepted, nights.told.alarms.current())


def test_a_night_in_which_nothing_was_seen_ends_no_alarm(nights: Nights) -> None:
    """A lens found blurred is not wiped because the camera was lost the day after."""
    nights.take()
    nights.pass_by(24)
    nights.view = replace(nights.view, measures=replace(MEASURES, softness_px=1.3))
    nights.pass_by(24)
    nights.view = replace(nights.view, measures=None)
    nights.pass_by(48)
    assert ["drift_blurred"] == [alarm.code for alarm in nights.told.alarms.current()]


def test_a_measure_that_cannot_be_read_now_is_not_made_anew(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what a dirty camera shows today would become its usual day."""
    nights.take()
    nights.pass_by(24)
    baseline = nights.config.state_dir / "acceptance" / "entry.baseline.json"
    known = baseline.read_bytes()

    def broken(path: Path) -> bytes | None:
        if path == baseline:
            raise FileUnusable(path, "I/O error")
        return record.read(path)

    nights.view = replace(nights.view, measures=replace(MEASURES, softness_px=1.3))
    with monkeypatch.context() as ill:
        ill.setattr(aim_watch, "read", broken)
        nights.pass_by(24)
    assert known == baseline.read_bytes()
    nights.pass_by(24)
    assert ["drift_blurred"] == [alarm.code for alarm in nights.told.alarms.current()]


def test_without_an_acceptance_nothing_is_compared(nights: Nights) -> None:
    """Days go by, and nobody says that anything has changed."""
    nights.pass_by(48)
    assert ([], []) == (nights.accepted, nights.told.news)
    assert not (nights.config.state_dir / "acceptance").exists()


def test_legibility_is_read_from_the_journal(nights: Nights) -> None:
    """Cars that are read well in the first days and badly later raise the alarm of the night."""
    nights.take()
    with Journal(nights.config.state_dir / "journal.db") as journal:
        for number in range(25):
            at = Instant(1.0, nights.now + timedelta(hours=1, minutes=number), wall_trusted=True)
            journal.record(visit_record(number, first=at, last=at, lane="entry"))
        for number in range(25, 50):
            at = Instant(1.0, nights.now + timedelta(hours=26, minutes=number), wall_trusted=True)
            journal.record(visit_record(number, first=at, last=at, lane="entry", plate=None, display=None))
    nights.pass_by(24)
    assert [] == nights.told.news
    nights.pass_by(24)
    assert [("drift_legibility", "entry", True)] == nights.told.news


@pytest.mark.parametrize("name", ["entry.json", "entry.baseline.json"])
def test_a_damaged_file_ends_nothing(nights: Nights, name: str) -> None:
    """What cannot be read is told in the log, and the comparison goes on without it."""
    nights.take()
    (nights.config.state_dir / "acceptance" / name).write_bytes(b"\xff{")
    nights.pass_by(25)
    assert [] == nights.told.news

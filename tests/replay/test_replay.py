"""Replay: the live code with the recording's clock; the same input gives the same output, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.look import LaneView
from camera.settings import CameraSettings
from core.errors import FileUnusable
from core.geometry import Box
from core.passes.pass_list import Pass, PassList, PassSource
from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.canonical import display
from core.reading.reads import PlateRead
from core.rules.policy import Direction, Lane, Site
from edge.cli import main
from edge.replay.output import Tally, visit_text, visit_values
from edge.replay.pictures import Album
from edge.replay.play import Replay

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
PLATE = "A123BC77"
FPS = 10.0


def read_of(text: str, x: float) -> PlateRead:
    """What a reader is sure of."""
    rows = []
    for slot in range(SLOTS):
        symbol = text[slot] if slot < len(text) else PAD
        rest = 0.001 / (len(ALPHABET) - 1)
        rows.append(tuple(0.999 if candidate == symbol else rest for candidate in ALPHABET))
    box = Box(x, 200, 120, 26)
    corners = ((x, 200.0), (x + 120, 200.0), (x + 120, 226.0), (x, 226.0))
    return PlateRead(tuple(rows), (), box, corners, 0.9, 0.9, hash((text, round(x))) & (2**64 - 1))


def plate_x(at: float) -> float:
    """Where the plate of the car of `frames` is."""
    return 220 * (at - 1) - 150


class OneCar:
    """Sees the plate between two moments, moving."""

    def __init__(self, text: str = PLATE) -> None:
        self.text = text

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        if not 2.0 <= frame.captured <= 3.9:
            return ()
        return (read_of(self.text, plate_x(frame.captured)),)


def frames(*, breaks_at: float | None = None) -> Iterator[Frame]:
    """Eight seconds: a road, and a car on it from 1 to 4 s."""
    light = np.linspace(60, 130, 360, dtype=np.uint8)[:, None, None]  # one even colour would be a dead sensor
    road = np.broadcast_to(light, (360, 640, 3))
    noise = np.random.default_rng(1)
    for index in range(80):
        at = index / FPS
        if breaks_at is not None and at > breaks_at:
            raise FileUnusable("clip.mp4", "обрывается")
        picture = road.copy()
        if 1.0 <= at <= 4.0:
            x = int(220 * (at - 1))  # in from the left, out to the right
            cv2.rectangle(picture, (x - 200, 120), (x + 20, 300), (30, 30, 160), -1)
        picture += noise.integers(0, 4, (360, 1, 3), np.uint8)  # a sensor never gives the same picture twice
        yield Frame(bgr=picture, captured=at, frame_id=index + 1, lane="entry", media_s=at)


def passes(**more) -> PassList:
    return PassList([Pass("p1", PLATE, source=PassSource.CLOUD, **more)])


def played(direction: str, listed: PassList, *, text: str = PLATE, album: Album | None = None) -> Replay:
    more = {"keep": album.keep} if album else {}
    return Replay(
        site=Site((Lane(direction, Direction(direction), "main"),)),
        lane=direction,
        passes=listed,
        view=LaneView(OneCar(text), settings=CameraSettings()),
        start=START,
        **more,
    )


@pytest.mark.parametrize(
    ("direction", "listed", "expected"),
    [
        ("entry", passes(), ("open", "pass_valid", "p1")),
        ("entry", PassList(), ("refuse", "no_pass", None)),
        ("entry", passes(valid_until=datetime(2026, 11, 30, tzinfo=UTC)), ("refuse", "pass_expired", "p1")),
        ("entry", passes(valid_from=datetime(2026, 12, 2, tzinfo=UTC)), ("refuse", "pass_not_started", "p1")),
        ("exit", PassList(), ("open", "exit_free", None)),
    ],
)
def test_one_car_is_one_visit(direction: str, listed: PassList, expected: tuple[str, str, str | None]) -> None:
    """One vehicle, one decision with its reason; a period is judged at the recording's time."""
    (record,) = played(direction, listed).visits(frames())
    assert expected == (record.decision.value, record.reason.value, record.pass_id)
    assert PLATE == record.plate


def test_the_same_input_gives_the_same_output() -> None:
    """Twice the same recording: the same lines, byte for byte."""
    runs = [
        [json.dumps(visit_values(record, video="v")) for record in played("entry", passes()).visits(frames())]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_a_used_one_time_pass_lets_nobody_in_again() -> None:
    """A recording with the car twice: the second time its one-time pass is used up."""

    def twice() -> Iterator[Frame]:
        for start in (0.0, 30.0):
            for frame in frames():
                yield Frame(frame.bgr, frame.captured + start, int(frame.frame_id + start * FPS), "entry")

    class TwiceOneCar(OneCar):
        def read(self, frame: Frame) -> tuple[PlateRead, ...]:
            return (read_of(PLATE, plate_x(frame.captured % 30)),) if 2 <= frame.captured % 30 <= 3.9 else ()

    replay = Replay(
        site=Site((Lane("entry", Direction.ENTRY, "main"),)),
        lane="entry",
        passes=passes(one_time=True),
        view=LaneView(TwiceOneCar(), settings=CameraSettings()),
        start=START,
    )
    assert ["open", "refuse"] == [record.decision.value for record in replay.visits(twice())]


def test_a_recording_that_breaks_off_tells_of_its_cars_first() -> None:
    """The visits before the break are told, then the error."""
    told = []
    with pytest.raises(FileUnusable, match="обрывается"):
        told.extend(played("entry", passes()).visits(frames(breaks_at=5.0)))
    replay = played("entry", passes()).visits(frames(breaks_at=5.0))
    assert PLATE == next(replay).plate


def test_pictures_and_timeline_are_written(tmp_path: Path) -> None:
    """--out: a picture and a plate a visit, a sheet of all, the timeline as text and as a page that shows the pictures."""
    album = Album(tmp_path / "out")
    for record in played("entry", passes(), album=album).visits(frames()):
        album.add(record, video="<v>.mp4")
    assert tmp_path / "out" / "timeline.html" == album.finish()
    assert {"sheet.jpg", "timeline.txt", "timeline.html", "visit-001.jpg", "visit-001-plate.jpg", "visits.jsonl"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    page = (tmp_path / "out" / "timeline.html").read_text(encoding="utf-8")
    assert {"visit-001.jpg", "visit-001-plate.jpg"} == set(re.findall(r'src="([^"]+)"', page))
    for told in ("ОТКРЫТ", display(PLATE), "пропуск", "&lt;v&gt;.mp4", "есть в списке"):
        assert told in page
    assert cv2.imread(str(tmp_path / "out" / "sheet.jpg")) is not None


def test_values_and_text_of_a_visit() -> None:
    """The JSON line has the keys of the contract; the text names decision, plate and reason."""
    (record,) = played("entry", passes()).visits(frames())
    values = visit_values(record, video="v")
    keys = ("type", "lane", "plate", "confidence", "decision", "reason", "pass_id", "t_first", "t_decided", "t_last")
    assert {*keys, "frames"} <= values.keys()
    assert 0.5 < values["t_first"] <= values["t_decided"] <= values["t_last"] < 7.0
    assert "ОТКРЫТ А 123 ВС 77" in " ".join(visit_text(record, colour=False).split())
    tally = Tally()
    tally.count(record)
    summary = tally.values(wall_s=1.0, peak_mb=1.0)
    assert ("summary", 1, 1, 0, 0) == tuple(
        summary[key] for key in ("type", "visits", "opened", "refused", "unreadable")
    )


def outcome(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["replay", *argv])
    captured = capsys.readouterr()
    return stopped.value.code, captured.out, captured.err


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "car.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (640, 360))
    for frame in frames():
        writer.write(frame.bgr)
    writer.release()
    return path


def test_the_command_repeats_itself(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate replay --json` twice: the same bytes outside `perf`; a car without a plate leaves freely."""
    runs = []
    for _ in range(2):
        code, out, err = outcome(capsys, str(clip), "--lane", "exit", "--json", "--start", "2026-12-01")
        lines = [json.loads(line) for line in out.splitlines()]
        del lines[-1]["perf"]
        runs.append((code, lines, err))
    assert runs[0] == runs[1]
    code, lines, _ = runs[0]
    assert 0 == code
    assert [("visit", "open", "exit_free"), ("summary", None, None)] == [
        (line["type"], line.get("decision"), line.get("reason")) for line in lines
    ]


@pytest.mark.parametrize(
    ("content", "why"), [(None, "нет такого файла"), (b"", "файл пуст"), (b"no video at all" * 100, "не видео")]
)
def test_unusable_videos(tmp_path: Path, content: bytes | None, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, empty, no video: one line that names the file, exit code 1, and still a summary."""
    file = tmp_path / "clip.mp4"
    if content is not None:
        file.write_bytes(content)
    code, out, err = outcome(capsys, str(file), "--lane", "entry", "--json")
    assert (1, 1, 1) == (code, len(err.splitlines()), len(out.splitlines()))
    assert str(file) in err
    assert why in err


@pytest.mark.parametrize(
    "argv",
    [("--lane", "sideways"), (), ("--lane", "entry", "--start", "yesterday"), ("--lane", "entry", "--start", " ")],
)
def test_wrong_arguments(clip: Path, argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A lane there is not, none at all, a start that is no time: exit code 2, one line."""
    code, out, err = outcome(capsys, str(clip), *argv)
    assert (2, "", 1) == (code, out, len(err.splitlines()))


def test_a_bad_pass_list_is_refused_with_its_lines(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every bad row is told before a frame is read."""
    file = tmp_path / "passes.csv"
    file.write_text("plate,valid_from,valid_until,note\n???,,,\nA123BC77,,soon,\n")
    code, out, err = outcome(capsys, str(clip), "--lane", "entry", "--passes", str(file))
    assert (1, "") == (code, out)
    assert [f"{file}:2: plate", f"{file}:3: valid_until"] == [
        ":".join(line.split(":")[:3]) for line in err.splitlines()
    ]

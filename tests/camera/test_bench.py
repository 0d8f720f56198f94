"""`gate bench` on one frame and one round: that it measures, not how fast this machine is."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.scripted import ScriptedReader
from core.errors import FileUnusable
from edge.bench import busy, replaying
from edge.bench.frames import FOLDER, at_height, load_frames
from edge.bench.stages import Subject, measure
from edge.bench.timing import interleaved
from edge.cli import main
from edge.paths import weights_dir


def test_calls_take_turns() -> None:
    """Every call is made once a round, in turn, and the first rounds are not counted."""
    order: list[str] = []

    found = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2, warm_up=1)

    assert order == ["a", "b"] * 3
    assert {timing.rounds for timing in found.values()} == {2}


def test_embedded_frames_are_full_hd() -> None:
    """The benchmark's own frames are 1920x1080, and a missing frame of the user's is named."""
    assert {frame.shape for frame in load_frames()} == {(1080, 1920, 3)}
    assert at_height(load_frames((FOLDER / "day.jpg",))[0], 720).shape == (720, 1280, 3)
    with pytest.raises(FileUnusable, match=r"none\.jpg: нет такого файла"):
        load_frames((Path("none.jpg"),))


def test_every_stage_and_the_reference_are_timed() -> None:
    """Each stage of a frame's way gets a line, the reference chain too where it is given."""
    seen: list[int] = []

    stages = measure(
        Subject(weights_dir()), load_frames()[:1], rounds=1, reference=lambda frame: seen.append(frame.size)
    )

    assert [stage.name for stage in stages] == [
        "frame",
        "reference",
        "shrink",
        "detect",
        "peaks",
        "close_up",
        "rectify",
        "read",
        "decode",
        "motion",
    ]
    assert len(seen) == 4


def test_replay_reads_a_written_clip() -> None:
    """The replay's speed comes from a clip that is written, decoded and looked at frame by frame."""
    reader = ScriptedReader({})

    grey, lined = (
        np.full((90, 160, 3), 80, np.uint8),
        np.repeat(np.eye(90, 160, dtype=np.uint8)[:, :, None] * 255, 3, 2),
    )

    speed = replaying.measure(reader, [grey, lined], seconds=1)

    assert len(reader.asked) > 0
    assert speed.fps > 0


def test_pictures_of_a_folder_are_timed_by_what_is_in_them(tmp_path: Path) -> None:
    """Each picture of a folder gets its costs, and the table a row for each number of candidates and one of all."""
    for number, picture in enumerate((load_frames()[0], np.full((90, 160, 3), 80, np.uint8))):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), picture)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    subject = Subject(weights_dir())
    seen: list[tuple[int, ...]] = []

    costs = busy.measure(
        subject.reader,
        subject.patient,
        busy.pictures_in(tmp_path),
        rounds=1,
        reference=lambda picture: seen.append(picture.shape),
    )

    assert [(cost.file, cost.candidates > 0, cost.plates) for cost in costs] == [
        ("0.jpg", True, 1),
        ("1.jpg", False, 0),
    ]
    assert [len(shape) for shape in seen] == [3, 3]  # the reference chain reads colours
    rows = busy.table(costs)
    assert sum(row.pictures for row in rows[:-1]) == rows[-1].pictures == 2
    assert all(row.live_ms > 0 and row.followed_ms > 0 and row.patient_ms > 0 for row in rows)


def test_a_folder_without_pictures_is_one_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A folder that is empty, or none, is named."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--frames", str(tmp_path)])

    assert ended.value.code == 1
    assert capfd.readouterr().err == f"{tmp_path}: здесь нет картинок\n"


def test_missing_peers_are_one_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without the reference chain's files the command says which one is missing."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--peers", str(tmp_path)])

    assert ended.value.code == 1
    assert capfd.readouterr().err == (
        f"{tmp_path}/yolo-v9-t-416-license-plates-end2end1.onnx: нет файла эталонной цепочки\n"
    )


def test_relay_is_timed_to_its_first_byte(capfd: pytest.CaptureFixture[str]) -> None:
    """`gate bench relay` opens boards that are not there, through a real relay process."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "relay", "--count", "4", "--readers", "0", "--json"])

    found = json.loads(capfd.readouterr().out)
    assert ended.value.code == 0
    assert found["count"] == 4
    assert 0 < found["median_ms"] <= found["worst_ms"]

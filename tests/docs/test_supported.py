"""SUPPORTED.md claims what was recorded and nothing more."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from camera.stream_facts import Arrival, facts
from core.errors import FileUnusable
from edge.recordings.recording import BoardFacts, Recording, read, write
from relay.settings import DRIVERS
from release import supported

TEXT = supported.PAGE.read_text(encoding="utf-8")
HELD = supported.recordings()
LCUS = BoardFacts("lcus", {"channel": "1"}, "ok", "done", "unknown", "pi", ("→ A0 01 01 A2",))
ONE = Recording("board", "LCUS-1", "Анна", "2026-11-30", emulated=False, gate="0.1.0", machine="Linux", board=LCUS)


def test_the_page_is_what_the_recordings_say() -> None:
    """The tables are written by the program: `python -m release.supported` says when they are due."""
    assert TEXT == supported.filled(TEXT, HELD)
    assert all(f"supported/{name}" in TEXT for name in HELD)


def test_every_serial_driver_has_a_recording_and_the_others_are_named() -> None:
    """A driver that was added is recorded, or said to have no recording yet; `simulated` is no board."""
    recorded = {one.board.driver for one in HELD.values() if one.board is not None}
    assert set(DRIVERS) - {"simulated"} == recorded | {"gpio", "http", "wiegand"}
    assert all(f"`{driver}`" in TEXT for driver in set(DRIVERS) - {"simulated"})


@pytest.mark.parametrize("name", HELD)
def test_what_ran_on_metal_has_a_name_and_a_day(name: str) -> None:
    """A likeness is called one; a recording of a device says who made it and when; what it is about is in it."""
    one = HELD[name]
    assert one.emulated or one.by
    assert one.day
    assert one.marking
    assert (one.about == "board", one.about == "stream") == (one.board is not None, one.stream is not None)


def test_a_device_is_told_from_a_likeness_in_the_table() -> None:
    """Metal stands out; a failed trial is shown as one, and what somebody typed cannot break the table."""
    failed = replace(ONE, marking="x|<b>`", board=replace(LCUS, outcome="failed", health="silent"))
    page = supported.filled(TEXT, {"boards/a.json": ONE, "boards/b.json": failed})
    (good, bad) = [line for line in page.splitlines() if line.startswith("| `lcus`")]
    assert "| ✓ | **железо / metal** | 2026-11-30, Анна |" in good
    assert "| x/‹b>' | ✗ failed, silent |" in bad


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Files survive; one of another format, a damaged one and a huge one are told with their names."""
    file = tmp_path / "a.json"
    write(file, ONE)
    assert ONE == read(file)
    for text in (
        json.dumps({**asdict(ONE), "format": 2}),
        "{",
        " " * 300_000,
        json.dumps({**asdict(ONE), "about": "car"}),
    ):
        file.write_text(text)
        with pytest.raises(FileUnusable, match=r"a\.json"):
            read(file)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is one line."""
    with pytest.raises(FileUnusable, match="nowhere"):
        write(tmp_path / "nowhere" / "a.json", ONE)


def test_what_packets_say_of_a_stream() -> None:
    """Ten a second with a key frame every five, one gap of half a second, a camera whose clock runs 2 % fast."""
    came = [at / 10 for at in range(20)]
    came += [came[-1] + 0.5 + at / 10 for at in range(20)]
    packets = [Arrival(t, t * 1.02, 1000, key=at % 5 == 0) for at, t in enumerate(came)]
    seen = facts(packets, codec="h264", width=640, height=360, fps_told=10, first_bytes="00")
    assert (5, 5, 100.0, 500.0) == (seen.key_every, seen.key_every_longest, seen.gap_ms_median, seen.gap_ms_longest)
    assert (1.02, 40) == (seen.clock, seen.packets)
    assert seen.fps == pytest.approx(34 / (came[-1] - came[5]), abs=0.01)


def test_too_few_packets_say_nothing() -> None:
    """What cannot be told is unknown, not zero."""
    seen = facts([Arrival(0, 0, 9, key=True)], codec="h264", width=1, height=1, fps_told=float("nan"), first_bytes="")
    assert (None,) * 6 == (seen.fps_told, seen.fps, seen.gap_ms_median, seen.key_every, seen.bytes_per_s, seen.clock)

"""Small plates over five pictures: what the report counts, and that it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.reading.reading import NOTHING, Reading
from models.training.clips import lowres
from models.training.clips.lowres import Compared, as_markdown, report, write


def reading(text: str, confidence: float, *, accepted: bool = False) -> Reading:
    return replace(NOTHING, text=text, confidence=confidence, accepted=accepted)


RIGHT, WRONG = "A123BC77", "A123BC71"


def test_each_way_of_reading_is_counted_by_itself() -> None:
    """The surest picture may be wrong where the mean one is right, and what is accepted wrong is named for each way."""
    one = Compared(
        RIGHT, "40 px",
        (reading(RIGHT, 0.6), reading(RIGHT, 0.5), reading(WRONG, 0.9)),
        reading(WRONG, 0.9, accepted=True), reading(RIGHT, 0.98, accepted=True),
    )  # fmt: skip
    row = report([one])["40 px"]

    assert (row["one picture"], row["its surest picture"]) == (66.7, 0)
    assert (row["five apart"], row["five with stacks"]) == (0, 100)
    assert (row["accepted wrong, apart"], row["accepted wrong, with stacks"]) == (1, 0)


def test_a_plate_that_no_picture_shows_is_not_read() -> None:
    """A track without a single read counts as read by nobody."""
    row = report([Compared(RIGHT, "30 px", (), NOTHING, NOTHING)])["30 px"]

    assert (row["one picture"], row["its surest picture"], row["five with stacks"]) == (0, 0, 0)


def test_the_report_names_its_command(tmp_path: Path) -> None:
    """Whoever reads the table can make it again."""
    rows = report([Compared(RIGHT, "30 px", (), NOTHING, NOTHING)])
    write(tmp_path / "reports", rows, as_markdown(rows, "python -m models.training.clips.lowres --count 1 --seed 2"))

    assert "`python -m models.training.clips.lowres --count 1 --seed 2`" in (tmp_path / "reports/lowres.md").read_text()
    assert json.loads((tmp_path / "reports/lowres.json").read_text()) == rows


def test_forty_pixels_are_read_from_five_pictures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a few drawn plates of 40 px nearly all are read over five pictures, from the command line."""
    monkeypatch.setattr(lowres, "TAKINGS", lowres.TAKINGS[2:3])
    monkeypatch.setattr("sys.argv", ["lowres", "--count", "6"])
    lowres.main()

    cells = [cell.strip() for cell in capsys.readouterr().out.splitlines()[-2].split("|")]
    assert cells[1:3] == ["40 px", "6"]
    assert float(cells[6]) >= 83
